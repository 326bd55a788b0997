/** A panel's frames as one table. */
import {
  applyTransformations,
  type Cell,
  type DataField,
  type DataFrame,
  type FieldOptions,
  fieldOptionsReader,
  type Link,
  type OptionsOf,
  type Panel,
  showValue,
} from '#dashboards';
import { visibleText } from '../foreign-text.ts';
import type { Field, Frame } from '../frame.ts';
import type { LinkedValue } from './links.ts';
import type { PanelData } from './panel-data.ts';
import { shownName } from './panel-frames.ts';

/** More rows are no table that somebody reads. */
const MAX_ROWS = 2_000;

/** Series become a row each, with their labels and last values; tables of several queries become one. */
export function tableFrame(panel: Panel, data: PanelData): Frame {
  return tableOf(panel, data).frame;
}

/** The same with the data links of its columns, by the names of their fields. */
export function tableOf(
  panel: Panel,
  { frames }: PanelData,
): { readonly frame: Frame; readonly links: ReadonlyMap<string, LinkedColumn> } {
  const made = asOne(frames);
  const length = Math.min(MAX_ROWS, made.length);
  const optionsOf = fieldOptionsReader(panel);
  const shown = made.fields.flatMap((field) =>
    columnOf(field, made, optionsOf, length).map((column) => ({ field, column })),
  );
  const fields = distinct(shown.map(({ column }) => column));
  const links = new Map(
    shown.flatMap(({ field }, at): [string, LinkedColumn][] => {
      const { links: own } = optionsOf(field, made, [made]);
      return own.length === 0
        ? []
        : [[fields[at]!.name, { links: own, on: (row, text) => linkedValueOf(made, field, row, text) }]];
    }),
  );
  return { frame: { name: visibleText(panel.title), length, fields }, links };
}

export interface LinkedColumn {
  readonly links: readonly Link[];
  readonly on: (row: number, text: string) => LinkedValue;
}

/** What the links of a cell can name: its value, and all others of its row. */
function linkedValueOf({ fields }: DataFrame, field: DataField, row: number, text: string): LinkedValue {
  const others = fields.map(({ name, values }) => [name, String(values[row] ?? '')] as const);
  const time = fields.find(({ type }) => type === 'time')?.values[row];
  const value = field.values[row];
  return {
    name: field.name,
    labels: { ...Object.fromEntries(others), ...field.labels },
    value: typeof value === 'number' || typeof value === 'string' ? value : null,
    text,
    timeMs: typeof time === 'number' ? time : undefined,
  };
}

function asOne(frames: readonly DataFrame[]): DataFrame {
  const [first] = frames;
  if (first === undefined) return { length: 0, fields: [] };
  if (frames.length === 1 && !isSeries(first)) return first;
  const tables = frames.every(isSeries) ? lastValues(frames) : frames;
  const { frames: merged } = applyTransformations(
    [{ id: 'merge', isDisabled: false, options: {}, filter: undefined }],
    tables,
    String,
  );
  return merged[0]!;
}

function isSeries({ fields }: DataFrame): boolean {
  return fields.length === 2 && fields[0]!.type === 'time' && fields[1]!.labels !== undefined;
}

/** A table per query: a column per label, and the last value of each series. */
function lastValues(frames: readonly DataFrame[]): DataFrame[] {
  const refIds = [...new Set(frames.map(({ refId }) => refId))];
  return refIds.map((refId) => {
    const values = frames.flatMap((frame) => (frame.refId === refId ? [frame.fields[1]!] : []));
    const labels = [...new Set(values.flatMap((field) => Object.keys(field.labels ?? {})))].sort();
    const column = (name: string): DataField => ({
      ...{ name, type: 'string', config: {} },
      values: values.map((field) => field.labels?.[name] ?? ''),
    });
    const value: DataField = {
      name: refIds.length === 1 ? 'Value' : `Value #${refId}`,
      type: 'number',
      config: {},
      values: values.map((field) => field.values.findLast((each) => each !== null && !Number.isNaN(each)) ?? null),
    };
    const columns = labels.filter((name) => name !== '__name__').map(column);
    return { refId, fields: [...columns, value], length: values.length };
  });
}

function columnOf(field: DataField, frame: DataFrame, optionsOf: OptionsOf, length: number): Field[] {
  const options = optionsOf(field, frame, [frame]);
  const { custom } = options;
  if (custom.hidden === true || field.type === 'nestedFrames') return [];
  const name = visibleText(shownName(field, frame, [frame], options));
  const values = field.values.slice(0, length);
  if (field.type !== 'number')
    return [{ name, type: 'text', values: values.map((value) => textOf(value, field, options)) }];
  const format = (value: number): string => showValue(value, options).text;
  const numbers = values.map((value) => (typeof value === 'number' ? value : null));
  return [{ name, type: 'number', unit: '', writing: { format, tick: format }, values: numbers }];
}

function textOf(value: Cell, field: DataField, options: FieldOptions): string {
  if (value === null || value === undefined) return showValue(null, options).text;
  if (field.type === 'time')
    return showValue(Number(value), { ...options, unit: options.unit ?? 'dateTimeAsIso' }).text;
  if (field.type === 'frame') {
    const last = (value as DataFrame).meta?.value;
    return showValue(typeof last === 'number' ? last : null, options).text;
  }
  return showValue(typeof value === 'object' ? JSON.stringify(value) : String(value), options).text;
}

/** Two columns that were renamed alike are told apart. */
function distinct(fields: readonly Field[]): Field[] {
  const seen = new Map<string, number>();
  return fields.map((field) => {
    const count = (seen.get(field.name) ?? 0) + 1;
    seen.set(field.name, count);
    return count === 1 ? field : { ...field, name: `${field.name} (${count})` };
  });
}
