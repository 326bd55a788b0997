/** Which traces may match, the newest first: by single spans that a match needs, and by what is noted of traces. */
import type { FieldExpr, SpansetExpr, Stage, StructuralOperator } from '#lang/traceql';
import type { StoreReader } from '../reader/index.ts';
import { spans, type TimeRange } from '../source/index.ts';
import { allOf, anyOf, Bound, noId, raw, type Sql, sql, text } from '../sql/index.ts';
import { findTraces, type TraceNote } from '../traces/trace-place.ts';
import { compareNumbers } from './field-value.ts';
import { type Budget, MAX_TRACES, TRACES_AT_ONCE } from './limits.ts';
import { type NeededSpan, placedCondition } from './span-places.ts';
import { asFieldAndValue, type FieldComparison, neededCondition } from './span-sql.ts';

/** What spans are needed: of each one, some span of a matching trace is one. */
export function neededSpans(stages: readonly Stage[], range: TimeRange): readonly NeededSpan[] {
  return stages.flatMap((stage) => (isSpanset(stage) ? ofSpanset(stage, range) : []));
}

function isSpanset(stage: Stage): stage is SpansetExpr {
  return stage.kind === 'filter' || stage.kind === 'spansets' || stage.kind === 'wrapped';
}

function ofSpanset(expr: SpansetExpr, range: TimeRange): readonly NeededSpan[] {
  if (expr.kind === 'wrapped') return neededSpans(expr.stages, range);
  if (expr.kind === 'filter') {
    const own = neededCondition(expr.condition, range);
    const comparisons = requiredComparisons(expr.condition);
    const ofRoot = rootConditions(expr.condition).map((condition) => ({ condition, comparisons: [] }));
    return [...(own === undefined ? [] : [{ condition: own, comparisons }]), ...ofRoot];
  }
  const { operator } = expr;
  const right = ofSpanset(expr.right, range);
  if (isDenied(operator)) return right;
  const left = ofSpanset(expr.left, range);
  if (operator !== '||') return [...left, ...right];
  const [one, other] = [left[0], right[0]];
  if (one === undefined || other === undefined) return [];
  return [{ condition: anyOf([one.condition, other.condition]), comparisons: [] }];
}

function isDenied(operator: string): operator is StructuralOperator {
  return operator.startsWith('!');
}

/** What a condition on the trace's root says of a span without a parent. */
function rootConditions(condition: FieldExpr | undefined): readonly Sql[] {
  const ofRoot = requiredComparisons(condition).flatMap(({ field, operator, value }) => {
    if (field.kind !== 'intrinsic' || operator !== '=' || value.type !== 'string') return [];
    if (field.name === 'rootName') return [sql`stored.name = ${text(value.value)}`];
    return field.name === 'rootServiceName' ? [sql`service_name = ${text(value.value)}`] : [];
  });
  return ofRoot.length === 0 ? [] : [allOf([sql`parent_span_id = ${noId(8)}`, ...ofRoot])];
}

/** The comparisons that all must hold. */
function requiredComparisons(condition: FieldExpr | undefined): readonly FieldComparison[] {
  if (condition?.kind !== 'binary') return [];
  if (condition.operator === '&&')
    return [...requiredComparisons(condition.left), ...requiredComparisons(condition.right)];
  const asked = asFieldAndValue(condition);
  return asked === undefined ? [] : [asked];
}

export type NoteTest = (note: TraceNote) => boolean;

/** Whether a trace may match, by what is noted of it. */
export function noteTest(stages: readonly Stage[]): NoteTest {
  const tests = stages.flatMap((stage) => (isSpanset(stage) ? [ofSpansetNote(stage)] : []));
  return (note) => tests.every((test) => test(note));
}

function ofSpansetNote(expr: SpansetExpr): NoteTest {
  if (expr.kind === 'wrapped') return noteTest(expr.stages);
  if (expr.kind === 'filter') {
    const tests = requiredComparisons(expr.condition).flatMap(comparisonNote);
    return (note) => tests.every((test) => test(note));
  }
  const [left, right] = [ofSpansetNote(expr.left), ofSpansetNote(expr.right)];
  if (isDenied(expr.operator)) return right;
  return expr.operator === '||' ? (note) => left(note) || right(note) : (note) => left(note) && right(note);
}

