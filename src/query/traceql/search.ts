/** Searches traces: candidates by SQL, what the tree and the pipeline ask of them here. */
import type { TraceqlField } from '#lang/traceql';
import { printTraceqlField } from '#lang/traceql';
import { QueryError, type ReadOptions, type StoreReader } from '../reader/index.ts';
import type { TimeRange } from '../source/index.ts';
import type { TraceNote } from '../traces/trace-place.ts';
import type {
  FoundAttribute,
  FoundSpan,
  FoundSpanSet,
  FoundTraceByQuery,
  TraceqlQuestion,
  TraceqlSearch,
  TraceqlSearchAnswer,
} from './answers.ts';
import { candidateTraces } from './candidates.ts';
import { storedValue } from './field-value.ts';
import { Budget, MAX_SPANS, MAX_TRACE_SPANS, NARROW, readQuery, SPANS_AT_ONCE } from './limits.ts';
import { fieldsOf, type Needs, needsOf } from './needs.ts';
import { normalizedStages } from './normalize.ts';
import { readTraces } from './read-traces.ts';
import { compileField, type FieldGetter } from './span-fields.ts';
import { compileStages, type SpanSet, type TraceQuery } from './spansets.ts';
import type { TraceSpans } from './trace-spans.ts';

/** Spans of one set in an answer, where the question sets no limit. */
const MAX_SET_SPANS = 10_000;
const MAX_FOUND = 10_000;

/** Whole milliseconds around the question's range. */
export function rangeOf({ startNs, endNs }: Pick<TraceqlQuestion, 'startNs' | 'endNs'>): TimeRange {
  const range = { fromMs: Number(startNs / 1_000_000n), toMs: Number((endNs + 999_999n) / 1_000_000n) };
  if (startNs < 0n || endNs >= 1n << 63n)
    throw new QueryError('bad_query', 'times are nanoseconds since 1970, before the year 2262');
  if (startNs >= endNs) throw new QueryError('bad_query', 'the start must lie before the end');
  return range;
}

/** Searches traces, the newest first. Throws QueryError. */
export async function searchTraceql(
  reader: StoreReader,
  question: TraceqlSearch,
  options?: ReadOptions,
): Promise<TraceqlSearchAnswer> {
  const { root } = readQuery(question.query);
  if (root.kind !== 'search') {
    const hint = 'a search has no rate() or other function that makes series';
    throw new QueryError('bad_query', 'the query makes series, and is asked for traces', {
      hint,
      query: question.query,
    });
  }
  const stages = normalizedStages(root.stages);
  const range = rangeOf(question);
  const fields = fieldsOf(stages);
  const budget = new Budget(options);
  const limit = Math.min(Math.max(1, Math.trunc(question.limit)), MAX_FOUND);
  const shown = shownFields(fields);
  const run = compileStages(stages);
  const found: FoundTraceByQuery[] = [];
  const warnings: string[] = [];
  const candidates = candidateTraces(reader, stages, range, budget, limit);
  for await (const notes of candidates) {
    for await (const traces of readInParts(reader, notes, needsOf(fields), budget, limit - found.length)) {
      for (const trace of traces) {
        if (found.length < limit) addFound(found, trace, run, question, shown);
        await budget.pause();
      }
      if (found.length >= limit) break;
    }
    if (found.length >= limit) break;
    if (budget.isOver) {
      if (found.length === 0) budget.check();
      warnings.push(`the answer is not whole: the query has to look at more than ${budget.reason}; ${NARROW}`);
      break;
    }
  }
  const traces = found.sort((a, b) => (a.startNs > b.startNs ? -1 : a.startNs < b.startNs ? 1 : 0));
  return { traces, inspected: { bytes: budget.bytes, traces: budget.traces, spans: budget.spans }, warnings };
}

function addFound(
  found: FoundTraceByQuery[],
  trace: TraceSpans,
  run: TraceQuery,
  question: TraceqlSearch,
  shown: readonly ShownField[],
): void {
  const sets = run(trace).filter(({ places }) => isInRange(trace, places, question));
  if (sets.length > 0) found.push(foundTrace(trace, sets, question.spansPerSpanSet, shown));
}

/** A set counts where one of its spans begins in the range. */
function isInRange(trace: TraceSpans, places: SpanSet['places'], { startNs, endNs }: TraceqlQuestion): boolean {
  return places.some((place) => {
    const at = trace.spans.startNs[trace.rows[place]!]!;
    return at >= startNs && at < endNs;
  });
}

