import { isObject, textOf } from '../json.ts';
import type { Matcher } from '../model.ts';
import { type Cell, type DataField, type DataFrame, displayNameOf, VALUE_NAME } from './data-frame.ts';
import { isMatch, patternOf } from './patterns.ts';
import { reduceField } from './reducers.ts';

/** Whether a field of a frame is meant. `frames` are all that the matcher is asked about: names depend on them. */
export type FieldTest = (field: DataField, frame: DataFrame, frames: readonly DataFrame[]) => boolean;
export type FrameTest = (frame: DataFrame) => boolean;
export type ValueTest = (value: Cell) => boolean;

type Options = unknown;

function namesTest(names: readonly string[]): FieldTest {
  const all = new Set(names);
  const isFallback = fallbackFor(all);
  return (field, frame, frames) =>
    all.has(field.name) || all.has(displayNameOf(field, frame, frames)) || isFallback(field, frame);
}

/** `Value` also means a field that has its metric's name, and `Time` any field of times, as older versions named them. */
function fallbackFor(names: ReadonlySet<string>): (field: DataField, frame: DataFrame) => boolean {
  if (names.has(VALUE_NAME)) return ({ name, labels }) => labels !== undefined && labels.__name__ === name;
  if (names.has('Time') || names.has('time'))
    return ({ type }, { meta }) => type === 'time' && meta?.typeVersion === undefined;
  return () => false;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

const byRegexp = (options: Options): FieldTest => {
  const pattern = typeof options === 'string' && options !== '' ? patternOf(options) : undefined;
  return (field, frame, frames) => isMatch(pattern, displayNameOf(field, frame, frames));
};

const byType = (options: Options): FieldTest => {
  return ({ type }) => type === options;
};

const FIELD_MATCHERS: Readonly<Record<string, (options: Options) => FieldTest>> = {
  byType,
  byTypes: (options) => {
    const types = new Set(textsOf(options));
    return ({ type }) => types.has(type);
  },
  numeric: () => byType('number'),
  time: () => byType('time'),
  first:
    () =>
    (field, { fields }) =>
      field === fields[0],
  firstTimeField:
    () =>
    (field, { fields }) =>
      field === fields.find(({ type }) => type === 'time'),
  byName: (options) => (typeof options === 'string' ? namesTest([options]) : () => false),
  byNames: (options) => {
    const { names, mode } = isObject(options) ? options : {};
    const isNamed = namesTest(textsOf(names));
    return mode === 'exclude' ? (...of) => !isNamed(...of) : isNamed;
  },
  byRegexp,
  byRegexpOrNames: (options) => {
    const { names, pattern } = isObject(options) ? options : {};
    const isNamed = namesTest(textsOf(names));
    const matches = byRegexp(pattern);
    return (...of) => isNamed(...of) || matches(...of);
  },
  byFrameRefID:
    (options) =>
    (_, { refId }) =>
      refId === options,
  byValue: (options) => {
    const { reducer, op, value } = isObject(options) ? options : {};
    if (typeof reducer !== 'string' || reducer === '') return () => false;
    return (field) => {
      const figure = reduceField(field, reducer);
      if (reducer === 'allIsNull' || reducer === 'allIsZero') return Boolean(figure);
      return isCompared(figure, textOf(op) ?? 'eq', value);
    };
  },
};

/** The comparisons of an override by value; a value that is absent is the text `null`. */
function isCompared(left: Cell, written: string, right: Cell): boolean {
  const isAbsent = left === null || left === undefined || right === null || right === undefined;
  const op = isAbsent && (written === 'gte' || written === 'lte') ? 'eq' : written;
  const [one, other] = [left ?? 'null', right ?? 'null'] as [number, number];
  switch (op) {
    case 'eq':
      return String(one) === String(other);
    case 'neq':
      return String(one) !== String(other);
    case 'gt':
      return one > other;
    case 'gte':
      return one >= other;
    case 'lt':
      return one < other;
    case 'lte':
      return one <= other;
    default:
      return false;
  }
}

/** The fields that a matcher of a dashboard means; none for a matcher that isn't known. As those of @grafana/data 13.2.3. */
export function fieldTest({ id, options }: Matcher): FieldTest {
  const make = Object.hasOwn(FIELD_MATCHERS, id) ? FIELD_MATCHERS[id]! : undefined;
  return make === undefined ? () => false : make(options);
}

/** The frames that a transformation is for: `byRefId`, with `A|B` or a pattern, or `byName`. */
export function frameTest({ id, options }: Matcher): FrameTest {
  const text = typeof options === 'string' ? options : '';
  if (id === 'byName') {
    const pattern = patternOf(text);
    return ({ name }) => isMatch(pattern, name ?? '');
  }
  if (id !== 'byRefId') return () => false;
  const pattern = text.startsWith('/') ? patternOf(text) : undefined;
  const names = text.split('|');
  return ({ refId }) => (pattern === undefined ? names.includes(refId ?? '') : isMatch(pattern, refId ?? ''));
}

function asNumber(value: Cell): number {
  return Number(value);
}

const compared =
  (test: (value: number, bound: number) => boolean) =>
  ({ value: bound }: Readonly<Record<string, unknown>>): ValueTest =>
  (value) =>
    value !== undefined && !Number.isNaN(asNumber(value)) && test(value as number, bound as number);

const VALUE_MATCHERS: Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => ValueTest>> = {
  isNull: () => (value) => value === null || value === undefined,
  isNotNull: () => (value) => value !== null && value !== undefined,
  greater: compared((value, bound) => value > bound),
  greaterOrEqual: compared((value, bound) => value >= bound),
  lower: compared((value, bound) => value < bound),
  lowerOrEqual: compared((value, bound) => value <= bound),
  // A number is equal to its text, as filters are typed.
  equal: (options) => (value) => isLooselyEqual(value, options.value),
  notEqual: (options) => (value) => !isLooselyEqual(value, options.value),
  substring:
    ({ value: part }) =>
    (value) =>
      part === '' ||
      (typeof value === 'string' && typeof part === 'string' && value.toLowerCase().includes(part.toLowerCase())),
  notSubstring:
    ({ value: part }) =>
    (value) =>
      typeof value === 'string' &&
      typeof part === 'string' &&
      value !== '' &&
      part !== '' &&
      !value.toLowerCase().includes(part.toLowerCase()),
  between: ({ from, to }) => {
    const [low, high] = [from, to].map((bound) =>
      typeof bound === 'number' ? bound : Number.parseInt(String(bound), 10),
    );
    return (value) =>
      value !== undefined && !Number.isNaN(asNumber(value)) && asNumber(value) > low! && asNumber(value) < high!;
  },
  regex: ({ value: text }) => {
    const pattern = typeof text === 'string' ? rawPattern(text) : undefined;
    return (value) => value !== null && value !== undefined && isMatch(pattern, String(value));
  },
};

function rawPattern(text: string): RegExp | undefined {
  try {
    return new RegExp(text);
  } catch {
    return undefined;
  }
}

function isLooselyEqual(value: Cell, wanted: unknown): boolean {
  if (value === null || value === undefined || wanted === null || wanted === undefined)
    return (value ?? null) === (wanted ?? null);
  if (typeof value === typeof wanted) return value === wanted;
  if (typeof value === 'object') return false;
  return Number(value) === Number(wanted);
}

/** Whether a value is one that a filter by value means; undefined for a filter that isn't known. */
export function valueTest(id: string, options: unknown): ValueTest | undefined {
  const make = Object.hasOwn(VALUE_MATCHERS, id) ? VALUE_MATCHERS[id]! : undefined;
  return make?.(isObject(options) ? options : {});
}
