import { goDecimal } from '#base';
import {
  type Annotations,
  allBuckets,
  FLOAT,
  type FloatHistogram,
  type Grid,
  HISTOGRAM,
  histogramAt,
  isCustom,
  type Labels,
  type PromqlAnswer,
  type StepSeries,
  type StoredSeries,
  timeAt,
} from '#query/promql.ts';
import { JSON_TYPE, listPieces, StreamedAnswer } from '../http/answers.ts';

/** Prometheus' form of answers, in pieces: `resultType` comes before `result`, since clients read as it arrives. */

export interface Notes {
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

/** As many of each as Prometheus shows. */
const MAX_NOTES = 10;

export function notesOf(annotations: Annotations, query: string): Notes {
  return {
    warnings: shown(annotations.texts('warning', query), 'warning'),
    infos: shown(annotations.texts('info', query), 'info'),
  };
}

function shown(texts: readonly string[], kind: string): readonly string[] {
  if (texts.length <= MAX_NOTES) return texts;
  return [...texts.slice(0, MAX_NOTES), `${texts.length - MAX_NOTES} more ${kind} annotations omitted`];
}

export function success(data: unknown, warnings: readonly string[] = []): object {
  return { status: 'success', data, ...(warnings.length > 0 && { warnings }) };
}

function tail({ warnings, infos }: Notes): string {
  const part = (name: string, texts: readonly string[]): string =>
    texts.length === 0 ? '' : `,${JSON.stringify(name)}:${JSON.stringify(texts)}`;
  return `${part('warnings', warnings)}${part('infos', infos)}}`;
}

/** The answer to a query; `stats` is JSON, where it was asked for. */
export function queryAnswer(
  answer: PromqlAnswer,
  notes: Notes,
  limit: number,
  stats: object | undefined,
): StreamedAnswer {
  return new StreamedAnswer(JSON_TYPE, pieces(answer, notes, limit, stats));
}

function* pieces(answer: PromqlAnswer, notes: Notes, limit: number, stats: object | undefined): Generator<string> {
  const items = itemsOf(answer);
  const isCut = limit > 0 && items.length > limit;
  const type = answer.type === 'samples' ? 'matrix' : answer.type;
  yield `{"status":"success","data":{"resultType":${JSON.stringify(type)},"result":`;
  if (answer.type === 'string') yield `[${seconds(answer.timeMs)},${JSON.stringify(answer.text)}]`;
  else if (answer.type === 'scalar') yield scalarText(answer.series[0]!, answer.grid);
  else yield* listPieces(isCut ? items.slice(0, limit) : items);
  yield stats === undefined ? '}' : `,"stats":${JSON.stringify(stats)}}`;
  const warnings = isCut ? [...notes.warnings, 'results truncated due to limit'] : notes.warnings;
  yield tail({ ...notes, warnings });
}

type Item = Iterable<string>;

function itemsOf(answer: PromqlAnswer): readonly Item[] {
  switch (answer.type) {
    case 'vector':
      return answer.series.filter(({ kinds }) => kinds[0] !== 0).map((series) => [vectorItem(series, answer.grid)]);
    case 'matrix':
      return answer.series.map((series) => matrixItem(series, answer.grid));
    case 'samples':
      return answer.stored.map(storedItem);
    default:
      return [];
  }
}

/** Seconds with up to three places. */
function seconds(timeMs: number): string {
  return String(timeMs / 1000);
}

/** Numbers are texts in JSON, so that infinite ones can be told. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  // From there on Prometheus writes an exponent as JavaScript does.
  const isPlain = size === 0 || !Number.isFinite(value) || (size >= 1e-6 && size < 1e21);
  return isPlain ? goDecimal(value) : String(value);
}

function metric(labels: Labels): string {
  return `{"metric":${labelsText(labels)}`;
}

export function labelsText({ pairs }: Labels): string {
  return `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

function scalarText(series: StepSeries, grid: Grid): string {
  return `[${seconds(timeAt(grid, 0))},"${numberText(series.floats[0]!)}"]`;
}

function vectorItem(series: StepSeries, grid: Grid): string {
  const time = seconds(timeAt(grid, 0));
  const value =
    series.kinds[0] === HISTOGRAM
      ? `"histogram":[${time},${histogramText(histogramAt(series, 0))}]`
      : `"value":[${time},"${numberText(series.floats[0]!)}"]`;
  return `${metric(series.labels)},${value}}`;
}

function* matrixItem(series: StepSeries, grid: Grid): Generator<string> {
  yield metric(series.labels);
  const floats: string[] = [];
  const histograms: string[] = [];
  series.kinds.forEach((kind, step) => {
    const time = seconds(timeAt(grid, step));
    if (kind === FLOAT) floats.push(`[${time},"${numberText(series.floats[step]!)}"]`);
    else if (kind === HISTOGRAM) histograms.push(`[${time},${histogramText(histogramAt(series, step))}]`);
  });
  yield pointLists(floats, histograms);
}

function* storedItem({ labels, floats, histograms }: StoredSeries): Generator<string> {
  yield metric(labels);
  const numbers = Array.from(floats.timesMs, (timeMs, i) => `[${seconds(timeMs)},"${numberText(floats.values[i]!)}"]`);
  const natives = histograms?.values.map((value, i) => `[${seconds(histograms.timesMs[i]!)},${histogramText(value)}]`);
  yield pointLists(numbers, natives ?? []);
}

function pointLists(floats: readonly string[], histograms: readonly string[]): string {
  const values = floats.length > 0 ? `,"values":[${floats.join(',')}]` : '';
  const natives = histograms.length > 0 ? `,"histograms":[${histograms.join(',')}]` : '';
  return `${values}${natives}}`;
}

/** Which ends of a bucket belong to it. */
const OPEN_LEFT = 0;
const OPEN_RIGHT = 1;
const CLOSED = 3;

function histogramText(histogram: FloatHistogram): string {
  const buckets = allBuckets(histogram).map(({ lower, upper, count }) => {
    const isZero = !isCustom(histogram) && lower <= 0 && upper >= 0 && lower === -upper;
    const isFirst = lower === Number.NEGATIVE_INFINITY;
    const rule = isZero || (isFirst && upper > 0) ? CLOSED : upper <= 0 ? OPEN_RIGHT : OPEN_LEFT;
    return `[${rule},"${numberText(lower)}","${numberText(upper)}","${numberText(count)}"]`;
  });
  const list = buckets.length > 0 ? `,"buckets":[${buckets.join(',')}]` : '';
  return `{"count":"${numberText(histogram.count)}","sum":"${numberText(histogram.sum)}"${list}}`;
}
