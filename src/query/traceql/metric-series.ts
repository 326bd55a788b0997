/** Samples of the functions, from what was counted; and what a query does to series. */
import {
  type ArithmeticOperator,
  type MetricFunction,
  type MetricStage,
  printTraceqlField,
  type SeriesStage,
} from '#lang/traceql';
import type { FoundAttribute, MetricExemplar, SpanSeries } from './answers.ts';
import { compareNumbers, type FieldValue, reckon, storedValue } from './field-value.ts';
import { NIL_LABEL, promLabels } from './labels.ts';
import type { Cell, Group, Intervals } from './metric-cells.ts';

/** Series while they are worked on. */
export interface WorkingSeries {
  readonly labels: readonly FoundAttribute[];
  readonly promLabels: string;
  /** By the number of the interval; undefined where there is no value. */
  readonly values: readonly (number | undefined)[];
  readonly exemplars: readonly (MetricExemplar & { readonly interval: number })[];
}

const NS_PER_SECOND = 1e9;

/** Series of a stage's function, in no order. `exemplars`: at most so many per series. */
export function seriesOf(
  groups: readonly Group[],
  metric: MetricStage,
  intervals: Intervals,
  exemplars: number,
): readonly WorkingSeries[] {
  // What counts spans and what is measured of them are of different units.
  const unit = metric.of?.kind === 'intrinsic' && isDuration(metric.of.name) ? NS_PER_SECOND : 1;
  if (metric.operator === 'quantile_over_time') return quantiles(groups, metric, intervals, exemplars, unit);
  const measure = CELL_VALUES[metric.operator];
  const perSecond = metric.operator === 'rate' ? Number(intervals.stepNs) / NS_PER_SECOND : 1;
  const isCount =
    metric.operator === 'rate' || metric.operator === 'count_over_time' || metric.operator === 'histogram_over_time';
  return groups.map(({ values, bucket, cells }) => {
    const labels = labelsOf(metric, values, bucket === undefined ? [] : [['__bucket', bucket / unit]]);
    const samples = Array.from({ length: intervals.count }, (_, i) => {
      const cell = cells[i];
      if (cell === undefined) return isCount ? 0 : undefined;
      return isCount ? cell.count / perSecond : measure(cell) / unit;
    });
    return working(labels, samples, exemplarsOf(cells, exemplars, unit, samples, labels));
  });
}

function isDuration(name: string): boolean {
  return name === 'duration' || name === 'traceDuration' || name === 'event:timeSinceStart';
}

const CELL_VALUES: Readonly<Record<Exclude<MetricFunction, 'quantile_over_time'>, (cell: Cell) => number>> = {
  rate: ({ count }) => count,
  count_over_time: ({ count }) => count,
  histogram_over_time: ({ count }) => count,
  min_over_time: ({ min }) => min,
  max_over_time: ({ max }) => max,
  sum_over_time: ({ sum }) => sum,
  avg_over_time: ({ sum, count }) => sum / count,
};

function working(
  labels: readonly FoundAttribute[],
  values: readonly (number | undefined)[],
  exemplars: WorkingSeries['exemplars'],
): WorkingSeries {
  return { labels, promLabels: promLabels(labels), values, exemplars };
}

/** The values that spans are grouped by, then `more`. A function without any is named. */
function labelsOf(
  metric: MetricStage,
  values: readonly FieldValue[],
  more: readonly (readonly [string, number])[],
): readonly FoundAttribute[] {
  const there = metric.by.flatMap((field, i): readonly FoundAttribute[] =>
    values[i] === undefined ? [] : [{ key: printTraceqlField(field), value: storedValue(values[i]) }],
  );
  // A series of spans that have none of the fields is told by the first.
  const [first] = metric.by;
  const own = there.length > 0 || first === undefined ? there : [{ key: printTraceqlField(first), value: NIL_LABEL }];
  const further = more.map(([key, value]): FoundAttribute => ({ key, value: { type: 'double', value } }));
  if (own.length + further.length > 0) return [...own, ...further];
  return [{ key: '__name__', value: { type: 'string', value: metric.operator } }];
}

