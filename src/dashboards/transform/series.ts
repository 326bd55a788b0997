/** Transformations that Grafana has and @grafana/data has not: of series to tables, and between forms of series. */
import {
  type Cell,
  type DataField,
  type DataFrame,
  displayNameOf,
  type Labels,
  pickRows,
  plainField,
  timeFieldOf,
} from '../frames/data-frame.ts';
import { reduceField } from '../frames/reducers.ts';
import { type JsonObject, objectOf, textOf } from '../json.ts';
import { ensureColumns } from './join.ts';

/** A row per series: its labels, and the series itself as what a sparkline draws, with one figure of it. A frame per query. */
export function timeSeriesTable(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const refIds = [...new Set(frames.map(({ refId }) => refId ?? ''))];
  return refIds.map((refId) => {
    const own = frames.filter((frame) => (frame.refId ?? '') === refId);
    const stat = textOf(objectOf(options[refId]).stat) ?? textOf(objectOf(options.refIdToStat)[refId]) ?? 'lastNotNull';
    const series = own.flatMap((frame) =>
      frame.fields.filter(({ type }) => type === 'number').map((field) => ({ frame, field })),
    );
    const labels = labelNames(series.map(({ field }) => field));
    const trends = series.map(({ frame, field }): DataFrame => {
      const time = timeFieldOf(frame);
      const value = reduceField(field, stat) ?? null;
      return {
        ...frame,
        fields: time === undefined ? [field] : [time, field],
        meta: { ...frame.meta, value: value as number },
      };
    });
    const name = refIds.length > 1 ? `Trend #${refId}` : 'Trend';
    const first = series[0]?.field;
    return {
      refId,
      length: series.length,
      fields: [
        ...labels.map((label) =>
          plainField(
            label,
            'string',
            series.map(({ field }) => field.labels?.[label]),
          ),
        ),
        {
          ...plainField(name, 'frame', trends),
          config: first?.config.unit === undefined ? {} : { unit: first.config.unit },
        },
      ],
    };
  });
}

/** Of all fields, in the order in which they appear, without the metric's name. */
function labelNames(fields: readonly DataField[]): string[] {
  return [...new Set(fields.flatMap(({ labels }) => Object.keys(labels ?? {})))].filter((name) => name !== '__name__');
}

/** The forms that panels want: a frame per series (`multi`), one with a column per series (`wide`), or a row per point (`long`). */
export function prepareTimeSeries(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const format = textOf(options.format) ?? 'multi';
  if (format === 'wide') return ensureColumns(frames.flatMap(asMulti));
  return format === 'long' ? frames.flatMap(asLong) : frames.flatMap(asMulti);
}

/** Texts of a row become labels of its numbers. */
function asMulti(frame: DataFrame): DataFrame[] {
  const time = timeFieldOf(frame);
  if (time === undefined) return [];
  const texts = frame.fields.filter(({ type }) => type === 'string');
  const numbers = frame.fields.filter(({ type }) => type === 'number' || type === 'boolean');
  const groups = new Map<string, number[]>();
  for (let row = 0; row < frame.length; row++) {
    const key = JSON.stringify(texts.map(({ values }) => String(values[row] ?? '')));
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups].flatMap(([key, rows]) => {
    const values = JSON.parse(key) as string[];
    const own = Object.fromEntries(texts.map(({ name }, i) => [name, values[i]!]));
    return numbers.map((field) => {
      const labels = texts.length === 0 ? field.labels : { ...field.labels, ...own };
      const series = {
        ...frame,
        fields: [time, { ...field, labels }],
        meta: { ...frame.meta, type: 'timeseries-multi' },
      };
      return rows.length === frame.length ? series : pickRows(series, rows);
    });
  });
}

