import type { Annotations, Grid, NoDataReason, PromqlAnswer, StepSeries, StoredSeries } from '#query/promql.ts';
import { timeAt } from '#query/promql.ts';
import { JSON_TYPE, listPieces, StreamedAnswer } from '../http/answers.ts';
import {
  histogramText,
  matrixItem,
  metric,
  numberText,
  pointLists,
  seconds,
  vectorItem,
} from '../shared/series-json.ts';

/** Prometheus' form of answers, in pieces: `resultType` comes before `result`, since clients read as it arrives. */

export interface Notes {
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  /** Why an answer is empty. Beside what Prometheus has: the same is among the infos, as a text. */
  readonly noData?: readonly NoDataReason[];
  /** How the answer came about, where that was asked for. */
  readonly explain?: object | undefined;
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

function tail({ warnings, infos, noData = [], explain }: Notes): string {
  const part = (name: string, texts: readonly unknown[]): string =>
    texts.length === 0 ? '' : `,${JSON.stringify(name)}:${JSON.stringify(texts)}`;
  const reasons = noData.map(({ place, ...reason }) => ({ ...reason, start: place.start, end: place.end }));
  const explained = explain === undefined ? '' : `,"explain":${JSON.stringify(explain)}`;
  return `${part('warnings', warnings)}${part('infos', infos)}${part('noData', reasons)}${explained}}`;
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

function scalarText(series: StepSeries, grid: Grid): string {
  return `[${seconds(timeAt(grid, 0))},"${numberText(series.floats[0]!)}"]`;
}

function* storedItem({ labels, floats, histograms }: StoredSeries): Generator<string> {
  yield metric(labels);
  const numbers = Array.from(floats.timesMs, (timeMs, i) => `[${seconds(timeMs)},"${numberText(floats.values[i]!)}"]`);
  const natives = histograms?.values.map((value, i) => `[${seconds(histograms.timesMs[i]!)},${histogramText(value)}]`);
  yield pointLists(numbers, natives ?? []);
}
