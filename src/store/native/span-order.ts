import type { Chunk, SpanChunk } from '#pdata';
import { SPAN_BUCKET_SECONDS } from '../schema/index.ts';
import { OwnerAttributes } from './owner-attributes.ts';

const SECOND_NS = 1e9;
/** Groups of a chunk, and names of services, that are looked through for a match. */
const LOOKED_AT = 64;
const NONE = -1;

/** Spans of one chunk that stand together in the table: of one service, and of one second. */
interface SpanGroup {
  readonly chunk: SpanChunk;
  readonly second: number;
  /** A character per byte: such strings compare as the store compares their bytes. */
  readonly service: string;
}

/**
 * The spans of some chunks, in groups, in the order of the table's sort key. A block that comes sorted need not be sorted by the store, which
 * would cost it a fifth of the insert. Only a matter of cost: the store sorts what does not come so, for example spans without a time.
 */
export class SpanOrder {
  readonly #attributes = new OwnerAttributes();
  /** Per scope of a chunk: its service, as an index into `names`; NONE where it was not looked at. */
  #services = new Int32Array(64);
  readonly #names: string[] = [];
  /** Per row of a chunk: its group. */
  #groups = new Uint32Array(1024);
  /** Per group of a chunk: service, second and count of rows. */
  readonly #groupServices: number[] = [];
  readonly #groupSeconds: number[] = [];
  readonly #counts: number[] = [];

  sorted(chunks: readonly SpanChunk[]): SpanGroup[] {
    const all: SpanGroup[] = [];
    for (const chunk of chunks) this.#split(chunk, all);
    // Stable: what arrived first stands first among its like.
    return all.sort(
      (a, b) =>
        bucketOf(a.second) - bucketOf(b.second) ||
        (a.service < b.service ? -1 : a.service > b.service ? 1 : a.second - b.second),
    );
  }

  #split(chunk: SpanChunk, all: SpanGroup[]): void {
    const { count, rows } = chunk;
    const { rowScope } = chunk.layout;
    this.#begin(chunk.scopeCount, count);
    const { startWords, endWords } = chunk.columns;
    let current = NONE;
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!;
      const service = this.#serviceOf(chunk, rowScope[row]!);
      const word = row * 2;
      const words = startWords[word] === 0 && startWords[word + 1] === 0 ? endWords : startWords;
      const second = Math.floor((words[word + 1]! * 0x1_0000_0000 + words[word]!) / SECOND_NS);
      if (current === NONE || this.#groupServices[current] !== service || this.#groupSeconds[current] !== second)
        current = this.#groupOf(service, second);
      this.#groups[i] = current;
      this.#counts[current]!++;
    }
    this.#add(chunk, all);
  }

  #begin(scopeCount: number, count: number): void {
    if (this.#services.length < scopeCount) this.#services = new Int32Array(scopeCount * 2);
    this.#services.fill(NONE, 0, scopeCount);
    if (this.#groups.length < count) this.#groups = new Uint32Array(count * 2);
    this.#names.length = 0;
    this.#groupServices.length = 0;
    this.#groupSeconds.length = 0;
    this.#counts.length = 0;
  }

  #serviceOf(chunk: Chunk, scope: number): number {
    const known = this.#services[scope]!;
    if (known !== NONE) return known;
    const attributes = this.#attributes;
    attributes.readResource(chunk, chunk.layout.scopeResource[scope]!);
    attributes.readServiceName();
    const { serviceBytes, serviceAt, serviceLength } = attributes;
    const name = Buffer.from(serviceBytes.buffer, serviceBytes.byteOffset + serviceAt, serviceLength).toString(
      'latin1',
    );
    let service = this.#names.indexOf(name, Math.max(0, this.#names.length - LOOKED_AT));
    if (service < 0) service = this.#names.push(name) - 1;
    this.#services[scope] = service;
    return service;
  }

  /** The newest group is the likeliest. Where there are very many, new ones are made instead of looking long. */
  #groupOf(service: number, second: number): number {
    const first = Math.max(0, this.#counts.length - LOOKED_AT);
    for (let group = this.#counts.length - 1; group >= first; group--)
      if (this.#groupServices[group] === service && this.#groupSeconds[group] === second) return group;
    this.#groupServices.push(service);
    this.#groupSeconds.push(second);
    return this.#counts.push(0) - 1;
  }

  #add(chunk: SpanChunk, all: SpanGroup[]): void {
    const groupCount = this.#counts.length;
    const group = (index: number, part: SpanChunk): void => {
      const service = this.#names[this.#groupServices[index]!]!;
      all.push({ chunk: part, second: this.#groupSeconds[index]!, service });
    };
    if (groupCount === 1) {
      group(0, chunk);
      return;
    }
    const selections = this.#counts.map((count) => new Uint32Array(count));
    const filled = new Uint32Array(groupCount);
    for (let i = 0; i < chunk.count; i++) {
      const index = this.#groups[i]!;
      selections[index]![filled[index]!++] = chunk.rowAt(i);
    }
    for (const [index, selection] of selections.entries()) group(index, chunk.select(selection));
  }
}

function bucketOf(second: number): number {
  return Math.floor(second / SPAN_BUCKET_SECONDS);
}
