import type { TypedPath } from '../schema/index.ts';
import { canonicalJson } from './canonical.ts';

/** Reads ClickHouse's RowBinary value by value, for tests. Source: ClickHouse docs, RowBinary and "Data types binary encoding". */
export class RowBinaryReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isDone(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#at++]!;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  bytes(length: number): Buffer {
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return this.bytes(this.varint()).toString('utf8');
  }

  uint32(): number {
    return this.bytes(4).readUInt32LE();
  }

  uint64(): string {
    return this.bytes(8).readBigUInt64LE().toString();
  }

  int64(): string {
    return this.bytes(8).readBigInt64LE().toString();
  }

  double(): string {
    const value = this.bytes(8).readDoubleLE();
    return Object.is(value, -0) ? 'd:-0' : `d:${value}`;
  }

  list<T>(item: () => T): T[] {
    return Array.from({ length: this.varint() }, item);
  }

  /**
   * The attributes of a JSON column's cell as `key=value`, sorted; a key with several values gives several entries. `typed` are the paths with
   * types of their own.
   */
  attributes(typed: readonly TypedPath[] = []): string[] {
    const types = new Map(typed.map(({ path, type }) => [path, type]));
    const entries: string[] = [];
    const count = this.varint();
    for (let i = 0; i < count; i++) {
      const key = this.text();
      const type = types.get(key);
      for (const value of type === undefined ? this.#dynamic() : this.#nullable(type)) entries.push(`${key}=${value}`);
    }
    return entries.sort();
  }

  #nullable(type: TypedPath['type']): string[] {
    if (this.byte() === 1) return [];
    if (type === 'Word' || type === 'String') return [`s:${this.text()}`];
    if (type === 'Float64') return [this.double()];
    return [type === 'Bool' ? `b:${this.byte() === 1}` : `i:${this.int64()}`];
  }

  #dynamic(): string[] {
    const code = this.byte();
    if (code !== 0x1e) return [this.#scalar(code)];
    const element = this.byte();
    if (element === 0x01) return [`y:${this.bytes(this.varint()).toString('base64')}`];
    if (element !== 0x20) return [`[${this.list(() => this.#scalar(element)).join(',')}]`];
    const head = this.bytes(7).toString('latin1');
    if (head !== '\x01\x04json\x15') throw new Error(`unexpected tuple ${JSON.stringify(head)}`);
    return this.list(() => canonicalJson(this.text()));
  }

  #scalar(code: number): string {
    if (code === 0x0a) return `i:${this.int64()}`;
    if (code === 0x0e) return this.double();
    if (code === 0x15) return `s:${this.text()}`;
    if (code === 0x2d) return `b:${this.byte() === 1}`;
    throw new Error(`unexpected type code ${code}`);
  }
}
