import { sprint, sprintf, sprintln } from './printf.ts';
import { utf8Bytes, utf8Length, utf8Slice } from './utf8.ts';
import {
  ANY,
  type GoFunction,
  type GoValue,
  isFunction,
  isTrue,
  mapZero,
  STRING,
  stringerText,
  typeName,
} from './values.ts';

/** The functions that every template of Go has; text/template/funcs.go of Go 1.26 is their source. */

/** What an argument of any type prints as: pointers are looked through, and what is missing says so. */
function printable(value: GoValue): GoValue {
  return value === undefined || value === null ? '<no value>' : value;
}

function textOfAll(values: readonly GoValue[]): string {
  return values.length === 1 && typeof values[0] === 'string' ? values[0] : sprint(values.map(printable));
}

const HTML: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[\0"'&<>]/g, (char) => HTML[char]!);
}

function escapeScript(text: string): string {
  return text.replace(/[\\'"<>&=]|[^ -~]/gu, (char) => {
    if (char === '\\' || char === "'" || char === '"') return `\\${char}`;
    const code = char.codePointAt(0)!;
    if (code >= 0x80 && /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(char)) return char;
    return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** As net/url of Go escapes a part of a query. */
export function escapeQuery(text: string): string {
  let escaped = '';
  for (const byte of utf8Bytes(text)) {
    const char = String.fromCharCode(byte);
    if (/[\w.~-]/.test(char)) escaped += char;
    else escaped += byte === 0x20 ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return escaped;
}

function lengthOf(value: GoValue): bigint {
  if (typeof value === 'string') return BigInt(utf8Length(value));
  if (Array.isArray(value)) return BigInt(value.length);
  if (value instanceof Map) return BigInt(value.size);
  throw new Error(value === null || value === undefined ? 'len of nil pointer' : `len of type ${typeName(value)}`);
}

/** A place in something of that length; `limit` itself is one for slices. */
function place(index: GoValue, limit: number): number {
  if (index === undefined || index === null) throw new Error('cannot index slice/array with nil');
  if (typeof index !== 'bigint') throw new Error(`cannot index slice/array with type ${typeName(index)}`);
  if (index < 0n || index > BigInt(limit)) throw new Error(`index out of range: ${index}`);
  return Number(index);
}

function indexed(item: GoValue, indexes: readonly GoValue[]): GoValue {
  if (item === undefined || item === null) throw new Error('index of untyped nil');
  let current = item;
  for (const index of indexes) {
    if (current === undefined || current === null) throw new Error('index of nil pointer');
    if (typeof current === 'string') {
      const bytes = utf8Bytes(current);
      const at = place(index, bytes.length);
      if (at === bytes.length) throw new Error('reflect: string index out of range');
      current = BigInt(bytes[at]!);
    } else if (Array.isArray(current)) {
      const at = place(index, current.length);
      if (at === current.length) throw new Error('reflect: slice index out of range');
      current = current[at];
    } else if (current instanceof Map) {
      if (index === undefined || index === null) throw new Error('value is nil; should be of type string');
      if (typeof index !== 'string') throw new Error(`value has type ${typeName(index)}; should be string`);
      current = current.has(index) ? current.get(index) : mapZero(current);
    } else throw new Error(`can't index item of type ${typeName(current)}`);
  }
  return current;
}

function sliced(item: GoValue, indexes: readonly GoValue[]): GoValue {
  if (item === undefined || item === null) throw new Error('slice of untyped nil');
  if (indexes.length > 3) throw new Error(`too many slice indexes: ${indexes.length}`);
  const isText = typeof item === 'string';
  if (isText && indexes.length === 3) throw new Error('cannot 3-index slice a string');
  if (!isText && !Array.isArray(item)) throw new Error(`can't slice item of type ${typeName(item)}`);
  const length = isText ? utf8Length(item) : item.length;
  const [from = 0, to = length, capacity] = indexes.map((index) => place(index, length));
  if (from > to) throw new Error(`invalid slice index: ${from} > ${to}`);
  if (capacity !== undefined && to > capacity) throw new Error(`invalid slice index: ${to} > ${capacity}`);
  return isText ? utf8Slice(item, from, to) : item.slice(from, to);
}

const BASIC = new Set(['boolean', 'bigint', 'number', 'string']);

function isEqual(left: GoValue, others: readonly GoValue[]): boolean {
  if (others.length === 0) throw new Error('missing argument for comparison');
  return others.some((right) => {
    const isNil = [left, right].map((value) => value === undefined || value === null);
    if (isNil[0] || isNil[1]) return isNil[0] === isNil[1];
    if (typeof left !== typeof right) {
      const [a, b] = [typeName(left), typeName(right)];
      throw new Error(`incompatible types for comparison: ${a} and ${b}`);
    }
    if (BASIC.has(typeof left)) return left === right;
    throw new Error(`non-comparable type ${textOfAll([left])}: ${typeName(right)}`);
  });
}

function isLess(left: GoValue, right: GoValue): boolean {
  for (const value of [left, right]) {
    if (!BASIC.has(typeof value)) throw new Error('invalid type for comparison');
  }
  if (typeof left !== typeof right)
    throw new Error(`incompatible types for comparison: ${typeName(left)} and ${typeName(right)}`);
  if (typeof left === 'boolean') throw new Error('invalid type for comparison');
  return (left as string) < (right as string);
}

/** `call`: a function that is a value. `name` is how the template writes it. */
export function callValue(name: string, callee: GoValue, args: readonly GoValue[]): GoValue {
  if (callee === undefined || callee === null) throw new Error('call of nil');
  if (!isFunction(callee)) throw new Error(`non-function ${name} of type ${typeName(callee)}`);
  const { params, rest, call } = callee;
  if (rest === undefined ? args.length !== params.length : args.length < params.length)
    throw new Error(
      `wrong number of args for ${name}: got ${args.length} want ${rest === undefined ? '' : 'at least '}${params.length}`,
    );
  args.forEach((arg, index) => {
    const type = params[index] ?? rest!;
    const isNil = arg === undefined || arg === null;
    if (isNil ? !type.isNillable : !type.accepts(arg))
      throw new Error(`arg ${index}: value has type ${typeName(arg)}; should be ${type.name}`);
  });
  return call(...args);
}

/** `lengthMax`: how long a text may get that printf makes. `and` and `or` are the evaluator's, which stops at the first that decides. */
export function builtinFunctions(lengthMax: number): Readonly<Record<string, GoFunction>> {
  const variadic = (call: (...values: GoValue[]) => GoValue): GoFunction => ({ params: [], rest: ANY, call });
  const first = (call: (value: GoValue, ...rest: GoValue[]) => GoValue): GoFunction => ({
    params: [ANY],
    rest: ANY,
    call,
  });
  const two = (call: (left: GoValue, right: GoValue) => boolean): GoFunction => ({ params: [ANY, ANY], call });
  return {
    and: first((value) => value),
    or: first((value) => value),
    call: first((callee, ...args) => callValue('call', callee, args)),
    html: variadic((...values) => escapeHtml(textOfAll(values))),
    index: first((item, ...indexes) => indexed(item, indexes)),
    slice: first((item, ...indexes) => sliced(item, indexes)),
    js: variadic((...values) => escapeScript(textOfAll(values))),
    len: { params: [ANY], call: lengthOf },
    not: { params: [ANY], call: (value: GoValue) => !isTrue(value) },
    print: variadic((...values) => sprint(values)),
    printf: { params: [STRING], rest: ANY, call: (format: string, ...values) => sprintf(format, values, lengthMax) },
    println: variadic((...values) => sprintln(values)),
    urlquery: variadic((...values) => escapeQuery(textOfAll(values))),
    eq: first((left, ...others) => isEqual(left, others)),
    ne: two((left, right) => !isEqual(left, [right])),
    lt: two(isLess),
    le: two((left, right) => isLess(left, right) || isEqual(left, [right])),
    gt: two((left, right) => !isLess(left, right) && !isEqual(left, [right])),
    ge: two((left, right) => !isLess(left, right)),
  };
}

export const BUILTIN_NAMES: ReadonlySet<string> = new Set(Object.keys(builtinFunctions(0)));

/** What an action writes for its value. */
export function printedValue(value: GoValue): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '<no value>';
  return stringerText(value) ?? sprint([value]);
}
