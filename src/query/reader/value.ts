/**
 * Attribute values as the store holds them, with the types that OTLP has. In JSON columns a value has a ClickHouse type
 * of its own; everywhere else (events, links, scopes, log bodies, nested values) it is JSON text. The writer's side of
 * both is src/store/native/value-kinds.ts and value-json.ts; columns are read in native/.
 */
import { messageOf } from '#base';

export type StoredValue =
  | { readonly type: 'string'; readonly value: string }
  /** A bigint beyond 2^53. */
  | { readonly type: 'int'; readonly value: number | bigint }
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly type: 'array'; readonly value: readonly StoredValue[] }
  | { readonly type: 'map'; readonly value: readonly StoredAttribute[] }
  | { readonly type: 'empty'; readonly value: null };

export interface StoredAttribute {
  readonly key: string;
  readonly value: StoredValue;
}

/** A value as the console's JSON has it. */
export type PlainValue = string | number | boolean | null | PlainValue[] | { [key: string]: PlainValue };

const EMPTY: StoredValue = { type: 'empty', value: null };

/** Reads the JSON text of one value. Text that is no JSON stays text, so a reader never fails on a row. */
export function parseValueText(text: string): StoredValue {
  try {
    return JSON.parse(text, reviveValue) as StoredValue;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw new Error(`bug: reading a value: ${messageOf(error)}`, { cause: error });
    return { type: 'string', value: text };
  }
}

/** Reads the JSON text of a set of attributes; an empty text is none. */
export function parseAttributesText(text: string): readonly StoredAttribute[] {
  if (text === '' || text === '{}') return [];
  const value = parseValueText(text);
  return value.type === 'map' ? value.value : [];
}

/** Works from the leaves up, so the items of arrays and maps are StoredValues already. */
function reviveValue(_key: string, item: unknown, context?: { readonly source?: string }): StoredValue {
  if (typeof item === 'string') return { type: 'string', value: item };
  if (typeof item === 'boolean') return { type: 'bool', value: item };
  if (typeof item === 'number') return reviveNumber(item, context?.source ?? String(item));
  if (item === null) return EMPTY;
  if (Array.isArray(item)) return { type: 'array', value: item as StoredValue[] };
  return reviveMap(Object.entries(item as { [key: string]: StoredValue }));
}

/** Doubles always have a point or an exponent. */
function reviveNumber(value: number, source: string): StoredValue {
  if (/[.eE]/.test(source)) return { type: 'double', value };
  return { type: 'int', value: Number.isSafeInteger(value) ? value : BigInt(source) };
}

function reviveMap(entries: readonly (readonly [string, StoredValue])[]): StoredValue {
  const [key, content] = entries[0] ?? ['', EMPTY];
  if (entries.length === 1 && content.type === 'string') {
    if (key === '$bytes') return { type: 'bytes', value: Buffer.from(content.value, 'base64') };
    if (key === '$double') return { type: 'double', value: Number(content.value) };
    if (key === '$utf8') return { type: 'string', value: Buffer.from(content.value, 'base64').toString('utf8') };
  }
  return { type: 'map', value: entries.map(([name, value]) => ({ key: reviveKey(name), value })) };
}

function reviveKey(name: string): string {
  if (name.startsWith('$utf8:')) return Buffer.from(name.slice(6), 'base64').toString('utf8');
  return name.startsWith('$') ? name.slice(1) : name;
}

/** For people: whole numbers beyond 2^53 and doubles that JSON lacks become text, bytes become base64. */
export function plainValue(value: StoredValue): PlainValue {
  switch (value.type) {
    case 'int':
      return typeof value.value === 'bigint' ? String(value.value) : value.value;
    case 'double':
      return Number.isFinite(value.value) ? value.value : String(value.value);
    case 'bytes':
      return base64(value.value);
    case 'array':
      return value.value.map(plainValue);
    case 'map':
      return plainAttributes(value.value);
    default:
      return value.value;
  }
}

/** Where a key occurs more than once, its values become an array. */
export function plainAttributes(attributes: readonly StoredAttribute[]): { [key: string]: PlainValue } {
  const plain: { [key: string]: PlainValue } = {};
  const repeated = new Set<string>();
  for (const { key, value } of attributes) {
    const item = plainValue(value);
    if (!Object.hasOwn(plain, key)) define(plain, key, item);
    else if (repeated.has(key)) (plain[key] as PlainValue[]).push(item);
    else {
      define(plain, key, [plain[key]!, item]);
      repeated.add(key);
    }
  }
  return plain;
}

/** `__proto__` is a key like any other. */
function define(target: { [key: string]: PlainValue }, key: string, value: PlainValue): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
