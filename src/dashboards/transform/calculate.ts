/** `calculateField`: a field that is worked out of others, row by row or along the rows. */
import {
  type Cell,
  type DataField,
  type DataFrame,
  displayNameOf,
  plainField,
  timeFieldOf,
} from '../frames/data-frame.ts';
import { type FieldTest, fieldTest } from '../frames/matchers.ts';
import { type NullMode, reduceField, reducerNamed, reducerTitle, varianceOf } from '../frames/reducers.ts';
import { isObject, type JsonObject, type JsonValue, numberOf, objectOf, textOf } from '../json.ts';
import { ensureColumns } from './join.ts';

type Create = (frame: DataFrame, frames: readonly DataFrame[]) => readonly Cell[] | undefined;

/** One side of an operation of two: a field, all fields of a type, or a number. */
interface Operand {
  readonly field?: string;
  readonly type?: string;
  readonly fixed?: string;
}

export function calculateField(written: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const mode = textOf(options.mode) ?? 'reduceRow';
  const isSeries = options.timeSeries !== false;
  const frames =
    isSeries && !(mode === 'binary' && isNumberWritten(objectOf(options.binary).right))
      ? ensureColumns(written)
      : written;
  const replaces = options.replaceFields === true;
  if (mode === 'index') return frames.map((frame) => withIndex(frame, options, replaces));
  if (mode === 'binary') {
    const names = new Set(frames.flatMap(({ fields }) => fields.map(({ name }) => name)));
    const left = operandOf(objectOf(options.binary).left, names);
    if (left.type !== undefined) return ofType(frames, left.type, options, names);
  }
  const create = creatorOf(mode, options, frames);
  if (create === undefined) return frames;
  const name = nameOf(mode, options, frames);
  const alias = textOf(options.alias) ?? '';
  return frames.flatMap((frame): DataFrame[] => {
    const values = create(frame, frames);
    if (values === undefined) return replaces ? [] : [frame];
    const field: DataField = {
      ...plainField(name, 'number', values),
      config: alias === '' ? {} : { displayName: alias },
    };
    const time = isSeries ? timeFieldOf(frame) : undefined;
    const fields = replaces ? (time === undefined ? [field] : [time, field]) : [...frame.fields, field];
    return [{ ...frame, fields }];
  });
}

function creatorOf(mode: string, options: JsonObject, frames: readonly DataFrame[]): Create | undefined {
  switch (mode) {
    case 'reduceRow':
      return rowReducer(objectOf(options.reduce));
    case 'cumulativeFunctions':
      return cumulative(objectOf(options.cumulative));
    case 'windowFunctions':
      return windowed(objectOf(options.window));
    case 'unary':
      return unary(objectOf(options.unary));
    case 'binary': {
      const names = new Set(frames.flatMap(({ fields }) => fields.map(({ name }) => name)));
      return binary(objectOf(options.binary), names);
    }
    default:
      return undefined;
  }
}

function withIndex(frame: DataFrame, options: JsonObject, replaces: boolean): DataFrame {
  const isShare = objectOf(options.index).asPercentile === true;
  const values = Array.from({ length: frame.length }, (_, row) => (isShare ? row / frame.length : row));
  const field: DataField = {
    ...plainField(textOf(options.alias) ?? 'Row', 'number', values),
    config: isShare ? { unit: 'percentunit' } : {},
  };
  return { ...frame, fields: replaces ? [field] : [...frame.fields, field] };
}

/** The fields that are named, or all that hold numbers. */
function chosen(names: JsonValue | undefined): FieldTest {
  const list = Array.isArray(names) ? names.map(String) : typeof names === 'string' && names !== '' ? [names] : [];
  return fieldTest(list.length === 0 ? { id: 'numeric', options: {} } : { id: 'byNames', options: { names: list } });
}

const NULL_MODES: Readonly<Record<string, NullMode>> = { connected: 'ignored', 'null as zero': 'zero' };

function rowReducer(options: JsonObject): Create | undefined {
  const reducer = reducerNamed(textOf(options.reducer) ?? 'sum');
  if (reducer === undefined) throw new Error(`the reducer ${JSON.stringify(options.reducer)} is not known`);
  const isMeant = chosen(options.include);
  const nulls = NULL_MODES[textOf(options.nullValueMode) ?? ''] ?? 'counted';
  return (frame, frames) => {
    const columns = frame.fields.filter((field) => isMeant(field, frame, frames));
    return Array.from({ length: frame.length }, (_, row): Cell => {
      const field = { type: 'number' as const, values: columns.map(({ values }) => values[row]) };
      return reduceField(field, reducer, nulls) ?? null;
    });
  };
}

