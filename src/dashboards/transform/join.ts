import { type Cell, type DataField, type DataFrame, sortedBy, timeFieldOf, VALUE_NAME } from '../frames/data-frame.ts';
import { type FieldTest, fieldTest } from '../frames/matchers.ts';
import { isObject, type JsonObject, textOf } from '../json.ts';

/** How a null of a series stands in a join: as it is, with the gaps beside it made nulls too, or not at all. */
type NullMode = 'kept' | 'wide' | 'left-out';

/** A frame that takes part: the field that rows are joined by, and the others. */
interface Side {
  readonly by: DataField;
  readonly others: readonly DataField[];
}

/** `joinByField`, `seriesToColumns`: rows of several frames with the same value of a field stand side by side. */
export function joinByField(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  if (frames.length < 2) return frames;
  const field = textOf(options.byField) ?? '';
  const joined = joinFrames(frames, field === '' ? undefined : field, textOf(options.mode) ?? 'outer');
  return [{ ...joined, refId: `joinByField-${frames.map(({ refId }) => refId).join('-')}` }];
}

/** Frames of times by their times; others as they are. */
export function ensureColumns(frames: readonly DataFrame[]): readonly DataFrame[] {
  const names = new Set(frames.map((frame) => timeFieldOf(frame)?.name));
  const [name] = names;
  return frames.length > 1 && names.size === 1 && name !== undefined ? joinByField(frames, { byField: name }) : frames;
}

function joinFrames(frames: readonly DataFrame[], by: string | undefined, mode: string): DataFrame {
  const isJoined: FieldTest =
    by !== undefined
      ? fieldTest({ id: 'byName', options: by })
      : fieldTest(
          timeFieldOf(frames[0]!) === undefined ? { id: 'byName', options: '' } : { id: 'firstTimeField', options: {} },
        );
  const sides = frames.flatMap((frame) => sideOf(frame, frames, isJoined) ?? []);
  const [first] = sides;
  if (first === undefined) return { length: 0, fields: [] };
  const fields = [first.by, ...sides.flatMap(({ others }) => others)];
  if (sides.length < frames.length && mode === 'inner')
    return { length: 0, fields: fields.map((field) => ({ ...field, values: [] })) };
  const values =
    mode === 'inner' || mode === 'outerTabular' ? asTables(sides, mode === 'outerTabular') : asSeries(sides);
  return { length: values[0]!.length, fields: fields.map((field, i) => ({ ...field, values: values[i]! })) };
}

function sideOf(frame: DataFrame, frames: readonly DataFrame[], isJoined: FieldTest): Side | undefined {
  const by = frame.fields.find((field) => isJoined(field, frame, frames));
  if (by === undefined) return undefined;
  const others = frame.fields.filter((field) => field !== by).map((field) => namedAfter(field, frame));
  return { by, others };
}

/** What a series was called stays with its values. */
function namedAfter(field: DataField, { name }: DataFrame): DataField {
  if (!name) return { ...field, labels: field.labels ?? {} };
  if (field.name === VALUE_NAME) return { ...field, name, labels: field.labels ?? {} };
  return field.labels?.name === undefined ? { ...field, labels: { ...field.labels, name } } : field;
}

/** Each row of a side beside each of the other with its value, as SQL joins; `isOuter` keeps rows without a partner. */
function asTables(sides: readonly Side[], isOuter: boolean): readonly (readonly Cell[])[] {
  let left: readonly (readonly Cell[])[] = columnsOf(sides[0]!);
  for (const side of sides.slice(1)) {
    const right = columnsOf(side);
    const { leftRows, rightRows } = pairs(left[0]!, right[0]!, isOuter);
    const pick = (column: readonly Cell[], rows: readonly number[]): Cell[] =>
      rows.map((row) => (row < 0 ? null : column[row]));
    const by = leftRows.map((row, i) => (row < 0 ? right[0]![rightRows[i]!] : left[0]![row]));
    left = [
      by,
      ...left.slice(1).map((column) => pick(column, leftRows)),
      ...right.slice(1).map((column) => pick(column, rightRows)),
    ];
  }
  return left;
}

