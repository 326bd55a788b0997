import type { JsonObject, JsonValue } from '../json.ts';

/** A value of a field. `undefined` is a row that another frame of a join had, and this one not. */
export type Cell = JsonValue | undefined | DataFrame | readonly DataFrame[];

/** `frame` is a series within a row, `nestedFrames` the rows that a row stands for. */
export type FieldType = 'time' | 'number' | 'string' | 'boolean' | 'enum' | 'frame' | 'nestedFrames' | 'other';

export type Labels = Readonly<Record<string, string>>;

/** A column as Grafana's transformations have it. */
export interface DataField {
  readonly name: string;
  readonly type: FieldType;
  /** One per row; times are milliseconds since the epoch. */
  readonly values: readonly Cell[];
  readonly labels?: Labels | undefined;
  /** What the data says of its own drawing, with the names of a dashboard's file: `displayName`, `displayNameFromDS`, `unit`. */
  readonly config: JsonObject;
}

/** What a query answered, or a transformation made: columns of equal length. */
export interface DataFrame {
  readonly name?: string | undefined;
  /** Of the query; what several made has a name of its own. */
  readonly refId?: string | undefined;
  readonly length: number;
  readonly fields: readonly DataField[];
  readonly meta?: JsonObject | undefined;
}

/** The name that a series has where nothing else names it. */
export const VALUE_NAME = 'Value';
export const TIME_NAME = 'Time';

/** A field of a transformation: a name, a type and values, and no label or setting. */
export function plainField(name: string, type: FieldType, values: readonly Cell[]): DataField {
  return { name, type, values, config: {} };
}

export function timeFieldOf(frame: DataFrame): DataField | undefined {
  return frame.fields.find(({ type }) => type === 'time');
}

/** `{a="1", b="2"}`; empty without labels. */
function writeLabels(labels: Labels): string {
  const names = Object.keys(labels).sort();
  return names.length === 0 ? '' : `{${names.map((name) => `${name}="${labels[name]}"`).join(', ')}}`;
}

/** The label that all fields have and no other; undefined where they differ in more. */
function onlyLabelOf(frames: readonly DataFrame[]): string | undefined {
  let only: string | undefined;
  for (const { fields } of frames)
    for (const { labels } of fields)
      for (const name of Object.keys(labels ?? {})) {
        if (only !== undefined && name !== only) return undefined;
        only = name;
      }
  return only;
}

/**
 * The name by which people and settings know a field: what it was renamed to, the legend of its series, or its name and labels. `frames` are all
 * of the panel; leave them out where a frame is looked at alone. As @grafana/data 13.2.3 names it.
 */
export function displayNameOf(field: DataField, frame?: DataFrame, frames?: readonly DataFrame[]): string {
  const { displayName, displayNameFromDS } = field.config;
  if (typeof displayName === 'string' && displayName !== '') return displayName;
  if (frame !== undefined && typeof displayNameFromDS === 'string' && displayNameFromDS !== '')
    return displayNameFromDS;
  if (field.type === 'time' && field.labels === undefined) return field.name;
  const parts: string[] = [];
  const differ = frames?.some(({ name }, i) => i > 0 && name !== frames[i - 1]!.name) === true;
  const names = differ && frame?.name ? [frame.name] : [];
  parts.push(...names);
  if (field.name !== '' && field.name !== VALUE_NAME) parts.push(field.name);
  const labels = frame === undefined ? '' : labelPart(field, frames ?? [frame]);
  if (labels !== '') parts.push(labels);
  else if (names.length === 0 && frame?.name && field.name === VALUE_NAME) parts.push(frame.name);
  const name = parts.join(' ') || field.name || VALUE_NAME;
  return name === field.name ? numbered(field, frame) : name;
}

function labelPart({ labels }: DataField, frames: readonly DataFrame[]): string {
  if (labels === undefined) return '';
  const only = onlyLabelOf(frames);
  return only === undefined ? writeLabels(labels) : (labels[only] ?? '');
}

/** The second field of a name is `name 2`, and the first `name 1` where there is another. */
function numbered(field: DataField, frame: DataFrame | undefined): string {
  const alike = frame?.fields.filter(({ name }) => name === field.name) ?? [];
  const at = alike.indexOf(field);
  return alike.length < 2 || at < 0 ? field.name : `${field.name} ${at + 1}`;
}

/** What a frame is called in a list of series. */
export function frameNameOf(frame: DataFrame, frames?: readonly DataFrame[]): string {
  if (frame.name) return frame.name;
  const names = frame.fields.filter(({ type }) => type !== 'time').map((field) => displayNameOf(field, frame, frames));
  return names.join(', ');
}

const TEXTS = new Intl.Collator('en', { sensitivity: 'base' });

/** An absent number counts as 0, an absent text comes last, and so does false. */
function comparer({ type }: DataField): (a: Cell, b: Cell) => number {
  if (type === 'number' || type === 'time') return (a, b) => numberIn(a) - numberIn(b) || 0;
  if (type !== 'string' && type !== 'boolean') return () => 0;
  return (a, b) => {
    if (!a || !b) return Number(Boolean(b)) - Number(Boolean(a));
    return type === 'string' ? TEXTS.compare(String(a), String(b)) : 0;
  };
}

function numberIn(value: Cell): number {
  return typeof value === 'number' ? value : Number(value ?? 0);
}

/** The rows in the order of a field's values. */
export function sortedBy(frame: DataFrame, field: DataField | undefined, isDescending: boolean): DataFrame {
  if (field === undefined) return frame;
  const compare = comparer(field);
  const order = Array.from({ length: frame.length }, (_, row) => row).sort((a, b) =>
    isDescending ? compare(field.values[b], field.values[a]) : compare(field.values[a], field.values[b]),
  );
  return { ...frame, fields: frame.fields.map((each) => ({ ...each, values: order.map((row) => each.values[row]) })) };
}

/** Rows of a frame, by their number. */
export function pickRows(frame: DataFrame, rows: readonly number[]): DataFrame {
  const fields = frame.fields.map((field) => ({ ...field, values: rows.map((row) => field.values[row]) }));
  return { ...frame, fields, length: rows.length };
}

const NUMBER = /^\s*(-?(\d*\.?\d+|\d+\.?\d*)(e[-+]?\d+)?|NAN)\s*$/i;

/** The type of a column by its name and its first value; undefined where it has none. */
export function guessType(name: string, values: readonly Cell[]): FieldType | undefined {
  if (/^(date|time)$/i.test(name)) return 'time';
  const first = values.find((value) => value !== null && value !== undefined);
  if (first === undefined) return undefined;
  if (typeof first === 'number') return 'number';
  if (typeof first === 'boolean') return 'boolean';
  if (typeof first !== 'string') return 'other';
  if (NUMBER.test(first)) return 'number';
  return /^(true|TRUE|True|false|FALSE|False)$/.test(first) ? 'boolean' : 'string';
}