function exemplarsOf(
  cells: readonly (Cell | undefined)[],
  limit: number,
  unit: number,
  samples: readonly (number | undefined)[],
  labels: readonly FoundAttribute[],
): WorkingSeries['exemplars'] {
  if (limit === 0) return [];
  const all = cells.flatMap((cell, interval) =>
    cell?.exemplar === undefined ? [] : [{ interval, exemplar: cell.exemplar }],
  );
  const chosen =
    all.length <= limit ? all : Array.from({ length: limit }, (_, i) => all[Math.floor((i * all.length) / limit)]!);
  return chosen.map(({ interval, exemplar: { traceId, timeNs, value } }) => ({
    interval,
    labels: [{ key: 'trace:id', value: { type: 'string', value: traceId } }, ...labels],
    // One of counted spans lies on the line.
    value: value === undefined ? (samples[interval] ?? 0) : value / unit,
    timestampMs: Number(timeNs / 1_000_000n),
  }));
}

/** Of all buckets of a group a series per quantile. */
function quantiles(
  groups: readonly Group[],
  metric: MetricStage,
  intervals: Intervals,
  exemplars: number,
  unit: number,
): readonly WorkingSeries[] {
  const byValues = new Map<string, Group[]>();
  for (const group of groups) {
    const key = group.values
      .map((value) =>
        JSON.stringify(storedValue(value), (_, one: unknown) => (typeof one === 'bigint' ? `${one}` : one)),
      )
      .join();
    const same = byValues.get(key);
    if (same === undefined) byValues.set(key, [group]);
    else same.push(group);
  }
  return [...byValues.values()].flatMap((buckets) => {
    buckets.sort((a, b) => a.bucket! - b.bucket!);
    return metric.quantiles.map((quantile) => {
      const labels = labelsOf(metric, buckets[0]!.values, [['p', quantile]]);
      const samples = Array.from({ length: intervals.count }, (_, i) => quantileOf(quantile, buckets, i) / unit);
      const first = Array.from({ length: intervals.count }, (_, i) =>
        buckets.map(({ cells }) => cells[i]).find((cell) => cell?.exemplar !== undefined),
      );
      return working(labels, samples, exemplarsOf(first, exemplars, unit, samples, labels));
    });
  });
}

/** Values lie in their bucket as if each were larger than the one before by the same factor. 0 without any. */
function quantileOf(quantile: number, buckets: readonly Group[], interval: number): number {
  let total = 0;
  for (const { cells } of buckets) total += cells[interval]?.count ?? 0;
  if (total === 0) return 0;
  const rank = Math.max(1, Math.ceil(quantile * total));
  let before = 0;
  for (const { bucket, cells } of buckets) {
    const count = cells[interval]?.count ?? 0;
    if (count > 0 && before + count >= rank) return bucket! * 2 ** ((rank - before) / count - 1);
    before += count;
  }
  return buckets.at(-1)!.bucket!;
}

/** What `topk(…)`, `> 5` and the like leave of series. */
export function afterStages(
  series: readonly WorkingSeries[],
  stages: readonly SeriesStage[],
): readonly WorkingSeries[] {
  return stages.reduce(afterStage, series).filter(({ values }) => values.some((value) => value !== undefined));
}

function afterStage(series: readonly WorkingSeries[], stage: SeriesStage): readonly WorkingSeries[] {
  if (stage.kind === 'threshold') {
    const { operator, value } = stage;
    if (value.type !== 'int' && value.type !== 'float' && value.type !== 'duration') return series;
    const limit = Number(value.value) / (value.type === 'duration' ? NS_PER_SECOND : 1);
    return kept(series, (of) => (i) => compareNumbers(of.values[i]!, operator, limit));
  }
  const sign = stage.kind === 'topk' ? -1 : 1;
  const length = Math.max(0, ...series.map(({ values }) => values.length));
  const chosen = Array.from({ length }, (_, i) => {
    const there = series.filter(({ values }) => values[i] !== undefined);
    there.sort((a, b) => sign * (a.values[i]! - b.values[i]!) || (a.promLabels < b.promLabels ? -1 : 1));
    return new Set(there.slice(0, stage.limit));
  });
  return kept(series, (of) => (i) => chosen[i]!.has(of));
}