function firstOf(frame: DataFrame, frames: readonly DataFrame[], isMeant: FieldTest): DataField | undefined {
  return frame.fields.find((field) => isMeant(field, frame, frames));
}

function cumulative(options: JsonObject): Create {
  const reducer = textOf(options.reducer) ?? 'sum';
  if (reducer !== 'sum' && reducer !== 'mean')
    throw new Error(`running totals have no ${reducer}; they have sum and mean`);
  const isMeant = chosen(options.field);
  return (frame, frames) => {
    let total = 0;
    return firstOf(frame, frames, isMeant)?.values.map((value, row) => {
      total += (value as number | null | undefined) ?? 0;
      return reducer === 'sum' ? total : total / (row + 1);
    });
  };
}

function windowed(options: JsonObject): Create {
  const reducer = textOf(options.reducer) ?? 'mean';
  const size = numberOf(options.windowSize) ?? 0.1;
  if (!(size > 0)) throw new Error(`a window of ${size} rows holds nothing; it must be larger than 0`);
  if (!['mean', 'stdDev', 'variance'].includes(reducer))
    throw new Error(`windows have no ${reducer}; they have mean, stdDev and variance`);
  const isMeant = chosen(options.field);
  const isShare = (textOf(options.windowSizeMode) ?? 'percentage') === 'percentage';
  return (frame, frames) => {
    const rows = Math.ceil(size * (isShare ? frame.length : 1));
    const isCentered = options.windowAlignment === 'centered';
    const before = isCentered ? Math.floor(rows / 2) : rows - 1;
    const after = isCentered ? Math.ceil(rows / 2) - 1 : 0;
    const values = firstOf(frame, frames, isMeant)?.values;
    if (values === undefined) return undefined;
    if (reducer === 'mean') return meansOf(values, before, after);
    return values.map((_, row) => {
      const variance = varianceOf(values.slice(Math.max(0, row - before), row + after + 1));
      return reducer === 'variance' ? variance : Math.sqrt(variance);
    });
  };
}

/** Of each row with those around it. A trailing window over a null lets nothing go, as Grafana's. */
function meansOf(values: readonly Cell[], before: number, after: number): number[] {
  let [sum, count] = [0, 0];
  const add = (value: Cell, sign: number): void => {
    if (value === null || value === undefined) return;
    sum += sign * (value as number);
    count += sign;
  };
  for (let row = 0; row < Math.min(after, values.length); row++) add(values[row], 1);
  return values.map((value, row) => {
    add(values[row + after], 1);
    if (row - before > 0 && (after > 0 || (value !== null && value !== undefined))) add(values[row - before - 1], -1);
    return count === 0 ? 0 : sum / count;
  });
}

const UNARY: Readonly<Record<string, (value: number, total: number) => number>> = {
  abs: Math.abs,
  exp: Math.exp,
  ln: Math.log,
  round: Math.round,
  floor: Math.floor,
  ceil: Math.ceil,
  percent: (value, total) => value / (total || 1),
};

function unary(options: JsonObject): Create {
  const name = textOf(options.operator) ?? 'abs';
  const operation = Object.hasOwn(UNARY, name) ? UNARY[name] : undefined;
  return (frame, frames) => {
    const field = frame.fields.findLast(
      (each) => each.type === 'number' && displayNameOf(each, frame, frames) === options.fieldName,
    );
    if (field === undefined || field.values.length === 0 || operation === undefined) return undefined;
    const total = field.values.reduce<number>(
      (sum, value) => (Number.isFinite(value) ? sum + (value as number) : sum),
      0,
    );
    return field.values.map((value) => operation(value as number, total));
  };
}

const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

function binary(options: JsonObject, names: ReadonlySet<string>): Create {
  const operation = operationOf(options);
  const left = operandOf(options.left, names);
  const right = operandOf(options.right, names);
  return (frame, frames) => {
    const one = valuesOf(left, frame, frames);
    const other = valuesOf(right, frame, frames);
    if (one === undefined || other === undefined || operation === undefined) return undefined;
    return one.map((value, row) => operation(value as number, other[row] as number));
  };
}