/** Traces that are read first: they lie near each other, so that a few more hardly cost more. */
const FIRST_AT_ONCE = 100;
/** Bytes that a span takes here, with some attributes: an estimate. */
const SPAN_BYTES = 200;

/** Reads traces so many at a time that their spans fit; the first parts are small where few traces are wanted. */
export async function* readInParts(
  reader: StoreReader,
  notes: readonly TraceNote[],
  needs: Needs,
  budget: Budget,
  wanted: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly TraceSpans[]> {
  let atOnce = Math.max(FIRST_AT_ONCE, wanted);
  for (let from = 0; from < notes.length && !budget.isOver; ) {
    let to = from;
    let spanCount = 0;
    while (
      to < notes.length &&
      to - from < atOnce &&
      (to === from || spanCount + notes[to]!.spanCount <= SPANS_AT_ONCE)
    )
      spanCount += Math.min(notes[to++]!.spanCount, MAX_TRACE_SPANS);
    const left = Math.min(MAX_SPANS - budget.spans, Math.max(SPANS_AT_ONCE, MAX_TRACE_SPANS));
    const traces = await readTraces(reader, notes.slice(from, to), needs, left, budget.options);
    const count = traces.reduce((sum, trace) => sum + trace.spanCount, 0);
    budget.spans += count;
    budget.bytes += count * SPAN_BYTES;
    yield traces;
    from = to;
    atOnce *= 4;
  }
}

interface ShownField {
  readonly key: string;
  readonly isName: boolean;
  readonly get: FieldGetter;
}

/** What an answer has of each trace and span anyway. */
const ALWAYS_TOLD: ReadonlySet<string> = new Set([
  'duration',
  'traceDuration',
  'rootName',
  'rootServiceName',
  'trace:id',
  'span:id',
]);

function shownFields(fields: readonly TraceqlField[]): readonly ShownField[] {
  return fields
    .filter((field) => field.kind === 'attribute' || !ALWAYS_TOLD.has(field.name))
    .map((field) => ({
      key: field.kind === 'intrinsic' ? field.name : field.isParent ? printTraceqlField(field) : field.key,
      isName: field.kind === 'intrinsic' && field.name === 'name',
      get: compileField(field),
    }));
}

function foundTrace(
  trace: TraceSpans,
  sets: readonly SpanSet[],
  spansPerSpanSet: number,
  shown: readonly ShownField[],
): FoundTraceByQuery {
  const { note, spans, rows } = trace;
  const services = new Map<string, { name: string; spanCount: number; errorCount: number }>();
  for (const row of rows) {
    const name = spans.services[row]!;
    const service = services.get(name) ?? { name, spanCount: 0, errorCount: 0 };
    services.set(name, service);
    service.spanCount++;
    if (spans.statuses[row] === 2) service.errorCount++;
  }
  return {
    traceId: note.traceId,
    rootService: note.root?.service ?? '',
    rootName: note.root?.name ?? '',
    isRootMissing: note.root === undefined,
    startNs: note.firstNs,
    durationNs: note.endNs - note.firstNs,
    spanSets: sets.map((set) => foundSet(trace, set, spansPerSpanSet, shown)),
    services: [...services.values()],
  };
}

function foundSet(
  trace: TraceSpans,
  { places, attributes }: SpanSet,
  spansPerSpanSet: number,
  shown: readonly ShownField[],
): FoundSpanSet {
  const { spans, rows } = trace;
  const limit = spansPerSpanSet > 0 ? Math.min(spansPerSpanSet, MAX_SET_SPANS) : MAX_SET_SPANS;
  const earliest = places.toSorted((a, b) => {
    const [x, y] = [spans.startNs[rows[a]!]!, spans.startNs[rows[b]!]!];
    return x < y ? -1 : x > y ? 1 : a - b;
  });
  return {
    spans: earliest.slice(0, limit).map((place) => foundSpan(trace, place, shown)),
    matched: places.length,
    attributes: attributes.map(({ key, value }) => ({ key, value: storedValue(value) })),
  };
}

function foundSpan(trace: TraceSpans, place: number, shown: readonly ShownField[]): FoundSpan {
  const { spans, rows } = trace;
  const row = rows[place]!;
  const attributes = shown.flatMap(({ key, isName, get }): readonly FoundAttribute[] => {
    const value = isName ? undefined : get(trace, place);
    return value === undefined ? [] : [{ key, value: storedValue(value) }];
  });
  return {
    spanId: spans.spanIds[row]!,
    name: shown.some(({ isName }) => isName) ? spans.names[row]! : undefined,
    startNs: spans.startNs[row]!,
    durationNs: BigInt(spans.durationNs[row]!),
    attributes,
  };
}
