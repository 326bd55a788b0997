import {
  type Cell,
  type DataField,
  type DataFrame,
  displayNameOf,
  type FieldType,
  plainField,
} from '../frames/data-frame.ts';
import { type JsonObject, objectOf, textOf } from '../json.ts';
import { specialValue } from './group.ts';

/** A table of more columns than this is not looked at. */
const COLUMNS_LIMIT = 1_000;

/** Rows become columns and columns rows. */
export function transposeFrames(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  return frames.map((frame) => (frame.fields.length === 0 ? frame : transposed(frame, frames, options)));
}

function transposed(frame: DataFrame, frames: readonly DataFrame[], options: JsonObject): DataFrame {
  const first = frame.fields[0]!;
  const hasHeads = first.type === 'string' || first.type === 'time' || first.type === 'enum';
  const firstName = textOf(options.firstFieldName) || 'Field';
  const restName = textOf(options.restFieldsName) || 'Value';
  const fields = hasHeads ? frame.fields.slice(1) : frame.fields;
  const types = new Set(fields.map(({ type }) => type));
  const type: FieldType = types.size === 1 ? [...types][0]! : 'string';
  const empty = options.emptyValue;
  if (first.values.length > COLUMNS_LIMIT)
    throw new Error(`makes ${first.values.length} columns; at most ${COLUMNS_LIMIT} are drawn: limit the rows before`);
  const columns = first.values.map((head, row): DataField => {
    const values = fields.map((field) =>
      type === 'string' ? asText(field, field.values[row], empty) : field.values[row],
    );
    const labels: Record<string, string> = hasHeads
      ? { [first.name]: String(asText(first, head, empty)) }
      : { row: (row + 1) as unknown as string };
    return { ...plainField(restName, type, values), labels };
  });
  const names = fields.map((field) => displayNameOf(field, frame, frames));
  const all = [plainField(firstName, 'string', names), ...columns];
  return { ...frame, fields: all, length: fields.length, refId: `transpose-${frame.refId}` };
}

function asText(field: DataField, value: Cell, empty: JsonObject[string] | undefined): Cell {
  if (field.type === 'enum') {
    const { text } = objectOf(objectOf(field.config.type).enum);
    return (Array.isArray(text) ? text[value as number] : undefined) ?? specialValue(empty);
  }
  if (value === null || value === undefined) return specialValue(empty);
  return ['time', 'number', 'boolean', 'string'].includes(field.type) ? String(value) : JSON.stringify(value);
}