function operationOf({ operator }: JsonObject): ((a: number, b: number) => number) | undefined {
  const name = textOf(operator) ?? '+';
  return Object.hasOwn(BINARY, name) ? BINARY[name] : undefined;
}

function isNumberWritten(value: JsonValue | undefined): boolean {
  const text = typeof value === 'string' ? value : textOf(objectOf(value).fixed);
  return text !== undefined && !Number.isNaN(Number(text));
}

/** Older dashboards have a text alone: a field's name, or a number. */
function operandOf(value: JsonValue | undefined, names: ReadonlySet<string>): Operand {
  if (typeof value === 'string' || value === undefined) {
    const text = value ?? '';
    return Number.isNaN(Number(text)) || names.has(text) ? { field: text } : { fixed: text };
  }
  const { matcher, fixed } = objectOf(value);
  const { id, options } = objectOf(matcher);
  if (id === 'byType') return { type: textOf(options) ?? '' };
  if (id === 'byName') return { field: textOf(options) ?? '' };
  return { fixed: String(fixed ?? '') };
}

function valuesOf(operand: Operand, frame: DataFrame, frames: readonly DataFrame[]): readonly Cell[] | undefined {
  const field =
    operand.field === undefined
      ? undefined
      : frame.fields.find((each) => displayNameOf(each, frame, frames) === operand.field);
  if (field !== undefined)
    return field.type === 'boolean' ? field.values.map((value) => (value ? 1 : 0)) : field.values;
  const number = Number.parseFloat(operand.fixed ?? operand.field ?? '');
  return Number.isNaN(number) ? undefined : new Array<Cell>(frame.length).fill(number);
}

/** An operation with each field of a type. */
function ofType(
  frames: readonly DataFrame[],
  type: string,
  options: JsonObject,
  names: ReadonlySet<string>,
): readonly DataFrame[] {
  const written = objectOf(options.binary);
  const operation = operationOf(written);
  const right = operandOf(written.right, names);
  const replaces = options.replaceFields === true;
  return frames.flatMap((frame): DataFrame[] => {
    const other = valuesOf(right, frame, frames);
    const time = options.timeSeries === false ? undefined : timeFieldOf(frame);
    const first = time === undefined ? [] : [time];
    let isAdded = false;
    const rest = frame.fields.flatMap((field) => {
      const kept = replaces || field === time ? [] : [field];
      if (field.type !== type || other === undefined || operation === undefined) return kept;
      isAdded = true;
      const name = `${field.name} ${textOf(written.operator) ?? ''} ${right.field ?? right.fixed}`;
      const values = field.values.map((value, row) => operation(value as number, other[row] as number));
      return [...kept, { ...field, name, values }];
    });
    return replaces && !isAdded ? [] : [{ ...frame, fields: [...first, ...rest] }];
  });
}

function nameOf(mode: string, options: JsonObject, frames: readonly DataFrame[]): string {
  const alias = textOf(options.alias) ?? '';
  if (alias !== '') return alias;
  const within = (text: JsonValue | undefined): string => (typeof text === 'string' && text !== '' ? `(${text})` : '');
  const own = objectOf(options[{ cumulativeFunctions: 'cumulative', windowFunctions: 'window' }[mode] ?? mode]);
  switch (mode) {
    case 'cumulativeFunctions':
      return `cumulative ${textOf(own.reducer) ?? 'sum'}${within(own.field)}`;
    case 'windowFunctions':
      return `${textOf(own.windowAlignment) ?? 'trailing'} moving ${textOf(own.reducer) ?? 'mean'}${within(own.field)}`;
    case 'unary':
      return `${textOf(own.operator) ?? 'abs'}${within(own.fieldName)}`;
    case 'binary':
      return binaryName(own, frames);
    default:
      return reducerTitle(textOf(objectOf(options.reduce).reducer) ?? 'sum');
  }
}

function binaryName(own: JsonObject, frames: readonly DataFrame[]): string {
  const names = new Set(frames.flatMap(({ fields }) => fields.map(({ name }) => name)));
  const [left, right] = [own.left, own.right].map((side) => {
    const operand = operandOf(isObject(side) || typeof side === 'string' ? side : '', names);
    return operand.field ?? operand.fixed ?? '';
  });
  return left && right ? `${left} ${textOf(own.operator) ?? '+'} ${right}` : '';
}
