import { goDecimal, goNumber } from '#base';
import {
  allBuckets,
  FLOAT,
  type FloatHistogram,
  type Grid,
  HISTOGRAM,
  histogramAt,
  isCustom,
  type Labels,
  type StepSeries,
  timeAt,
} from '#query/promql.ts';

/** Series as JSON, in the form of Prometheus' API, which Loki and Tempo have too. */

/** Seconds, with three places where they are no whole ones. */
export function seconds(timeMs: number): string {
  return timeMs % 1000 === 0 ? String(timeMs / 1000) : (timeMs / 1000).toFixed(3);
}

/** Numbers are texts in JSON, so that infinite ones can be told. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  const isPlain = size === 0 || !Number.isFinite(value) || (size >= 1e-6 && size < 1e21);
  return isPlain ? goDecimal(value) : goNumber(value);
}

export function metric(labels: Labels): string {
  return `{"metric":${labelsText(labels)}`;
}

export function labelsText({ pairs }: Labels): string {
  return `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

/** `text`: how a value is written. */
export function vectorItem(series: StepSeries, grid: Grid, text: (value: number) => string = numberText): string {
  const time = seconds(timeAt(grid, 0));
  const value =
    series.kinds[0] === HISTOGRAM
      ? `"histogram":[${time},${histogramText(histogramAt(series, 0))}]`
      : `"value":[${time},"${text(series.floats[0]!)}"]`;
  return `${metric(series.labels)},${value}}`;
}

export function* matrixItem(
  series: StepSeries,
  grid: Grid,
  text: (value: number) => string = numberText,
): Generator<string> {
  yield metric(series.labels);
  const floats: string[] = [];
  const histograms: string[] = [];
  series.kinds.forEach((kind, step) => {
    const time = seconds(timeAt(grid, step));
    if (kind === FLOAT) floats.push(`[${time},"${text(series.floats[step]!)}"]`);
    else if (kind === HISTOGRAM) histograms.push(`[${time},${histogramText(histogramAt(series, step))}]`);
  });
  yield pointLists(floats, histograms);
}

export function pointLists(floats: readonly string[], histograms: readonly string[]): string {
  const values = floats.length > 0 ? `,"values":[${floats.join(',')}]` : '';
  const natives = histograms.length > 0 ? `,"histograms":[${histograms.join(',')}]` : '';
  return `${values}${natives}}`;
}

/** Which ends of a bucket belong to it. */
const OPEN_LEFT = 0;
const OPEN_RIGHT = 1;
const CLOSED = 3;

export function histogramText(histogram: FloatHistogram): string {
  const buckets = allBuckets(histogram).map(({ lower, upper, count }) => {
    const isZero = !isCustom(histogram) && lower <= 0 && upper >= 0 && lower === -upper;
    const isFirst = lower === Number.NEGATIVE_INFINITY;
    const rule = isZero || (isFirst && upper > 0) ? CLOSED : upper <= 0 ? OPEN_RIGHT : OPEN_LEFT;
    return `[${rule},"${numberText(lower)}","${numberText(upper)}","${numberText(count)}"]`;
  });
  const list = buckets.length > 0 ? `,"buckets":[${buckets.join(',')}]` : '';
  return `{"count":"${numberText(histogram.count)}","sum":"${numberText(histogram.sum)}"${list}}`;
}