function kept(
  series: readonly WorkingSeries[],
  test: (of: WorkingSeries) => (interval: number) => boolean,
): readonly WorkingSeries[] {
  return series.map((of) => {
    const isKept = test(of);
    const values = of.values.map((value, i) => (value !== undefined && isKept(i) ? value : undefined));
    return { ...of, values, exemplars: of.exemplars.filter(({ interval }) => values[interval] !== undefined) };
  });
}

/** Series with the same labels are reckoned with each other; a number with all, and so is a series that has no labels but a name. */
export function reckonSeries(
  left: readonly WorkingSeries[] | number,
  operator: ArithmeticOperator,
  right: readonly WorkingSeries[] | number,
): readonly WorkingSeries[] {
  if (typeof left === 'number') {
    if (typeof right === 'number') return [];
    return right.map((of) => withValues(of, (value) => reckon(left, operator, value)));
  }
  if (typeof right === 'number') return left.map((of) => withValues(of, (value) => reckon(value, operator, right)));
  const [ofLeft, ofRight] = [byLabels(left), byLabels(right)];
  // Where one side has the series without labels, the other one's series are those of the answer.
  const leading = ofRight.has(NO_LABELS) ? ofLeft : ofRight;
  return [...leading.keys()].flatMap((key) => {
    const a = ofLeft.get(key) ?? ofLeft.get(NO_LABELS);
    const b = ofRight.get(key) ?? ofRight.get(NO_LABELS);
    return a === undefined || b === undefined ? [] : [reckonTwo(a, operator, b)];
  });
}

const NAME = '__name__';
const NO_LABELS = promLabels([]);

function byLabels(series: readonly WorkingSeries[]): ReadonlyMap<string, WorkingSeries> {
  return new Map(series.map((of) => [promLabels(of.labels.filter(({ key }) => key !== NAME)), of]));
}

function reckonTwo(left: WorkingSeries, operator: ArithmeticOperator, right: WorkingSeries): WorkingSeries {
  const labels = labelsOfTwo(left.labels, operator, right.labels);
  const exemplars = [...left.exemplars, ...right.exemplars];
  const values = left.values.map((value, i) => {
    const other = right.values[i];
    return value === undefined || other === undefined ? undefined : finite(reckon(value, operator, other));
  });
  return { labels, promLabels: promLabels(labels), values, exemplars };
}

/** Those of both. Two names are one that says what was reckoned; a single one is of no use. */
function labelsOfTwo(
  left: readonly FoundAttribute[],
  operator: ArithmeticOperator,
  right: readonly FoundAttribute[],
): readonly FoundAttribute[] {
  const [a, b] = [nameOf(left), nameOf(right)];
  if (a !== undefined && b !== undefined)
    return [{ key: NAME, value: { type: 'string', value: `(${a} ${operator} ${b})` } }];
  return [...new Map([...right, ...left].map((label) => [label.key, label])).values()].filter(
    ({ key }) => key !== NAME,
  );
}

function nameOf(labels: readonly FoundAttribute[]): string | undefined {
  const value = labels.find(({ key }) => key === NAME)?.value;
  return value?.type === 'string' ? value.value : undefined;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

function withValues(of: WorkingSeries, value: (value: number) => number): WorkingSeries {
  const values = of.values.map((one) => (one === undefined ? undefined : finite(value(one))));
  const exemplars = of.exemplars.map((exemplar) => ({ ...exemplar, value: value(exemplar.value) }));
  return { ...of, values, exemplars };
}

/** As answers have them, by their labels. */
export function answered(series: readonly WorkingSeries[], { startNs, stepNs }: Intervals): readonly SpanSeries[] {
  return series
    .toSorted((a, b) => (a.promLabels < b.promLabels ? -1 : a.promLabels > b.promLabels ? 1 : 0))
    .map(({ labels, promLabels: text, values, exemplars }) => ({
      labels,
      promLabels: text,
      samples: values.flatMap((value, i) =>
        value === undefined ? [] : [{ timestampMs: Number((startNs + BigInt(i) * stepNs) / 1_000_000n), value }],
      ),
      exemplars: exemplars.map(({ interval: _, ...exemplar }) => exemplar),
    }));
}
