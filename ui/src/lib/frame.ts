/**
 * A frame: columns of equal length, each with a name, a type and a unit. Every answer becomes frames before anything is drawn of it
 * (`lib/frames`), and each folder of `viz` draws one, so that pages and dashboards place the same drawings. A frame knows no theme and no page.
 */
import type { AttributeValue, TimeGrid } from '#api/types.ts';
import { ABSENT, COUNT_FORMAT, formatDateTime, type UnitFormat, unitFormat } from './format.ts';
import type { Tone } from './tone.ts';

/** A value per row; `null` where there is none. */
export type Numbers = readonly (number | null)[];

interface FieldHead {
  readonly name: string;
}

/** Milliseconds since the epoch. */
export interface TimeField extends FieldHead {
  readonly type: 'time';
  readonly values: readonly number[];
}

export interface NumberField extends FieldHead {
  readonly type: 'number';
  /** UCUM, as metrics have it: `ns`, `By`, `1`, `{request}/s`; `%` with values from 0 to 100. It decides how values are written. */
  readonly unit: string;
  /** How values are written, where a unit of UCUM doesn't say it. */
  readonly writing?: UnitFormat;
  /** Counts whole things: there are no fractions. */
  readonly isCount?: true;
  readonly values: Numbers;
  /** What tells the field from the others of its frame. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What its colour means. */
  readonly tone?: Tone;
}

export interface TextField extends FieldHead {
  readonly type: 'text';
  readonly values: readonly string[];
}

/** One of a few texts in each row: `texts[indices[row]]`. */
export interface EnumField extends FieldHead {
  readonly type: 'enum';
  readonly indices: readonly number[];
  readonly texts: readonly string[];
}

/** What has parts: the body or the attributes of an item. */
export interface ValueField extends FieldHead {
  readonly type: 'value';
  readonly values: readonly AttributeValue[];
}

export type Field = TimeField | NumberField | TextField | EnumField | ValueField;

export interface Frame {
  readonly name: string;
  readonly length: number;
  readonly fields: readonly Field[];
  /** Each row is a bucket of time of this width, and the field of times has their starts. */
  readonly stepMs?: number;
}

/** Things and what goes between them: a row per node and a row per edge, which names nodes by their ids (`viz/graph` says which fields). */
export interface GraphFrames {
  readonly nodes: Frame;
  readonly edges: Frame;
}

/** How a field of a frame is made of a row: exactly one of the types. */
export type Reading<T> =
  | { readonly text: (row: T) => string }
  | { readonly time: (row: T) => number }
  | { readonly number: (row: T) => number | null; readonly unit: string }
  | { readonly count: (row: T) => number | null }
  | { readonly value: (row: T) => AttributeValue };

/** The rows of a list as a frame, a field for each reading, in their order. */
export function frameOfRows<T>(
  name: string,
  rows: readonly T[],
  readings: { readonly [field: string]: Reading<T> },
): Frame {
  const fields = Object.entries(readings).map(([field, reading]): Field => {
    if ('text' in reading) return { name: field, type: 'text', values: rows.map(reading.text) };
    if ('time' in reading) return { name: field, type: 'time', values: rows.map(reading.time) };
    if ('value' in reading) return { name: field, type: 'value', values: rows.map(reading.value) };
    if ('count' in reading)
      return { name: field, type: 'number', unit: '1', isCount: true, values: rows.map(reading.count) };
    return { name: field, type: 'number', unit: reading.unit, values: rows.map(reading.number) };
  });
  return { name, length: rows.length, fields };
}

/** Lines over the buckets of a grid as a frame. Throws where a line has another number of values than the grid has buckets. */
export function frameOfLines(name: string, grid: TimeGrid, lines: readonly Omit<NumberField, 'type'>[]): Frame {
  const { startMs, stepMs, count } = grid;
  const times: TimeField = {
    name: 'time',
    type: 'time',
    values: Array.from({ length: count }, (_, i) => startMs + i * stepMs),
  };
  const fields = lines.map((line): NumberField => {
    if (line.values.length !== count)
      throw new Error(`frame ${name}: ${line.name} has ${line.values.length} values for ${count} buckets`);
    return { ...line, type: 'number' };
  });
  return { name, length: count, fields: [times, ...fields], stepMs };
}

/** How a field's values are written. */
export function formatOf({ unit, isCount, writing }: Pick<NumberField, 'unit' | 'isCount' | 'writing'>): UnitFormat {
  if (writing !== undefined) return writing;
  return isCount ? COUNT_FORMAT : unitFormat(unit);
}

export function numberFields({ fields }: Frame): readonly NumberField[] {
  return fields.filter((field) => field.type === 'number');
}

/** A field by its name. Throws where the frame has none, or one of another type: what draws it was given the wrong frame. */
export function fieldOf<T extends Field['type']>(frame: Frame, name: string, type: T): Extract<Field, { type: T }> {
  const field = frame.fields.find((candidate) => candidate.name === name);
  if (field?.type !== type) throw new Error(`frame ${frame.name} has no field ${name} of type ${type}`);
  return field as Extract<Field, { type: T }>;
}

/** As `fieldOf`, for a field that a frame may leave out. */
export function fieldIfAny<T extends Field['type']>(
  frame: Frame,
  name: string,
  type: T,
): Extract<Field, { type: T }> | undefined {
  return frame.fields.some((field) => field.name === name) ? fieldOf(frame, name, type) : undefined;
}

/** A value as its type and unit are written. */
export function textAt(frame: Frame, name: string, row: number): string {
  const field = frame.fields.find((candidate) => candidate.name === name);
  if (field?.type === 'text') return field.values[row]!;
  if (field?.type === 'enum') return enumText(field, row);
  if (field?.type === 'value') return JSON.stringify(field.values[row]);
  const value = field?.values[row];
  if (field === undefined || value === null || value === undefined) return ABSENT;
  if (field.type === 'time') return formatDateTime(value);
  return formatOf(field).format(value);
}

export function enumText({ indices, texts }: EnumField, row: number): string {
  return texts[indices[row]!]!;
}

/** The buckets of a frame over time. Throws where its rows are none. */
export function gridOf(frame: Frame): TimeGrid {
  if (frame.stepMs === undefined) throw new Error(`frame ${frame.name}: its rows are no buckets of time`);
  const times = fieldOf(frame, 'time', 'time').values;
  return { startMs: times[0] ?? 0, stepMs: frame.stepMs, count: frame.length };
}

/** The bucket that holds a time; undefined where none does. */
export function bucketOf({ startMs, stepMs, count }: TimeGrid, timeMs: number | undefined): number | undefined {
  if (timeMs === undefined) return undefined;
  const bucket = Math.floor((timeMs - startMs) / stepMs);
  return bucket >= 0 && bucket < count ? bucket : undefined;
}

/** The last bucket reaches past now: it is still filling. */
export function isPartial({ startMs, stepMs, count }: TimeGrid, nowMs: number): boolean {
  return startMs + count * stepMs > nowMs;
}

/** The last complete value: the last bucket is still filling, unless it is the only one. */
export function lastValue(values: Numbers): number | undefined {
  for (let i = Math.max(0, values.length - 2); i >= 0; i--) {
    const value = values[i];
    if (value !== null && value !== undefined) return value;
  }
  return values.at(-1) ?? undefined;
}
