/** Transformations that choose, order and gather rows. */
import {
  type Cell,
  type DataField,
  type DataFrame,
  displayNameOf,
  frameNameOf,
  pickRows,
  plainField,
  sortedBy,
  TIME_NAME,
  timeFieldOf,
  VALUE_NAME,
} from '../frames/data-frame.ts';
import { type ValueTest, valueTest } from '../frames/matchers.ts';
import { type JsonObject, numberOf, objectOf, objectsOf, textOf } from '../json.ts';

export function sortBy(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const [first] = objectsOf(options.sort);
  if (first === undefined) return frames;
  return frames.map((frame) => {
    const at = numberOf(first.index);
    const field =
      at === undefined ? frame.fields.find((each) => displayNameOf(each, frame) === first.field) : frame.fields[at];
    return sortedBy(frame, field, first.desc === true);
  });
}

/** The first rows; a negative number is that of the last. */
export function limitRows(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const limit =
    typeof options.limitField === 'string'
      ? Number.parseInt(options.limitField, 10)
      : (numberOf(options.limitField) ?? 10);
  return frames.map((frame) => {
    if (!(frame.length > limit)) return frame;
    const fields = frame.fields.map((field) => ({
      ...field,
      values: limit >= 0 ? field.values.slice(0, limit) : field.values.slice(limit),
    }));
    return { ...frame, fields, length: Math.min(frame.length, Math.abs(limit)) };
  });
}

export function filterByValue(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const filters = objectsOf(options.filters);
  if (filters.length === 0) return frames;
  const isInclude = (options.type ?? 'include') === 'include';
  return frames.map((frame) => {
    const tests = filters.map((filter) => rowTest(frame, frames, filter));
    const isMeant = (row: number): boolean =>
      options.match === 'all' ? tests.every((test) => test(row)) : tests.some((test) => test(row));
    const rows = Array.from({ length: frame.length }, (_, row) => row).filter((row) => isMeant(row) === isInclude);
    return pickRows(frame, rows);
  });
}

function rowTest(frame: DataFrame, frames: readonly DataFrame[], filter: JsonObject): (row: number) => boolean {
  const { id, options } = objectOf(filter.config);
  const field = frame.fields.findLast((each) => displayNameOf(each, frame, frames) === filter.fieldName);
  const test: ValueTest | undefined = valueTest(textOf(id) ?? '', options);
  return field === undefined || test === undefined ? () => false : (row) => test(field.values[row]);
}

/** One frame with a row per point: its time, its series' name, its value; the latest first. */
export function seriesToRows(frames: readonly DataFrame[]): readonly DataFrame[] {
  const filled = frames.filter(({ length }) => length > 0);
  if (filled.length === 0 || !filled.every(isSeries)) return filled;
  const times: Cell[] = [];
  const names: Cell[] = [];
  const values: Cell[] = [];
  for (const frame of filled) {
    const time = timeFieldOf(frame)!;
    const value = frame.fields[frame.fields.indexOf(time) === 0 ? 1 : 0]!;
    const name = frameNameOf(frame);
    for (let row = 0; row < frame.length; row++) {
      times.push(time.values[row]);
      names.push(name);
      values.push(value.values[row]);
    }
  }
  const like = (field: DataField, name: string, of: Cell[]): DataField => ({
    ...plainField(name, field.type, of),
    config: withoutNames(field.config),
  });
  const time = timeFieldOf(filled[0]!)!;
  const fields = [
    like(time, TIME_NAME, times),
    plainField('Metric', 'string', names),
    like(filled[0]!.fields.find(({ type }) => type !== 'time')!, VALUE_NAME, values),
  ];
  const all = { refId: `seriesToRows-${filled.map(({ refId }) => refId).join('-')}`, fields, length: times.length };
  return [sortedBy(all, all.fields[0], true)];
}

function withoutNames({ displayName: _, displayNameFromDS: __, ...config }: JsonObject): JsonObject {
  return config;
}

function isSeries({ fields }: DataFrame): boolean {
  const isTime = ({ type, values }: DataField): boolean =>
    type === 'time' &&
    values.slice(0, 100).every((value, i) => i === 0 || (value as number) > (values[i - 1] as number));
  return fields.length >= 2 && fields.some(({ type }) => type === 'number') && fields.some(isTime);
}
