import { equalAt } from '#base';
import { value as anyValue, cursor, readAnyValue, readVarint32, SPAN, type SpanChunk, skipValue, textAt } from '#pdata';
import type { OttlConditions } from './ottl-conditions.ts';
import type { ValueMatcher } from './value-matchers.ts';

const RESOURCE_ATTRIBUTES = 1;
const STATUS_COUNT = 3;
const FLAG_SAMPLED = 1;
const LENGTH_CLASSES = 256;

interface AttributeCondition {
  readonly bit: number;
  readonly key: Uint8Array;
  readonly matches: ValueMatcher;
}

/**
 * The conditions of all policies that look at spans, one bit each. While spans arrive, each trace's bits collect what any of its spans
 * and resources met; a decision only reads them. Conditions on resources are checked once per resource of a chunk, those on
 * columns are table lookups, and attributes are searched in the span's bytes, only while a bit that needs them is not set.
 */
export class SpanConditions {
  #bitCount = 0;
  readonly #statusBits: number[][] = [[], [], []];
  readonly #flagBits: number[] = [];
  readonly #attributes: AttributeCondition[] = [];
  readonly #traceStates: { readonly bit: number; readonly matches: (traceState: string) => boolean }[] = [];

  readonly #ottl: { readonly bit: number; readonly failedBit: number; readonly conditions: OttlConditions }[] = [];

  /** Words per trace. Fixed by `freeze`. */
  wordCount = 0;
  /** Per status code and word. */
  #statusMasks: Int32Array = new Int32Array(0);
  #flagMask: Int32Array = new Int32Array(0);
  /** Bits that need a look into the span's bytes. */
  #byteMask: Int32Array = new Int32Array(0);
  /** Which attribute keys are worth a comparison, by the length of the key (longer ones share the last class). */
  readonly #keyLengths: Uint8Array = new Uint8Array(LENGTH_CLASSES);

  #chunk: SpanChunk | undefined = undefined;
  /** Per resource of the chunk and word. */
  #resourceBits: Int32Array = new Int32Array(16);

  /** Met by a span with one of the codes (STATUS_*). Returns the bit. */
  onStatus(codes: readonly number[]): number {
    const bit = this.#bitCount++;
    for (const code of codes) this.#statusBits[code]!.push(bit);
    return bit;
  }

  /** Met by a span with the sampled flag of W3C trace context. */
  onSampledFlag(): number {
    const bit = this.#bitCount++;
    this.#flagBits.push(bit);
    return bit;
  }

  /** Met by a resource or a span with such an attribute. */
  onAttribute(key: string, matches: ValueMatcher): number {
    const bit = this.#bitCount++;
    const bytes = new TextEncoder().encode(key);
    this.#attributes.push({ bit, key: bytes, matches });
    this.#keyLengths[Math.min(bytes.length, LENGTH_CLASSES - 1)] = 1;
    return bit;
  }

  onTraceState(matches: (traceState: string) => boolean): number {
    const bit = this.#bitCount++;
    this.#traceStates.push({ bit, matches });
    return bit;
  }

