import { latin1Text } from '#pdata';
import { decodeHuffman } from './huffman.ts';
import { HTTP2_ERROR, Http2Error } from './protocol.ts';
import { STATIC_FIELDS } from './static-fields.ts';

/** Takes header fields as they are decoded. */
export interface FieldSink {
  add(name: string, value: string): void;
}

/** What a peer may have us remember, until settings say something else, which ours don't. */
const TABLE_LIMIT_BYTES = 4096;
/** RFC 7541 §4.1: what a field counts beside its texts. */
export const FIELD_COST_BYTES = 32;
const STATIC_COUNT = STATIC_FIELDS.length;

/** The fields that a peer has sent before and names by number, the newest first. */
class DynamicTable {
  readonly #names: string[] = [];
  readonly #values: string[] = [];
  #bytes = 0;
  #limitBytes = TABLE_LIMIT_BYTES;

  /** Counts from 0. */
  name(index: number): string | undefined {
    return this.#names[this.#names.length - 1 - index];
  }

  value(index: number): string | undefined {
    return this.#values[this.#values.length - 1 - index];
  }

  resize(limitBytes: number): void {
    if (limitBytes > TABLE_LIMIT_BYTES) throw broken('a table larger than it may be');
    this.#limitBytes = limitBytes;
    this.#evict();
  }

  /** A field that is larger than the table empties it. */
  add(name: string, value: string): void {
    this.#names.push(name);
    this.#values.push(value);
    this.#bytes += name.length + value.length + FIELD_COST_BYTES;
    this.#evict();
  }

  #evict(): void {
    let count = 0;
    while (this.#bytes > this.#limitBytes) {
      this.#bytes -= this.#names[count]!.length + this.#values[count]!.length + FIELD_COST_BYTES;
      count++;
    }
    if (count === 0) return;
    this.#names.splice(0, count);
    this.#values.splice(0, count);
  }
}

/** Decodes blocks of header fields (HPACK, RFC 7541), in the order in which they come on a connection. */
export class HeaderDecoder {
  readonly #table = new DynamicTable();
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  #text = new Uint8Array(256);

  /** Hands the fields of the block in bytes[from, to) to `sink`. Throws an Http2Error where it is broken: the connection is lost then. */
  decode(bytes: Uint8Array, from: number, to: number, sink: FieldSink): void {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
    let mayResize = true;
    while (this.#at < to) {
      const first = bytes[this.#at]!;
      if ((first & 0xe0) === 0x20) {
        if (!mayResize) throw broken('a table that is resized within a block');
        this.#table.resize(this.#integer(0x1f));
        continue;
      }
      mayResize = false;
      if (first >= 0x80) this.#indexed(sink);
      else if (first >= 0x40) this.#literal(0x3f, true, sink);
      else this.#literal(0x0f, false, sink);
    }
  }

  #indexed(sink: FieldSink): void {
    const index = this.#integer(0x7f);
    const name = this.#nameAt(index);
    const value = index <= STATIC_COUNT ? STATIC_FIELDS[index - 1]![1] : this.#table.value(index - 1 - STATIC_COUNT)!;
    sink.add(name, value);
  }

  #literal(mask: number, isKept: boolean, sink: FieldSink): void {
    const index = this.#integer(mask);
    const name = index === 0 ? this.#string() : this.#nameAt(index);
    const value = this.#string();
    if (isKept) this.#table.add(name, value);
    sink.add(name, value);
  }

  #nameAt(index: number): string {
    const name =
      index >= 1 && index <= STATIC_COUNT ? STATIC_FIELDS[index - 1]![0] : this.#table.name(index - 1 - STATIC_COUNT);
    if (name === undefined) throw broken(`a field that was never sent: ${index}`);
    return name;
  }

  /** RFC 7541 §5.1, in the bits of `mask` and the bytes behind. */
  #integer(mask: number): number {
    let value = this.#byte() & mask;
    if (value < mask) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte();
      if (shift > 21) throw broken('a number that is too large');
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  #string(): string {
    const isHuffman = (this.#bytes[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(0x7f);
    const from = this.#at;
    const to = from + length;
    if (to > this.#end) throw broken('a text that is cut off');
    this.#at = to;
    if (!isHuffman) return latin1Text(this.#bytes, from, to);
    // The shortest codes have five bits.
    const room = Math.ceil((length * 8) / 5);
    if (this.#text.length < room) this.#text = new Uint8Array(room);
    return latin1Text(this.#text, 0, decodeHuffman(this.#bytes, from, to, this.#text));
  }

  #byte(): number {
    if (this.#at >= this.#end) throw broken('a block that is cut off');
    return this.#bytes[this.#at++]!;
  }
}

function broken(what: string): Http2Error {
  return new Http2Error(HTTP2_ERROR.compression, `headers: ${what}`);
}
