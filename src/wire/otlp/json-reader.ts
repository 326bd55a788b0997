import { DecodeError, excerpt } from '#base';
import { textAt } from '#pdata';

/** How deep JSON may nest where it is skipped; Go's jsoniter has the same limit. */
const DEPTH_LIMIT = 10_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What JSON calls a number. */
export const JSON_NUMBER: RegExp = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/;

/**
 * Reads JSON token by token from UTF-8 bytes, so that numbers keep all their digits, unknown parts are skipped without being built, and
 * depth is limited. RFC 8259, as Go's jsoniter reads it for the collector. Throws a DecodeError with the byte offset.
 */
export class JsonReader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next byte that is not white space, without taking it; -1 at the end. */
  peek(): number {
    const bytes = this.#bytes;
    while (this.at < bytes.length) {
      const byte = bytes[this.at]!;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.at++;
    }
    return -1;
  }

  expect(byte: number, what: string): void {
    if (this.peek() !== byte) throw this.error(`expected ${what}`);
    this.at++;
  }

  /** Calls `onField` with each key of the object; it must take the value. `null` counts as an empty object. */
  readObject(onField: (key: string) => void): void {
    if (this.skipNull()) return;
    this.expect(0x7b, 'an object');
    if (this.peek() === 0x7d) {
      this.at++;
      return;
    }
    for (;;) {
      if (this.peek() !== QUOTE) throw this.error('expected a key');
      const key = this.readString();
      this.expect(0x3a, '":"');
      onField(key);
      const byte = this.peek();
      this.at++;
      if (byte === 0x7d) return;
      if (byte !== 0x2c) throw this.error('expected "," or "}"', this.at - 1);
    }
  }

  /** Calls `onItem` for each item of the array; it must take the item. `null` counts as an empty array. */
  readArray(onItem: () => void): void {
    if (this.skipNull()) return;
    this.expect(0x5b, 'an array');
    if (this.peek() === 0x5d) {
      this.at++;
      return;
    }
    for (;;) {
      onItem();
      const byte = this.peek();
      this.at++;
      if (byte === 0x5d) return;
      if (byte !== 0x2c) throw this.error('expected "," or "]"', this.at - 1);
    }
  }

  /** Takes `null` if it comes next. */
  skipNull(): boolean {
    if (this.peek() !== 0x6e) return false;
    this.#word('null');
    return true;
  }

  readBoolean(): boolean {
    const byte = this.peek();
    if (byte === 0x74) {
      this.#word('true');
      return true;
    }
    if (byte !== 0x66) throw this.error('expected true or false');
    this.#word('false');
    return false;
  }

  /** The text of a number, or the content of a string: OTLP allows both for numbers. */
  readNumberText(): string {
    if (this.peek() === QUOTE) return this.readString();
    const start = this.at;
    const bytes = this.#bytes;
    while (this.at < bytes.length && isNumberByte(bytes[this.at]!)) this.at++;
    if (this.at === start) throw this.error('expected a number');
    return textAt(bytes, start, this.at - start);
  }

  readString(): string {
    if (this.peek() !== QUOTE) throw this.error('expected a string');
    const bytes = this.#bytes;
    const start = ++this.at;
    while (this.at < bytes.length) {
      const byte = bytes[this.at]!;
      if (byte === QUOTE) return textAt(bytes, start, this.at++ - start);
      if (byte === BACKSLASH) return this.#readEscaped(start);
      if (byte < 0x20) throw this.error('control character in a string');
      this.at++;
    }
    throw this.error('string is cut off');
  }

  /** A string with escapes: found by its end, then left to JSON.parse. */
  #readEscaped(start: number): string {
    const bytes = this.#bytes;
    while (this.at < bytes.length && bytes[this.at] !== QUOTE) this.at += bytes[this.at] === BACKSLASH ? 2 : 1;
    if (this.at >= bytes.length) throw this.error('string is cut off');
    const text = textAt(bytes, start - 1, this.at + 2 - start);
    this.at++;
    try {
      return JSON.parse(text) as string;
    } catch (cause) {
      throw new DecodeError(`invalid string ${excerpt(text)}`, start, { cause });
    }
  }

  /** Skips any value. Values nested too deep to be taken are skipped as well, so without recursion. */
  skipValue(): void {
    // What is open: '}' or ']' each, innermost last.
    const open: number[] = [];
    for (;;) {
      const byte = this.peek();
      if (byte === 0x7b || byte === 0x5b) {
        this.at++;
        if (open.push(byte + 2) > DEPTH_LIMIT) throw this.error(`nested deeper than ${DEPTH_LIMIT} levels`);
        if (this.peek() === byte + 2) this.#close(open);
        else {
          if (byte === 0x7b) this.#skipKey();
          continue;
        }
      } else if (byte === QUOTE) this.readString();
      else if (byte === 0x74 || byte === 0x66) this.readBoolean();
      else if (byte === 0x6e) this.#word('null');
      else this.#skipNumber();
      if (!this.#goOn(open)) return;
    }
  }

  /** Takes what closes containers behind a value, and the comma and key in front of the next. Returns false where nothing is open any more. */
  #goOn(open: number[]): boolean {
    while (open.length > 0) {
      const closing = open.at(-1)!;
      const byte = this.peek();
      if (byte === closing) this.#close(open);
      else if (byte === 0x2c) {
        this.at++;
        if (closing === 0x7d) this.#skipKey();
        return true;
      } else throw this.error(`expected "," or "${String.fromCharCode(closing)}"`);
    }
    return false;
  }

  #close(open: number[]): void {
    this.at++;
    open.pop();
  }

  /** What is skipped may be of a wrong type, but it must be JSON: `00` is no number. */
  #skipNumber(): void {
    const { at } = this;
    const text = this.readNumberText();
    if (!JSON_NUMBER.test(text)) throw this.error(`expected a number, got ${excerpt(text)}`, at);
  }

  #skipKey(): void {
    if (this.peek() !== QUOTE) throw this.error('expected a key');
    this.readString();
    this.expect(0x3a, '":"');
  }

  /** Throws unless only white space is left. */
  end(): void {
    if (this.peek() >= 0) throw this.error('unexpected text after the end');
  }

  error(message: string, at: number = this.at): DecodeError {
    return new DecodeError(`invalid JSON at byte ${at}: ${message}`, at);
  }

  #word(word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.#bytes[this.at + i] !== word.charCodeAt(i)) throw this.error(`expected ${word}`);
    }
    this.at += word.length;
  }
}

function isNumberByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2b || byte === 0x2e || byte === 0x65 || byte === 0x45
  );
}