function comparisonNote({ field, operator, value }: FieldComparison): readonly NoteTest[] {
  if (field.kind === 'attribute') {
    const isService = field.scope === 'resource' && !field.isParent && field.key === 'service.name';
    if (!isService || operator !== '=' || value.type !== 'string') return [];
    return [({ services }) => services?.includes(value.value) ?? true];
  }
  if (field.name === 'status' && operator === '=' && value.type === 'status' && value.value === 'error')
    return [({ errorCount }) => errorCount > 0];
  if (operator === '=~' || operator === '!~') return [];
  if (field.name === 'traceDuration' && (value.type === 'duration' || value.type === 'int' || value.type === 'float')) {
    const limit = Number(value.value);
    return [({ firstNs, endNs }) => compareNumbers(Number(endNs - firstNs), operator, limit)];
  }
  if (operator !== '=' || value.type !== 'string') return [];
  if (field.name === 'rootServiceName') return [({ root }) => root?.service === value.value];
  return field.name === 'rootName' ? [({ root }) => root?.name === value.value] : [];
}

/** Matching spans that are read first; each further reading takes more. */
const FIRST_SPANS = 400;
const MORE = 4;
const MOST_SPANS = 100_000;
/** Notes that are read at first, however few traces are wanted. */
const LEAST_TRACES = 20;

interface NewestSpans {
  readonly condition: Sql;
  readonly traceIds: readonly string[];
  /** Of the last one; undefined where there are no more. */
  readonly lastNs: bigint | undefined;
}

async function newestSpans(
  reader: StoreReader,
  condition: Sql,
  range: TimeRange,
  untilNs: bigint | undefined,
  count: number,
  budget: Budget,
): Promise<NewestSpans> {
  const before =
    untilNs === undefined
      ? raw('')
      : sql` AND time <= fromUnixTimestamp64Nano(${new Bound('Int64', String(untilNs))}, 'UTC')`;
  const table = await reader.read(
    sql`SELECT trace_id, toUnixTimestamp64Nano(time) AS at ${spans.in(range)}${before} AND ${condition}
      ORDER BY time DESC LIMIT ${new Bound('UInt32', count)}`,
    { ...budget.options, cost: 'bounded' },
  );
  const isAll = table.rowCount < count;
  return { condition, traceIds: table.strings('trace_id'), lastNs: isAll ? undefined : table.integers('at').at(-1)! };
}

/**
 * Notes of traces that may match, in parts, those with the newest spans first; the first parts are small
 * where few are `wanted`. Of several conditions that a match needs that one leads which the
 * fewest spans meet: whose first spans reach back the furthest.
 */
export async function* candidateTraces(
  reader: StoreReader,
  needed: readonly NeededSpan[],
  mayMatch: NoteTest,
  range: TimeRange,
  budget: Budget,
  wanted: number = TRACES_AT_ONCE,
): AsyncGenerator<readonly TraceNote[]> {
  const placed = needed.slice(0, 3).map((one) => placedCondition(reader, one, range, budget.options));
  const conditions = needed.length === 0 ? [raw('1')] : await Promise.all(placed);
  const firsts = await Promise.all(
    conditions.map((condition) => newestSpans(reader, condition, range, undefined, FIRST_SPANS, budget)),
  );
  let found = firsts.reduce((best, one) => (isRarer(one, best) ? one : best));
  const seen = new Set<string>();
  let atOnce = Math.min(Math.max(wanted, LEAST_TRACES), TRACES_AT_ONCE);
  for (let count = FIRST_SPANS; ; ) {
    const fresh = [...new Set(found.traceIds)].filter((id) => !seen.has(id));
    for (const id of fresh) seen.add(id);
    for (let from = 0; from < fresh.length; from += atOnce, atOnce = Math.min(atOnce * MORE, TRACES_AT_ONCE)) {
      const ids = fresh.slice(from, from + atOnce);
      const notes = new Map((await findTraces(reader, ids, budget.options)).map((note) => [note.traceId, note]));
      budget.traces += ids.length;
      yield ids.flatMap((id) => notes.get(id) ?? []).filter(mayMatch);
      if (seen.size > MAX_TRACES) return;
    }
    if (found.lastNs === undefined) return;
    const isStuck = fresh.length === 0;
    count = isStuck || count < MOST_SPANS ? count * MORE : count;
    found = await newestSpans(reader, found.condition, range, found.lastNs, count, budget);
  }
}

function isRarer(a: NewestSpans, b: NewestSpans): boolean {
  if (a.lastNs === undefined || b.lastNs === undefined)
    return a.lastNs === undefined && (b.lastNs !== undefined || a.traceIds.length < b.traceIds.length);
  return a.lastNs < b.lastNs;
}