function columnsOf({ by, others }: Side): readonly (readonly Cell[])[] {
  return [by.values, ...others.map(({ values }) => values)];
}

/** A join of tables makes at most so many rows: values that repeat on both sides multiply. */
const JOINED_ROWS_LIMIT = 100_000;

/** Which rows stand side by side; -1 for none. */
function pairs(
  left: readonly Cell[],
  right: readonly Cell[],
  isOuter: boolean,
): { readonly leftRows: readonly number[]; readonly rightRows: readonly number[] } {
  const rowsOf = new Map<string, number[]>();
  for (const [row, value] of right.entries()) {
    const rows = rowsOf.get(String(value));
    if (rows === undefined) rowsOf.set(String(value), [row]);
    else rows.push(row);
  }
  const leftRows: number[] = [];
  const rightRows: number[] = [];
  const matched = new Set<string>();
  const alone: number[] = [];
  for (const [row, value] of left.entries()) {
    const rows = value === null || value === undefined ? undefined : rowsOf.get(String(value));
    if (rows === undefined) {
      alone.push(row);
      continue;
    }
    matched.add(String(value));
    if (leftRows.length + rows.length > JOINED_ROWS_LIMIT)
      throw new Error(`makes more than ${JOINED_ROWS_LIMIT} rows; join by a field whose values are unique`);
    for (const other of rows) {
      leftRows.push(row);
      rightRows.push(other);
    }
  }
  if (isOuter) {
    for (const row of alone) {
      leftRows.push(row);
      rightRows.push(-1);
    }
    for (const [value, rows] of rowsOf) {
      if (matched.has(value)) continue;
      for (const row of rows) {
        leftRows.push(-1);
        rightRows.push(row);
      }
    }
  }
  return { leftRows, rightRows };
}

/** A row for each value that the field has in any side, in order. */
function asSeries(sides: readonly Side[]): readonly (readonly Cell[])[] {
  if (haveSameValues(sides)) {
    const frame = {
      length: sides[0]!.by.values.length,
      fields: [sides[0]!.by, ...sides.flatMap(({ others }) => others)],
    };
    const { type, values } = sides[0]!.by;
    const sorted =
      type === 'string' || isAscending(values)
        ? frame
        : sortedBy(frame, { ...frame.fields[0]!, type: 'number' }, false);
    return sorted.fields.map((field) => field.values);
  }
  const all = [...new Set(sides.flatMap(({ by }) => by.values))].sort((a, b) => (a as number) - (b as number));
  const rowOf = new Map(all.map((value, row) => [value, row]));
  return [all, ...sides.flatMap(({ by, others }) => others.map((field) => spread(field, by.values, rowOf)))];
}

function haveSameValues([first, ...others]: readonly Side[]): boolean {
  const { values } = first!.by;
  return others.every(
    ({ by }) =>
      by.values === values ||
      (by.values.length === values.length && by.values.every((value, i) => value === values[i])),
  );
}

function isAscending(values: readonly Cell[]): boolean {
  const present = values.filter((value) => value !== null && value !== undefined);
  return present.every((value, i) => i === 0 || (value as number) > (present[i - 1] as number));
}

function spread(field: DataField, by: readonly Cell[], rowOf: ReadonlyMap<Cell, number>): Cell[] {
  const mode = nullModeOf(field);
  const values = new Array<Cell>(rowOf.size).fill(undefined);
  const nulls: number[] = [];
  for (const [i, value] of field.values.entries()) {
    const row = rowOf.get(by[i])!;
    if (value === null && mode === 'left-out') continue;
    if (value === null && mode === 'wide') nulls.push(row);
    values[row] = value;
  }
  // What has no value beside a null belongs to its gap.
  for (const row of nulls) {
    for (let i = row - 1; i >= 0 && isAbsent(values[i]); i--) values[i] = null;
    for (let i = row + 1; i < values.length && isAbsent(values[i]); i++) values[i] = null;
  }
  return values;
}

function isAbsent(value: Cell): boolean {
  return value === null || value === undefined;
}

function nullModeOf({ config }: DataField): NullMode {
  const spans = isObject(config.custom) ? config.custom.spanNulls : undefined;
  return spans === true ? 'left-out' : spans === -1 ? 'kept' : 'wide';
}
