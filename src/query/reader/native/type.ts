/** Types of ClickHouse, from their names and from the codes that stand in front of single values. */
import { DecodeError } from '#base';
import type { Input } from './input.ts';

/** `Array(Tuple(json String))`: Array, of Tuple, of String by the name `json`. */
export interface Type {
  /** `DateTime64`, without what stands in parentheses. */
  readonly name: string;
  /** The types inside. Of a JSON type those of its typed paths, in the order of the paths' bytes. */
  readonly inner: readonly Type[];
  /** Of the types inside, where they have names. */
  readonly names: readonly string[];
  /** Of a FixedString. */
  readonly lengthBytes: number;
}

function typeOf(name: string, inner: readonly Type[] = [], names: readonly string[] = [], lengthBytes = 0): Type {
  return { name, inner, names, lengthBytes };
}

const KNOWN_INNER = new Set(['Array', 'Tuple', 'Map', 'Nullable', 'LowCardinality']);

export function parseType(text: string): Type {
  const open = text.indexOf('(');
  if (open < 0) return typeOf(text);
  const name = text.slice(0, open);
  const parts = splitParts(text.slice(open + 1, -1));
  if (name === 'FixedString') return typeOf(name, [], [], Number(parts[0]));
  if (name === 'SimpleAggregateFunction') return parseType(parts[1]!);
  if (name === 'JSON') return jsonType(parts);
  if (!KNOWN_INNER.has(name)) return typeOf(name);
  const elements = parts.map((part) => (name === 'Tuple' ? nameAndType(part) : { name: '', type: part }));
  return typeOf(
    name,
    elements.map(({ type }) => parseType(type)),
    elements.map((element) => element.name),
  );
}

function jsonType(parts: readonly string[]): Type {
  const typed = parts
    .filter((part) => !/^(SKIP |\w+=)/.test(part))
    .map(nameAndType)
    .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  return typeOf(
    'JSON',
    typed.map(({ type }) => parseType(type)),
    typed.map(({ name }) => name),
  );
}

/** `json String`, or a path in backticks and its type; a type alone has no name. */
function nameAndType(part: string): { readonly name: string; readonly type: string } {
  const quoted = /^`((?:[^`\\]|\\.)*)` (.*)$/s.exec(part);
  if (quoted !== null) return { name: quoted[1]!.replace(/\\(.)/gs, '$1'), type: quoted[2]! };
  const plain = /^([\w.]+) ([A-Z].*)$/s.exec(part);
  return plain === null ? { name: '', type: part } : { name: plain[1]!, type: plain[2]! };
}

/** `a, Tuple(b, c)` to its two parts. */
function splitParts(inner: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < inner.length; i++) {
    const char = inner[i]!;
    if (char === '`' || char === "'") i = endOfQuoted(inner, i);
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === ',' && depth === 0) {
      parts.push(inner.slice(from, i).trim());
      from = i + 1;
    }
  }
  return [...parts, inner.slice(from).trim()];
}

function endOfQuoted(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== text[start]) at += text[at] === '\\' ? 2 : 1;
  return at;
}

const CODES = new Map<number, string>([
  [0x00, 'Nothing'],
  [0x01, 'UInt8'],
  [0x02, 'UInt16'],
  [0x03, 'UInt32'],
  [0x04, 'UInt64'],
  [0x07, 'Int8'],
  [0x08, 'Int16'],
  [0x09, 'Int32'],
  [0x0a, 'Int64'],
  [0x0d, 'Float32'],
  [0x0e, 'Float64'],
  [0x15, 'String'],
  [0x2d, 'Bool'],
]);

/** The type in front of a single value. Source: ClickHouse docs, "Data types binary encoding". */
export function readType(input: Input): Type {
  const code = input.byte();
  const simple = CODES.get(code);
  if (simple !== undefined) return typeOf(simple);
  switch (code) {
    case 0x1e:
      return typeOf('Array', [readType(input)], ['']);
    case 0x1f:
      return readTuple(input, false);
    case 0x20:
      return readTuple(input, true);
    case 0x23:
      return typeOf('Nullable', [readType(input)], ['']);
    case 0x2b:
      input.byte(); // The maximum number of types.
      return typeOf('Dynamic');
    case 0x30:
      skipJsonSettings(input);
      return typeOf('JSON');
    default:
      throw new DecodeError(`type code ${code} of the store's answer is not known here`, input.at - 1);
  }
}

/** Version, maximum of paths and of types, then typed paths and paths to skip (none in a value of ours). */
function skipJsonSettings(input: Input): void {
  input.byte();
  input.varint();
  input.byte();
  const lists = [input.varint(), input.varint(), input.varint()];
  if (lists.some((length) => length !== 0))
    throw new DecodeError('single JSON values with typed paths are not known here');
}

function readTuple(input: Input, isNamed: boolean): Type {
  const names: string[] = [];
  const inner: Type[] = [];
  for (let count = input.varint(); count > 0; count--) {
    names.push(isNamed ? input.text() : '');
    inner.push(readType(input));
  }
  return typeOf('Tuple', inner, names);
}
