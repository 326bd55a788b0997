import { DecodeError } from '#base';
import type { Chunk, ChunkLayout } from '#pdata';
import { checkAttributeHolder, contentEnd, expectType, nextOffset, skipUnknown, varint } from './check.ts';
import { HeadCollector } from './heads.ts';

/** What a decoder found in a body. */
export interface Decoded<T extends Chunk = Chunk> {
  readonly chunk: T;
  /** Items that can't be accepted, for a partial success; the rest is in `chunk`. */
  readonly rejectedCount: number;
  /** Why the first of them was rejected; '' where none was. */
  readonly rejectedReason: string;
}

/** The decoder of one signal's items, called by `readEnvelope` for each item message in order. */
export interface ItemReader {
  /** Reads the item, or for metrics the Metric with its points, in `bytes[at, end)`. `scope` is its scope's index. */
  readItem(bytes: Uint8Array, at: number, end: number, scope: number): void;
}

/** The parts of a ChunkLayout that are above the items. */
export type Envelope = Pick<
  ChunkLayout,
  'scopeResource' | 'scopeStart' | 'scopeEnd' | 'scopeHead' | 'resourceStart' | 'resourceEnd' | 'resourceHead'
>;

/** OTLP bodies beyond this are refused before decoding: offsets are 32 bits. */
const BODY_LIMIT_BYTES = 0x7fff_ffff;

/**
 * Walks an Export{Trace,Metrics,Logs}ServiceRequest: resources, scopes, items. The three signals have the same field numbers here:
 *   request { resource_x = 1 { resource = 1, scope_x = 2 { scope = 1, items = 2, schema_url = 3 }, schema_url = 3 } }
 * Throws a DecodeError where the bytes are not such a message.
 */
export function readEnvelope(bytes: Uint8Array, end: number, reader: ItemReader): Envelope {
  if (end > BODY_LIMIT_BYTES) throw new DecodeError(`body of ${end} bytes is too large`);
  const walk = new EnvelopeWalk(reader);
  let at = 0;
  while (at < end) {
    const tag = varint(bytes, at, end);
    at = nextOffset();
    if (tag >>> 3 === 1) {
      expectType(tag, 2, at);
      const to = contentEnd(bytes, at, end);
      walk.readResource(bytes, nextOffset(), to);
      at = to;
    } else at = skipUnknown(bytes, at, end, tag);
  }
  return walk.finish();
}

class EnvelopeWalk {
  readonly #reader: ItemReader;
  readonly #scopeResource: number[] = [];
  readonly #scopeStart: number[] = [];
  readonly #scopeEnd: number[] = [];
  readonly #resourceStart: number[] = [];
  readonly #resourceEnd: number[] = [];
  readonly #scopeHead = new HeadCollector();
  readonly #resourceHead = new HeadCollector();

  constructor(reader: ItemReader) {
    this.#reader = reader;
  }

  readResource(bytes: Uint8Array, at: number, end: number): void {
    const resource = this.#resourceHead.open();
    this.#resourceStart.push(0);
    this.#resourceEnd.push(0);
    while (at < end) {
      const fieldStart = at;
      const tag = varint(bytes, at, end);
      at = nextOffset();
      if (tag >>> 3 === 2) {
        expectType(tag, 2, at);
        const to = contentEnd(bytes, at, end);
        this.#readScope(bytes, nextOffset(), to, resource);
        at = to;
      } else if (tag >>> 3 === 1) {
        expectType(tag, 2, at);
        const to = contentEnd(bytes, at, end);
        this.#resourceStart[resource] = nextOffset();
        this.#resourceEnd[resource] = to;
        checkAttributeHolder(bytes, nextOffset(), to, 1);
        at = to;
      } else {
        at = skipUnknown(bytes, at, end, tag);
        this.#resourceHead.add(fieldStart, at);
      }
    }
  }

  #readScope(bytes: Uint8Array, at: number, end: number, resource: number): void {
    const scope = this.#scopeHead.open();
    this.#scopeResource.push(resource);
    this.#scopeStart.push(0);
    this.#scopeEnd.push(0);
    while (at < end) {
      const fieldStart = at;
      const tag = varint(bytes, at, end);
      at = nextOffset();
      if (tag === 0x12) {
        const to = contentEnd(bytes, at, end);
        this.#reader.readItem(bytes, nextOffset(), to, scope);
        at = to;
      } else if (tag >>> 3 === 1) {
        expectType(tag, 2, at);
        const to = contentEnd(bytes, at, end);
        this.#scopeStart[scope] = nextOffset();
        this.#scopeEnd[scope] = to;
        checkAttributeHolder(bytes, nextOffset(), to, 3);
        at = to;
      } else {
        if (tag >>> 3 === 2) expectType(tag, 2, at);
        at = skipUnknown(bytes, at, end, tag);
        this.#scopeHead.add(fieldStart, at);
      }
    }
  }

  finish(): Envelope {
    return {
      scopeResource: Uint32Array.from(this.#scopeResource),
      scopeStart: Uint32Array.from(this.#scopeStart),
      scopeEnd: Uint32Array.from(this.#scopeEnd),
      scopeHead: this.#scopeHead.finish(),
      resourceStart: Uint32Array.from(this.#resourceStart),
      resourceEnd: Uint32Array.from(this.#resourceEnd),
      resourceHead: this.#resourceHead.finish(),
    };
  }
}
