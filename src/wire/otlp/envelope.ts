import { DecodeError } from '#base';
import type { Chunk, ChunkLayout } from '#pdata';
import { checkAttributeHolder, contentEnd, expectType, nextOffset, skipUnknown, varint } from './check.ts';
import { HeadCollector } from './heads.ts';
import type { Rejections } from './rejections.ts';

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
  readonly rejections: Rejections;
  /** How many items, or points of metrics, it has accepted. */
  readonly rowCount: number;
  /** Takes back all but the first `rowCount` rows, which are lost because of `error`; they count as `atLeast` or more. */
  reject(rowCount: number, error: DecodeError, atLeast: number): void;
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
 * An item that can't be read is rejected alone, a resource or scope with its items. Throws a DecodeError where the bytes are not such a
 * message, where all of its items are damaged, and where it holds none but fields of something else: traces sent as logs, say.
 */
export function readEnvelope(bytes: Uint8Array, end: number, reader: ItemReader): Envelope {
  if (end > BODY_LIMIT_BYTES) throw new DecodeError(`body of ${end} bytes is too large`);
  const walk = new EnvelopeWalk(reader);
  let strange = 0;
  let hasResources = false;
  let at = 0;
  while (at < end) {
    const tag = varint(bytes, at, end);
    at = nextOffset();
    if (tag >>> 3 === 1) {
      expectType(tag, 2, at);
      const to = contentEnd(bytes, at, end);
      walk.readResource(bytes, nextOffset(), to);
      at = to;
      hasResources = true;
    } else {
      at = skipUnknown(bytes, at, end, tag);
      strange = tag >>> 3;
    }
  }
  if (!hasResources && strange !== 0) walk.strangeField ??= strange;
  walk.checkUnderstood();
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
  /** A field that no version of OTLP has, in a message that lacks the list which holds the items. */
  strangeField: number | undefined;

  constructor(reader: ItemReader) {
    this.#reader = reader;
  }

  /** Throws where nothing of the body could be used, so that its sender learns it. */
  checkUnderstood(): void {
    const { rowCount, rejections } = this.#reader;
    if (rowCount > 0) return;
    if (rejections.damage !== undefined) throw rejections.damage;
    if (rejections.count > 0 || this.strangeField === undefined) return;
    throw new DecodeError(
      `nothing in it belongs to such a request: it holds field ${this.strangeField} where the list of its items is missing`,
    );
  }

  readResource(bytes: Uint8Array, at: number, end: number): void {
    const resource = this.#resourceHead.open();
    const rowsBefore = this.#reader.rowCount;
    let mistake: DecodeError | undefined;
    let hasScopes = false;
    let strange = 0;
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
        hasScopes = true;
      } else if (tag >>> 3 === 1) {
        expectType(tag, 2, at);
        const to = contentEnd(bytes, at, end);
        const from = nextOffset();
        mistake = mistakeIn(bytes, from, to, 1) ?? mistake;
        if (mistake === undefined) {
          this.#resourceStart[resource] = from;
          this.#resourceEnd[resource] = to;
        }
        at = to;
      } else {
        at = skipUnknown(bytes, at, end, tag);
        this.#resourceHead.add(fieldStart, at);
        if (tag >>> 3 !== SCHEMA_URL) strange = tag >>> 3;
      }
    }
    if (!hasScopes && strange !== 0) this.strangeField ??= strange;
    if (mistake !== undefined) this.#forget(this.#resourceStart, this.#resourceEnd, resource, rowsBefore, mistake);
  }

  /** A resource or scope that can't be read: nothing may read it later, and its items can't be told from those of others. */
  #forget(starts: number[], ends: number[], index: number, rowsBefore: number, mistake: DecodeError): void {
    starts[index] = 0;
    ends[index] = 0;
    this.#reader.reject(rowsBefore, mistake, 0);
  }

  #readItem(bytes: Uint8Array, at: number, end: number, scope: number): void {
    const rowsBefore = this.#reader.rowCount;
    try {
      this.#reader.readItem(bytes, at, end, scope);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#reader.reject(rowsBefore, error, 1);
    }
  }

  #readScope(bytes: Uint8Array, at: number, end: number, resource: number): void {
    const scope = this.#scopeHead.open();
    const rowsBefore = this.#reader.rowCount;
    let mistake: DecodeError | undefined;
    let hasItems = false;
    let strange = 0;
    this.#scopeResource.push(resource);
    this.#scopeStart.push(0);
    this.#scopeEnd.push(0);
    while (at < end) {
      const fieldStart = at;
      const tag = varint(bytes, at, end);
      at = nextOffset();
      if (tag === 0x12) {
        const to = contentEnd(bytes, at, end);
        this.#readItem(bytes, nextOffset(), to, scope);
        at = to;
        hasItems = true;
      } else if (tag >>> 3 === 1) {
        expectType(tag, 2, at);
        const to = contentEnd(bytes, at, end);
        const from = nextOffset();
        mistake = mistakeIn(bytes, from, to, 3) ?? mistake;
        if (mistake === undefined) {
          this.#scopeStart[scope] = from;
          this.#scopeEnd[scope] = to;
        }
        at = to;
      } else {
        if (tag >>> 3 === 2) expectType(tag, 2, at);
        at = skipUnknown(bytes, at, end, tag);
        this.#scopeHead.add(fieldStart, at);
        if (tag >>> 3 !== SCHEMA_URL) strange = tag >>> 3;
      }
    }
    if (!hasItems && strange !== 0) this.strangeField ??= strange;
    if (mistake !== undefined) this.#forget(this.#scopeStart, this.#scopeEnd, scope, rowsBefore, mistake);
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

/** The number of schema_url in both of the messages above the items. */
const SCHEMA_URL = 3;

/** What is wrong inside of a Resource or InstrumentationScope; undefined for nothing. */
function mistakeIn(bytes: Uint8Array, at: number, end: number, attributesField: number): DecodeError | undefined {
  try {
    checkAttributeHolder(bytes, at, end, attributesField);
    return undefined;
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}
