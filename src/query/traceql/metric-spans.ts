/** Counts spans one by one, where conditions ask for the tree or the trace. */
import type { FieldExpr, MetricStage, Stage, TraceqlField } from '#lang/traceql';
import type { StoreReader } from '../reader/index.ts';
import type { TimeRange } from '../source/index.ts';
import { candidateTraces } from './candidates.ts';
import { type Budget, MAX_SAMPLES, MAX_SERIES, tooMuch } from './limits.ts';
import { bucketOf, Groups, type Intervals, intervalOf } from './metric-cells.ts';
import type { Needs } from './needs.ts';
import { readInParts } from './search.ts';
import { compileField, compileNumber, type FieldGetter } from './span-fields.ts';
import { compileStages } from './spansets.ts';
import type { TraceSpans } from './trace-spans.ts';

/** Calls `take` with each span that passes the stages and begins in the intervals, once. Throws QueryError where that are too many. */
export async function eachMatchingSpan(
  reader: StoreReader,
  stages: readonly Stage[],
  needs: Needs,
  range: TimeRange,
  intervals: Intervals,
  budget: Budget,
  take: (trace: TraceSpans, place: number, startNs: bigint) => void,
): Promise<void> {
  const run = compileStages(stages);
  for await (const notes of candidateTraces(reader, stages, range, budget)) {
    for await (const traces of readInParts(reader, notes, needs, budget)) {
      for (const trace of traces) {
        const places = new Set(run(trace).flatMap((set) => set.places));
        for (const place of places) {
          const startNs = trace.spans.startNs[trace.rows[place]!]!;
          if (startNs >= intervals.firstNs && startNs <= intervals.lastNs) take(trace, place, startNs);
        }
        await budget.pause();
      }
      budget.check();
    }
    budget.check();
  }
}

/** As `countInStore`. */
export async function countHere(
  reader: StoreReader,
  stages: readonly Stage[],
  metric: MetricStage,
  needs: Needs,
  range: TimeRange,
  intervals: Intervals,
  hasExemplars: boolean,
  budget: Budget,
): Promise<Groups> {
  const groups = new Groups(MAX_SERIES);
  const by = metric.by.map(groupGetter);
  const measure = metric.of === undefined ? undefined : compileNumber(metric.of as FieldExpr);
  const hasBuckets = metric.operator === 'quantile_over_time' || metric.operator === 'histogram_over_time';
  await eachMatchingSpan(reader, stages, needs, range, intervals, budget, (trace, place, startNs) => {
    const value = measure?.(trace, place);
    if (measure !== undefined && value === undefined) return;
    const bucket = hasBuckets ? bucketOf(value!) : undefined;
    if (hasBuckets && bucket === undefined) return;
    const number = value ?? 0;
    const exemplar = hasExemplars ? { traceId: trace.note.traceId, timeNs: startNs, value } : undefined;
    const values = by.map((get) => get(trace, place));
    groups.add(values, bucket, intervalOf(intervals, startNs), {
      count: 1,
      sum: number,
      min: number,
      max: number,
      exemplar,
    });
    if (groups.isTooLarge) throw tooMuch(`${MAX_SERIES} series`);
    if (groups.cellCount > MAX_SAMPLES) throw tooMuch(`${MAX_SAMPLES} samples`);
  });
  return groups;
}

/** Lists are told by a text, as the store has them. */
function groupGetter(field: TraceqlField): FieldGetter {
  const get = compileField(field);
  return (trace, place) => {
    const value = get(trace, place);
    if (value?.type !== 'many') return value;
    if (value.stored === undefined && value.items.length === 1) return value.items[0];
    const texts = value.items.map((item) =>
      item.type === 'string' ? `'${item.value}'` : String(item.type === 'nil' ? 'nil' : item.value),
    );
    return { type: 'string', value: `[${texts.join(',')}]` };
  };
}
