/** Which traces may match, the newest first: by single spans that a match needs, and by what is noted of traces. */
import type { FieldExpr, SpansetExpr, Stage, StructuralOperator } from '#lang/traceql';
import type { StoreReader } from '../reader/index.ts';
import { spans, type TimeRange } from '../source/index.ts';
import { allOf, anyOf, Bound, joinSql, noId, raw, type Sql, sql, text } from '../sql/index.ts';
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

type NoteTest = (note: TraceNote) => boolean;

/** Whether a trace may match, by what is noted of it. */
function noteTest(stages: readonly Stage[]): NoteTest {
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

/** Seconds before the range's end in which is looked first; each further window is longer. */
const FIRST_WINDOW_MS = 10_000;
const LONGER = 4;
/** Traces of a window that are looked at first, those with the newest spans; each further reading takes more. */
const FIRST_TRACES = 400;
const MORE = 4;
const MOST_AT_ONCE = 100_000;
/** Notes that are read at first, however few traces are wanted; and more where a trace that has all needed spans may still not match. */
const LEAST_TRACES = 20;
const UNSURE = 5;
/** A condition that more of the spans meet is met in nearly every trace: to ask for it leaves hardly any out. */
const COMMON_SHARE = 0.2;
/** Conditions that traces are asked for. */
const MOST_CONDITIONS = 3;

/** The range's end, longer and longer, until it is all of it. */
function windowsOf({ fromMs, toMs }: TimeRange): readonly TimeRange[] {
  const windows: TimeRange[] = [];
  for (let ms = FIRST_WINDOW_MS; ms * LONGER < toMs - fromMs; ms *= LONGER) windows.push({ fromMs: toMs - ms, toMs });
  return [...windows, { fromMs, toMs }];
}

/** The numbers of those that narrow the most, the rarest first; undefined where the window has no spans to tell. */
async function narrowing(
  reader: StoreReader,
  needed: readonly NeededSpan[],
  window: TimeRange,
  budget: Budget,
): Promise<readonly number[] | undefined> {
  const counts = needed.map(({ condition }, i) => sql`, countIf(${condition}) AS ${raw(`n${i}`)}`);
  const table = await reader.read(sql`SELECT count() AS n${joinSql(counts, '')} ${spans.in(window)}`, {
    ...budget.options,
    cost: 'bounded',
  });
  const all = table.numbers('n')[0]!;
  if (all === 0) return undefined;
  const counted = needed.map((_, index) => ({ index, count: table.numbers(`n${index}`)[0]! }));
  counted.sort((a, b) => a.count - b.count);
  return counted.filter(({ count }, i) => i === 0 || count <= all * COMMON_SHARE).map(({ index }) => index);
}

interface NewestTraceIds {
  readonly traceIds: readonly string[];
  /** When the last one's newest span begins; undefined where there are no more. */
  readonly lastNs: bigint | undefined;
}

/**
 * Traces that have a span for each condition in the window, by the newest that meets the last one. Of the others, the rarest first, the store keeps
 * the ids in memory.
 */
async function newestTraceIds(
  reader: StoreReader,
  conditions: readonly Sql[],
  window: TimeRange,
  untilNs: bigint | undefined,
  count: number,
  budget: Budget,
): Promise<NewestTraceIds> {
  const until = untilNs === undefined ? raw('') : sql` HAVING newest <= ${new Bound('Int64', String(untilNs))}`;
  const within = spans.in(window);
  const met = conditions.reduce<Sql | undefined>(
    (ids, condition) =>
      ids === undefined ? condition : sql`${condition} AND trace_id IN (SELECT trace_id ${within} AND ${ids})`,
    undefined,
  );
  const table = await reader.read(
    sql`SELECT trace_id, toUnixTimestamp64Nano(max(time)) AS newest ${within} AND ${met ?? raw('1')}
      GROUP BY trace_id${until} ORDER BY newest DESC LIMIT ${new Bound('UInt32', count)}`,
    { ...budget.options, cost: 'bounded' },
  );
  const isAll = table.rowCount < count;
  return { traceIds: table.strings('trace_id'), lastNs: isAll ? undefined : table.bigints('newest').at(-1)! };
}

/**
 * Notes of traces that may match, in parts, those with the newest spans first. Where few are `wanted` the first parts are small, and the end of the
 * range is looked at first, then more and more of it: a trace whose needed spans lie far apart is found in a longer window, at last in the whole range.
 */
export async function* candidateTraces(
  reader: StoreReader,
  stages: readonly Stage[],
  range: TimeRange,
  budget: Budget,
  wanted?: number,
): AsyncGenerator<readonly TraceNote[]> {
  const mayMatch = noteTest(stages);
  const seen = new Set<string>();
  let asked: readonly number[] | undefined;
  let atOnce = Math.min(Math.max(wanted ?? TRACES_AT_ONCE, LEAST_TRACES), TRACES_AT_ONCE);
  if (neededSpans(stages, range).length > 1) atOnce = Math.min(atOnce * UNSURE, TRACES_AT_ONCE);
  let doneFromMs = range.toMs;
  for (const window of windowsOf(range)) {
    const needed = neededSpans(stages, window).slice(0, MOST_CONDITIONS);
    asked ??= needed.length <= 1 ? needed.keys().toArray() : await narrowing(reader, needed, window, budget);
    if (asked === undefined || (wanted === undefined && window.fromMs > range.fromMs)) continue;
    // Spans that meet several conditions may lie in different windows.
    const searched = asked.length > 1 ? window : { ...window, toMs: doneFromMs };
    doneFromMs = window.fromMs;
    const placed = asked.map((i) => placedCondition(reader, needed[i]!, searched, budget.options));
    const conditions = await Promise.all(placed);
    let untilNs: bigint | undefined;
    for (let count = FIRST_TRACES; ; count = Math.min(count * MORE, MOST_AT_ONCE)) {
      const found = await newestTraceIds(reader, conditions, searched, untilNs, count, budget);
      const fresh = found.traceIds.filter((id) => !seen.has(id));
      for (const id of fresh) seen.add(id);
      for (let from = 0; from < fresh.length; from += atOnce, atOnce = Math.min(atOnce * MORE, TRACES_AT_ONCE)) {
        const ids = fresh.slice(from, from + atOnce);
        const notes = new Map((await findTraces(reader, ids, budget.options)).map((note) => [note.traceId, note]));
        budget.traces += ids.length;
        yield ids.flatMap((id) => notes.get(id) ?? []).filter(mayMatch);
        if (seen.size > MAX_TRACES) return;
      }
      if (found.lastNs === undefined) break;
      untilNs = found.lastNs;
    }
  }
}
