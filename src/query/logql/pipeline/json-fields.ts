/** JSON lines as labels: keys joined by `_`, values as they are written. */
import { writtenAt } from './json-members.ts';

/** A number as it stands in the line: `1.50` stays so. */
class WrittenNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Numbers that JavaScript would write in another way. */
const ODD_NUMBER = /\d{16}|\.\d*0(?!\d)|\d[eE]|-0(?![.\d])|\d\.\d{15}/;

function keepWritten(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? new WrittenNumber(context?.source ?? String(value)) : value;
}

/** The object of a line; throws an Error for what is none. */
export function parseJsonLine(line: string): object {
  const value: unknown = ODD_NUMBER.test(line) ? JSON.parse(line, keepWritten) : JSON.parse(line);
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof WrittenNumber)
    throw new Error('the line is no JSON object');
  return value;
}

/** A key as the name of a label: other signs become `_`, and a digit has one in front. */
export function labelName(key: string): string {
  const name = key.replace(/[^a-zA-Z0-9_]/g, '_');
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

/** The name of what stands under keys. */
export function fieldName(keys: readonly string[]): string {
  return keys.reduce((prefix, key) => nameUnder(prefix, key), '');
}

function nameUnder(prefix: string, key: string): string {
  return prefix === '' ? labelName(key) : `${prefix}_${key.replace(/[^a-zA-Z0-9_]/g, '_')}`;
}

/** Calls `take` for each value that is no list and not null, with its keys joined. */
export function eachJsonField(value: object, take: (name: string, text: string) => void, prefix = ''): void {
  for (const [key, field] of Object.entries(value)) {
    if (key === '') continue;
    const name = nameUnder(prefix, key);
    if (typeof field === 'object' && field !== null && !(field instanceof WrittenNumber)) {
      if (!Array.isArray(field)) eachJsonField(field as object, take, name);
    } else if (field !== null) take(name, scalarText(field));
  }
}

function scalarText(value: unknown): string {
  return value instanceof WrittenNumber ? value.text : String(value);
}

/** The text of what stands at a path of a line, which is `object`: of a list or an object as it is written, '' for null and for nothing. */
export function textAtPath(line: string, object: object, path: JsonPath): string {
  const value = atJsonPath(object, path);
  if (value === undefined || value === null) return '';
  const isNested = typeof value === 'object' && !(value instanceof WrittenNumber);
  return isNested ? (writtenAt(line, path) ?? '') : scalarText(value);
}

/** Keys and places of `servers[0].name`, `["a b"].c`. */
type JsonPath = readonly (string | number)[];

/** Throws an Error for what is no path. */
export function readJsonPath(text: string): JsonPath {
  const path: (string | number)[] = [];
  let end = 0;
  for (const match of text.matchAll(/\.?([a-zA-Z_][a-zA-Z0-9_-]*)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/gy)) {
    const [piece, field, index, quoted] = match;
    if (piece.startsWith('.') && path.length === 0) break;
    if (field !== undefined && path.length > 0 && !piece.startsWith('.')) break;
    end += piece.length;
    path.push(field ?? (index === undefined ? (JSON.parse(`"${quoted}"`) as string) : Number(index)));
  }
  if (end !== text.length || path.length === 0) throw new Error(`cannot parse expression: ${JSON.stringify(text)}`);
  return path;
}

/** What stands at a path; undefined where nothing does. */
function atJsonPath(value: unknown, path: JsonPath): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    if (typeof step === 'number' ? !Array.isArray(at) : Array.isArray(at) || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}
