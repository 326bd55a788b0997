import type { PanelQuery } from '../panel-queries.ts';
import {
  type Cell,
  type DataField,
  type DataFrame,
  type Labels,
  plainField,
  TIME_NAME,
  VALUE_NAME,
} from './data-frame.ts';

/** A series of an answer. `timesMs` and `values` have one entry per point, in the order of time. */
export interface AnsweredSeries {
  readonly labels: Labels;
  /** What it is called in a legend; undefined where its labels make the name. */
  readonly name: string | undefined;
  readonly timesMs: readonly number[];
  readonly values: readonly (number | null)[];
}

/**
 * A query's answer as the frames that transformations are written for, as Grafana's data source of Prometheus makes them: a frame per series;
 * with the format `table` one with a column per label; with `heatmap` one with a column per bucket, of what is in each alone. `isOnly`: the panel
 * has no other query, so that the value needs no number.
 */
export function queryFrames(
  { refId, format }: Pick<PanelQuery, 'refId' | 'format'>,
  series: readonly AnsweredSeries[],
  isOnly: boolean,
): readonly DataFrame[] {
  if (format === 'table') return series.length === 0 ? [] : [tableOf(refId, series, isOnly)];
  if (format === 'heatmap' && series.length > 0 && series.every(({ labels }) => labels.le !== undefined))
    return [bucketsOf(refId, series)];
  return series.map((each) => ({
    refId,
    fields: [timesOf(each.timesMs), valueFieldOf(each)],
    length: each.timesMs.length,
  }));
}

function timesOf(timesMs: readonly number[]): DataField {
  return plainField(TIME_NAME, 'time', timesMs);
}

function valueFieldOf({ labels, name, values }: AnsweredSeries): DataField {
  return {
    ...{ name: VALUE_NAME, type: 'number', values, labels },
    config: name === undefined ? {} : { displayNameFromDS: name },
  };
}

function tableOf(refId: string, series: readonly AnsweredSeries[], isOnly: boolean): DataFrame {
  const names = [...new Set(series.flatMap(({ labels }) => Object.keys(labels)))].sort();
  const columns = names.map((name) =>
    plainField(
      name,
      'string',
      series.flatMap(({ labels, timesMs }): Cell[] => timesMs.map(() => labels[name] ?? '')),
    ),
  );
  const times = series.flatMap(({ timesMs }) => timesMs);
  const values = plainField(
    isOnly ? VALUE_NAME : `${VALUE_NAME} #${refId}`,
    'number',
    series.flatMap((each) => each.values),
  );
  return { refId, fields: [timesOf(times), ...columns, values], length: times.length, meta: { typeVersion: [0, 1] } };
}

/** Each bucket of Prometheus counts those below it, too: what is its own is left. */
function bucketsOf(refId: string, series: readonly AnsweredSeries[]): DataFrame {
  const sorted = series.toSorted((a, b) => boundOf(a) - boundOf(b));
  const timesMs = [...new Set(sorted.flatMap((each) => each.timesMs))].sort((a, b) => a - b);
  const rowOf = new Map(timesMs.map((time, row) => [time, row]));
  let below: readonly (number | null)[] = [];
  const fields = sorted.map(({ labels, name, timesMs: own, values }): DataField => {
    const counts = new Array<number | null>(timesMs.length).fill(null);
    for (const [i, time] of own.entries()) counts[rowOf.get(time)!] = values[i]!;
    const alone = counts.map((count, row) => (count === null ? null : Math.max(0, count - (below[row] ?? 0))));
    below = counts;
    const config = name === undefined ? {} : { displayNameFromDS: name };
    return { name: labels.le!, type: 'number', values: alone, labels, config };
  });
  return { refId, fields: [timesOf(timesMs), ...fields], length: timesMs.length, meta: { type: 'heatmap-rows' } };
}

function boundOf({ labels }: AnsweredSeries): number {
  return labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le);
}
