import { type AttributePicker, attributeKey, SPAN, type SpanChunk, textAt, VALUE_ABSENT, WantedKeys } from '#pdata';
import type { OttlConditions } from './ottl-conditions.ts';
import type { ValueMatcher } from './value-matchers.ts';

const RESOURCE_ATTRIBUTES = 1;
const STATUS_COUNT = 3;
const FLAG_SAMPLED = 1;

interface AttributeCondition {
  readonly bit: number;
  /** Of its key. */
  readonly slot: number;
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
  readonly #keys: WantedKeys = new WantedKeys();
  #ofResource: AttributePicker = this.#keys.picker();
  #ofSpan: AttributePicker = this.#keys.picker();

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
    this.#attributes.push({ bit, slot: this.#keys.slotOf(attributeKey(key)), matches });
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
    this.#ofResource = this.#keys.picker();
    this.#ofSpan = this.#keys.picker(this.#traceStates.length > 0 ? SPAN.traceState : 0);
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
      const picker = this.#ofResource;
      picker.readMessage(chunk.arena, resourceStart[resource]!, resourceEnd[resource]!, RESOURCE_ATTRIBUTES);
      this.#match(chunk.arena, picker, this.#resourceBits, resource * this.wordCount);
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
    const picker = this.#ofSpan;
    chunk.pickAttributes(row, picker);
    this.#match(chunk.arena, picker, bits, at);
    if (picker.fieldLength > 0)
      this.#matchTraceState(textAt(chunk.arena, picker.fieldAt, picker.fieldLength), bits, at);
  }

  /** As in otelcol the first span that meets a condition, or for which one fails, ends it. */
  #askOttl(row: number, bits: Int32Array, at: number): void {
    for (const { bit, failedBit, conditions } of this.#ottl) {
      if (hasBit(bits, at, bit) || hasBit(bits, at, failedBit)) continue;
      const isMet = conditions.test(row);
      if (isMet !== false) setBit(bits, at, isMet === undefined ? failedBit : bit);
    }
  }

  /** Sets the bits of what was picked. */
  #match(arena: Uint8Array, { type, at, length }: AttributePicker, bits: Int32Array, bitsAt: number): void {
    for (let i = 0; i < this.#attributes.length; i++) {
      const { bit, slot, matches } = this.#attributes[i]!;
      if (type[slot] !== VALUE_ABSENT && matches(arena, type[slot]!, at[slot]!, length[slot]!))
        setBit(bits, bitsAt, bit);
    }
  }

  #matchTraceState(traceState: string, bits: Int32Array, bitsAt: number): void {
    for (const { bit, matches } of this.#traceStates) if (matches(traceState)) setBit(bits, bitsAt, bit);
  }
}

function setBit(bits: Int32Array, at: number, bit: number): void {
  bits[at + (bit >> 5)]! |= 1 << (bit & 31);
}

/** Whether `bit` is set in the words from `at` on. */
export function hasBit(bits: Int32Array, at: number, bit: number): boolean {
  return (bits[at + (bit >> 5)]! & (1 << (bit & 31))) !== 0;
}
