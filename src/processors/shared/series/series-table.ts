import { ByteMap, KeyBytes } from '#base';
import { type PointChunk, RowAttributes } from '#pdata';
import { writeAttributesTo } from './attribute-key.ts';

/** So many series where the configuration has no limit: without one memory would be as large as senders like. */
export const SERIES_LIMIT = 500_000;
/** What the keys of all series may take, whatever the limit on their number. */
const KEYS_LIMIT_BYTES = 256 * 1024 * 1024;
const METRICS_LIMIT_BYTES = 64 * 1024 * 1024;
/** What is remembered of all series beyond a number each: buckets and bounds, of which senders choose how many there are. */
const STATES_LIMIT_BYTES = 512 * 1024 * 1024;

/** A scope of a resource, or a metric of such a scope: has a number of its own for as long as there are series of it. */
class Owner {
  readonly number: number;
  readonly above: Owner | undefined;
  /** Metrics of a scope, series of a metric. */
  count = 0;

  constructor(number: number, above: Owner | undefined) {
    this.number = number;
    this.above = above;
  }
}

interface Entry<S> {
  readonly metric: Owner;
  readonly state: S;
}

/**
 * What is known of series, for processors that compare a point with those before it. A series is a resource, a scope, a metric (name, unit,
 * type, temporality, monotonic or not) and attributes; each found by its bytes, so that a point costs no text:
 *
 *   resource, scope         → a number
 *   that number, metric     → a number
 *   that number, attributes → the state
 *
 * All of it comes from outside: the hashes have a key of this process, and the number of series and the bytes of their keys have limits.
 */
export class SeriesTable<S> {
  limit: number;
  /** Of all states together. Whoever changes one says so here. */
  stateBytes = 0;
  readonly #byStart: boolean;
  readonly #scopes = new ByteMap<Owner>(METRICS_LIMIT_BYTES);
  readonly #metrics = new ByteMap<Owner>(METRICS_LIMIT_BYTES);
  readonly #series = new ByteMap<Entry<S>>(KEYS_LIMIT_BYTES);
  readonly #key = new KeyBytes();
  readonly #attributes = new RowAttributes();
  #nextNumber = 1;
  #chunk: PointChunk | undefined = undefined;
  /** Of the chunk: what was found so far. null: there is no room. */
  #chunkScopes: (Owner | null | undefined)[] = [];
  #chunkMetrics: (Owner | null | undefined)[] = [];
  #startWords: Uint32Array = new Uint32Array(0);
  #metric: Owner | null = null;

  /** `byStart`: points that begin at another time, or have another type of value, are of another series. */
  constructor(limit: number, { byStart = false }: { readonly byStart?: boolean } = {}) {
    this.limit = limit;
    this.#byStart = byStart;
  }

  get size(): number {
    return this.#series.size;
  }

  get hasRoom(): boolean {
    return this.#series.size < this.limit && this.stateBytes < STATES_LIMIT_BYTES && this.#metric !== null;
  }

  /** Of the row that was looked for last: numbers that no other metric or scope has. */
  get metricNumber(): number {
    return this.#metric!.number;
  }
  get scopeNumber(): number {
    return this.#metric!.above!.number;
  }

  /** From now on rows are those of this chunk. */
  enter(chunk: PointChunk): void {
    this.#chunk = chunk;
    this.#chunkScopes = new Array<Owner | undefined>(chunk.scopeCount);
    this.#chunkMetrics = new Array<Owner | undefined>(chunk.metricCount);
    const { startNs } = chunk.columns;
    this.#startWords = new Uint32Array(startNs.buffer, startNs.byteOffset, startNs.length * 2);
  }

  leave(): void {
    this.#chunk = undefined;
    this.#attributes.leave();
  }

  /** What is known of the row's series; undefined for nothing. */
  find(row: number): S | undefined {
    const chunk = this.#chunk!;
    this.#metric = this.#metricOf(chunk, chunk.columns.metric[row]!);
    if (this.#metric === null) return undefined;
    const key = this.#key;
    key.length = 0;
    key.number(this.#metric.number);
    if (this.#byStart) {
      key.number(this.#startWords[row * 2]!);
      key.number(this.#startWords[row * 2 + 1]!);
      key.number(chunk.columns.valueType[row]!);
    }
    chunk.readRowAttributes(row, this.#attributes);
    writeAttributesTo(key, chunk.arena, this.#attributes.table, this.#attributes.owner);
    return this.#series.get(key.bytes, key.length)?.state;
  }

  /** Adds the series that was not found last. Returns whether there was room. */
  add(state: S): boolean {
    const metric = this.#metric;
    if (metric === null || !this.hasRoom) return false;
    if (!this.#series.add(this.#key.bytes, this.#key.length, { metric, state })) return false;
    if (metric.count === 0) metric.above!.count++;
    metric.count++;
    return true;
  }

  /** Forgets the series that don't pass. */
  keep(passes: (state: S) => boolean): void {
    this.#series.keep(({ metric, state }) => {
      if (passes(state)) return true;
      if (--metric.count === 0) metric.above!.count--;
      return false;
    });
    const hasSeries = ({ count }: Owner): boolean => count > 0;
    this.#metrics.keep(hasSeries);
    this.#scopes.keep(hasSeries);
    // Numbers that were found before may be forgotten now.
    if (this.#chunk !== undefined) this.enter(this.#chunk);
  }

  #metricOf(chunk: PointChunk, metric: number): Owner | null {
    let found = this.#chunkMetrics[metric];
    if (found !== undefined) return found;
    const scope = this.#scopeOf(chunk, chunk.metrics.scope[metric]!);
    if (scope === null) return null;
    const { metrics, arena } = chunk;
    const key = this.#key;
    key.length = 0;
    key.number(scope.number);
    key.number(metrics.type[metric]! | (metrics.temporality[metric]! << 8) | (metrics.monotonic[metric]! << 16));
    key.range(arena, metrics.nameAt[metric]!, metrics.nameLength[metric]!);
    key.range(arena, metrics.unitAt[metric]!, metrics.unitLength[metric]!);
    found = this.#ownerIn(this.#metrics, scope);
    this.#chunkMetrics[metric] = found;
    return found;
  }

  #scopeOf(chunk: PointChunk, scope: number): Owner | null {
    let found = this.#chunkScopes[scope];
    if (found !== undefined) return found;
    const key = this.#key;
    key.length = 0;
    writeAttributesTo(key, chunk.arena, chunk.resourceAttributes.table, chunk.layout.scopeResource[scope]!);
    key.text(chunk.scopeName(scope));
    key.text(chunk.scopeVersion(scope));
    writeAttributesTo(key, chunk.arena, chunk.scopeAttributes.table, scope);
    found = this.#ownerIn(this.#scopes, undefined);
    this.#chunkScopes[scope] = found;
    return found;
  }

  /** The owner with the key that was written; null where it is new and there is no room. */
  #ownerIn(owners: ByteMap<Owner>, above: Owner | undefined): Owner | null {
    const { bytes, length } = this.#key;
    const found = owners.get(bytes, length);
    if (found !== undefined) return found;
    const owner = new Owner(this.#nextNumber, above);
    if (!owners.add(bytes, length, owner)) return null;
    this.#nextNumber = (this.#nextNumber + 1) >>> 0;
    return owner;
  }
}