  /** Met by a span with such a property, or whose events have one. Another bit says that a condition failed before. */
  onOttl(conditions: OttlConditions): { readonly bit: number; readonly failedBit: number } {
    const bits = { bit: this.#bitCount++, failedBit: this.#bitCount++ };
    this.#ottl.push({ ...bits, conditions });
    return bits;
  }

  /** Call once all conditions are there. */
  freeze(): void {
    this.wordCount = Math.max(1, Math.ceil(this.#bitCount / 32));
    this.#statusMasks = new Int32Array(STATUS_COUNT * this.wordCount);
    this.#statusBits.forEach((bits, code) => {
      for (const bit of bits) setBit(this.#statusMasks, code * this.wordCount, bit);
    });
    this.#flagMask = new Int32Array(this.wordCount);
    for (const bit of this.#flagBits) setBit(this.#flagMask, 0, bit);
    this.#byteMask = new Int32Array(this.wordCount);
    for (const { bit } of [...this.#attributes, ...this.#traceStates]) setBit(this.#byteMask, 0, bit);
  }

  /** Looks at the resources of an unmodified chunk; `collect` for its rows may follow. */
  prepare(chunk: SpanChunk): void {
    this.#chunk = chunk;
    const { resourceStart, resourceEnd } = chunk.layout;
    const size = chunk.resourceCount * this.wordCount;
    if (this.#resourceBits.length < size) this.#resourceBits = new Int32Array(size * 2);
    this.#resourceBits.fill(0, 0, size);
    if (this.#ottl.length > 0) {
      const own = chunk.clone();
      for (const { conditions } of this.#ottl) conditions.enter(own);
    }
    if (this.#attributes.length === 0) return;
    for (let resource = 0; resource < chunk.resourceCount; resource++) {
      this.#search(
        chunk.arena,
        resourceStart[resource]!,
        resourceEnd[resource]!,
        RESOURCE_ATTRIBUTES,
        this.#resourceBits,
        resource * this.wordCount,
      );
    }
  }

  /** Adds what the span in `row` and its resource meet to `bits[at, at + wordCount)`. */
  collect(row: number, bits: Int32Array, at: number): void {
    const chunk = this.#chunk!;
    const words = this.wordCount;
    const { statusCode, flags } = chunk.columns;
    const resourceAt = chunk.resourceOf(row) * words;
    const statusAt = statusCode[row]! * words;
    const isFlagged = (flags[row]! & FLAG_SAMPLED) !== 0;
    let open = 0;
    for (let word = 0; word < words; word++) {
      let met = bits[at + word]! | this.#resourceBits[resourceAt + word]!;
      if (statusAt < this.#statusMasks.length) met |= this.#statusMasks[statusAt + word]!;
      if (isFlagged) met |= this.#flagMask[word]!;
      bits[at + word] = met;
      open |= this.#byteMask[word]! & ~met;
    }
    if (this.#ottl.length > 0) this.#askOttl(row, bits, at);
    if (open === 0) return;
    const { rowStart, rowEnd } = chunk.layout;
    this.#search(chunk.arena, rowStart[row]!, rowEnd[row]!, SPAN.attributes, bits, at);
  }

  /** As in otelcol the first span that meets a condition, or for which one fails, ends it. */
  #askOttl(row: number, bits: Int32Array, at: number): void {
    for (const { bit, failedBit, conditions } of this.#ottl) {
      if (hasBit(bits, at, bit) || hasBit(bits, at, failedBit)) continue;
      const isMet = conditions.test(row);
      if (isMet !== false) setBit(bits, at, isMet === undefined ? failedBit : bit);
    }
  }

  /** Walks the fields of a span or a resource (`field` is the number of its attributes) and sets the bits of what it meets. */
  #search(arena: Uint8Array, from: number, to: number, field: number, bits: Int32Array, bitsAt: number): void {
    const attributeTag = (field << 3) | 2;
    const keyLengths = this.#keyLengths;
    let at = from;
    while (at < to) {
      let tag = arena[at++]!;
      if (tag >= 0x80) {
        tag = readVarint32(arena, at - 1);
        at = cursor.at;
      }
      if ((tag & 7) !== 2) {
        at = skipValue(arena, at, tag & 7);
        continue;
      }
      let length = arena[at++]!;
      if (length >= 0x80) {
        length = readVarint32(arena, at - 1);
        at = cursor.at;
      }
      if (tag === attributeTag) {
        // What every SDK writes: the key first, shorter than 128 bytes. One byte tells that it is of no interest.
        const keyLength = arena[at + 1]!;
        if (arena[at] !== 0x0a || keyLength >= 0x80 || keyLengths[keyLength] !== 0) {
          this.#matchKeyValue(arena, at, at + length, bits, bitsAt);
        }
      } else if (tag === TRACE_STATE_TAG && field === SPAN.attributes && this.#traceStates.length > 0) {
        this.#matchTraceState(textAt(arena, at, length), bits, bitsAt);
      }
      at += length;
    }
  }

  /** KeyValue: key = 1, value = 2. */
  #matchKeyValue(arena: Uint8Array, from: number, to: number, bits: Int32Array, bitsAt: number): void {
    let keyAt = from;
    let keyLength = 0;
    let valueAt = to;
    let valueEnd = to;
    for (let at = from; at < to; ) {
      const tag = readVarint32(arena, at);
      const start = cursor.at;
      at = skipValue(arena, start, tag & 7);
      if (tag !== 0x0a && tag !== 0x12) continue;
      const length = readVarint32(arena, start);
      if (tag === 0x0a) {
        keyAt = cursor.at;
        keyLength = length;
      } else {
        valueAt = cursor.at;
        valueEnd = at;
      }
    }
    for (const { bit, key, matches } of this.#attributes) {
      if (key.length !== keyLength || !equalAt(arena, keyAt, key, 0, keyLength)) continue;
      readAnyValue(arena, valueAt, valueEnd);
      if (matches(arena, anyValue.type, anyValue.at, anyValue.length)) setBit(bits, bitsAt, bit);
    }
  }

  #matchTraceState(traceState: string, bits: Int32Array, bitsAt: number): void {
    for (const { bit, matches } of this.#traceStates) if (matches(traceState)) setBit(bits, bitsAt, bit);
  }
}

const TRACE_STATE_TAG = (SPAN.traceState << 3) | 2;

function setBit(bits: Int32Array, at: number, bit: number): void {
  bits[at + (bit >> 5)]! |= 1 << (bit & 31);
}

/** Whether `bit` is set in the words from `at` on. */
export function hasBit(bits: Int32Array, at: number, bit: number): boolean {
  return (bits[at + (bit >> 5)]! & (1 << (bit & 31))) !== 0;
}
