import type { ReferenceObject } from '../../wire/testing/otlp-reference.ts';

/**
 * Values of attributes as texts that can be compared: from the reference decoder on one side, from the store on the other. Keys and
 * strings are taken as UTF-8 text.
 *
 *   s:text  i:5  d:5 (NaN, -0 …)  b:true  y:base64  e  [a,b]  {key=a,key=b}
 */

export function canonicalReference(value: ReferenceObject | undefined): string {
  if (value === undefined) return 'e';
  if ('stringValue' in value) return `s:${value.stringValue}`;
  if ('boolValue' in value) return `b:${value.boolValue}`;
  if ('intValue' in value) return `i:${value.intValue}`;
  if ('doubleValue' in value) return doubleText(value.doubleValue as number);
  if ('bytesValue' in value) return `y:${Buffer.from(value.bytesValue as Uint8Array).toString('base64')}`;
  if ('arrayValue' in value) {
    const { values = [] } = value.arrayValue as { values?: ReferenceObject[] };
    return `[${values.map(canonicalReference).join(',')}]`;
  }
  if ('kvlistValue' in value) {
    return `{${canonicalPairs((value.kvlistValue as { values?: Pair[] }).values).join(',')}}`;
  }
  return 'e';
}

interface Pair {
  readonly key?: string;
  readonly value?: ReferenceObject;
}

/** `key=value` of each attribute, in order. */
export function canonicalPairs(pairs: unknown): string[] {
  return ((pairs as Pair[] | undefined) ?? []).map(({ key = '', value }) => `${key}=${canonicalReference(value)}`);
}

function doubleText(value: number): string {
  return Object.is(value, -0) ? 'd:-0' : `d:${value}`;
}

/** What value-json.ts wrote, read by a parser that keeps doubled keys and tells ints from doubles. */
export function canonicalJson(text: string): string {
  const reader = new JsonReader(text);
  const value = reader.value();
  reader.end();
  return value;
}

/** `key=value` of each member of the object in `text`, in order; none for an empty text. */
export function canonicalJsonPairs(text: string): string[] {
  return text === '' ? [] : new JsonReader(text).members();
}

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  end(): void {
    if (this.#at !== this.#text.length) throw new Error(`text behind the value: ${this.#text.slice(this.#at)}`);
  }

  value(): string {
    const char = this.#text[this.#at]!;
    if (char === '"') return `s:${this.#string()}`;
    if (char === '[') {
      const items: string[] = [];
      this.#list(']', () => items.push(this.value()));
      return `[${items.join(',')}]`;
    }
    if (char === '{') return this.#object();
    const word = /^(?:true|false|null|-?[\d.e+-]+)/.exec(this.#text.slice(this.#at))![0];
    this.#at += word.length;
    if (word === 'null') return 'e';
    if (word === 'true' || word === 'false') return `b:${word}`;
    return /[.e]/.test(word) ? doubleText(Number(word)) : `i:${word}`;
  }

  members(): string[] {
    const members: string[] = [];
    this.#list('}', () => {
      const key = this.#string();
      this.#expect(':');
      members.push(`${unescapeKey(key)}=${this.value()}`);
    });
    return members;
  }

  #object(): string {
    const special = /^\{"\$(bytes|double|utf8)":"([^"]*)"\}/.exec(this.#text.slice(this.#at));
    if (special === null) return `{${this.members().join(',')}}`;
    this.#at += special[0].length;
    if (special[1] === 'bytes') return `y:${special[2]}`;
    if (special[1] === 'double') return `d:${special[2]}`;
    return `s:${Buffer.from(special[2]!, 'base64').toString('utf8')}`;
  }

  #list(close: string, item: () => void): void {
    this.#at++;
    while (this.#text[this.#at] !== close) {
      item();
      if (this.#text[this.#at] === ',') this.#at++;
    }
    this.#at++;
  }

  #string(): string {
    const match = /^"(?:[^"\\]|\\.)*"/.exec(this.#text.slice(this.#at))![0];
    this.#at += match.length;
    return JSON.parse(match) as string;
  }

  #expect(char: string): void {
    if (this.#text[this.#at++] !== char) throw new Error(`expected ${char} at ${this.#at}`);
  }
}

function unescapeKey(key: string): string {
  if (key.startsWith('$utf8:')) return Buffer.from(key.slice(6), 'base64').toString('utf8');
  return key.startsWith('$') ? key.slice(1) : key;
}