function asLong(frame: DataFrame): DataFrame[] {
  const time = timeFieldOf(frame);
  const numbers = frame.fields.filter(({ type }) => type === 'number');
  if (time === undefined || numbers.length === 0) return [];
  const names = labelNames(numbers);
  const sets = new Map<string, DataField[]>();
  for (const field of numbers) {
    const key = JSON.stringify(names.map((name) => field.labels?.[name] ?? ''));
    sets.set(key, [...(sets.get(key) ?? []), field]);
  }
  const valueNames = [...new Set(numbers.map(({ name }) => name))];
  const rows = Array.from({ length: frame.length }, (_, row) => row).flatMap((row) =>
    [...sets].map(([key, fields]) => ({ row, labels: JSON.parse(key) as string[], fields })),
  );
  const values = valueNames.map((name) =>
    plainField(
      name,
      'number',
      rows.map(({ row, fields }) => fields.find((each) => each.name === name)?.values[row] ?? null),
    ),
  );
  const labels = names.map((name, i) =>
    plainField(
      name,
      'string',
      rows.map((each) => each.labels[i]),
    ),
  );
  const times = { ...time, values: rows.map(({ row }) => time.values[row]) };
  return [
    {
      ...frame,
      fields: [times, ...values, ...labels],
      length: rows.length,
      meta: { ...frame.meta, type: 'timeseries-long' },
    },
  ];
}

/** A table with a row per set of labels and a column per value of one label (`value`). */
export function joinByLabels(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const by = textOf(options.value) ?? '';
  if (by === '' || frames.length === 0) return frames;
  const fields = frames.flatMap((frame) =>
    frame.fields.filter(({ labels, type }) => type !== 'time' && labels !== undefined),
  );
  const wanted = Array.isArray(options.join) ? options.join.map(String) : [];
  const names =
    wanted.length > 0
      ? wanted
      : labelNames(fields)
          .filter((name) => name !== by)
          .sort();
  const rows = new Map<string, { readonly labels: Labels; readonly values: Map<string, Cell> }>();
  const columns = new Set<string>();
  for (const field of fields) {
    const column = field.labels?.[by];
    if (column === undefined) continue;
    columns.add(column);
    const labels = Object.fromEntries(names.map((name) => [name, field.labels?.[name] ?? '']));
    for (const [at, value] of field.values.entries()) {
      const key = JSON.stringify([at, ...Object.values(labels)]);
      const row = rows.get(key) ?? { labels, values: new Map<string, Cell>() };
      rows.set(key, row);
      row.values.set(column, value);
    }
  }
  if (columns.size === 0) throw new Error(`no series has the label ${by} by whose values it joins`);
  const all = [...rows.values()];
  return [
    {
      refId: `joinByLabels-${frames.map(({ refId }) => refId).join('-')}`,
      fields: [
        ...names.map((name) =>
          plainField(
            name,
            'string',
            all.map(({ labels }) => labels[name]),
          ),
        ),
        ...[...columns].map((name) =>
          plainField(
            name,
            'number',
            all.map(({ values }) => values.get(name)),
          ),
        ),
      ],
      length: all.length,
    },
  ];
}

/** A frame per set of values that some fields have. */
export function partitionByValues(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const names = Array.isArray(options.fields) ? options.fields.map(String) : [];
  if (names.length === 0) return frames;
  const naming = objectOf(options.naming);
  return frames.flatMap((frame) => {
    const keys = names.flatMap(
      (name) => frame.fields.find((field) => displayNameOf(field, frame, frames) === name) ?? [],
    );
    if (keys.length !== names.length) return [frame];
    const parts = new Map<string, number[]>();
    for (let row = 0; row < frame.length; row++) {
      const key = JSON.stringify(keys.map(({ values }) => values[row] ?? null));
      parts.set(key, [...(parts.get(key) ?? []), row]);
    }
    const kept = options.keepFields === true ? frame.fields : frame.fields.filter((field) => !keys.includes(field));
    return [...parts.values()].map((rows) => partition({ ...frame, fields: kept }, rows, keys, naming));
  });
}

function partition(
  frame: DataFrame,
  rows: readonly number[],
  keys: readonly DataField[],
  naming: JsonObject,
): DataFrame {
  const values = keys.map((key) => [key.name, String(key.values[rows[0]!] ?? '')] as const);
  const part = pickRows(frame, rows);
  if (naming.asLabels !== false) {
    const own = Object.fromEntries(values);
    const fields = part.fields.map((field) =>
      field.type === 'time' ? field : { ...field, labels: { ...field.labels, ...own } },
    );
    return { ...part, fields };
  }
  const suffix = values.map(([name, value]) => (naming.withNames === true ? `${name} ${value}` : value)).join(' ');
  return { ...part, name: naming.append === true && frame.name ? `${frame.name} ${suffix}` : suffix };
}
