import { ByteMap, KeyBytes } from '#base';
import { ArenaWriter, type AttributeKey, AttributeTable, type Batch, type Chunk, PointChunk } from '#pdata';
import {
  type GroupParts,
  type MetricParts,
  metricParts,
  POINTS_FIELD,
  type ResourceParts,
  resourceParts,
  type ScopeParts,
  scopeParts,
  writeItemOf,
  writeMetricParts,
} from '#wire';
import { writeAttributesTo } from '../shared/series/attribute-key.ts';

/** Rows of chunks, in the order in which they came. */
class Items {
  readonly #chunks: Chunk[] = [];
  readonly #rows: number[] = [];

  add(chunk: Chunk, row: number): void {
    this.#chunks.push(chunk);
    this.#rows.push(row);
  }

  write(out: ArenaWriter, field: number): void {
    for (let i = 0; i < this.#rows.length; i++) writeItemOf(out, this.#chunks[i]!, this.#rows[i]!, field);
  }
}

/** A metric of a new scope. */
class NewMetric {
  readonly parts: MetricParts;
  readonly name: string;
  readonly items = new Items();

  constructor(parts: MetricParts, name: string) {
    this.parts = parts;
    this.name = name;
  }
}

/** A scope of a new resource: those with the same name and version are one. */
class NewScope implements ScopeParts {
  readonly message: Uint8Array;
  readonly beside: Uint8Array;
  readonly name: string;
  readonly version: string;
  readonly #items = new Items();
  readonly #metrics: NewMetric[] = [];
  /** By the metrics of the chunk that is being read. */
  readonly #found = new Map<number, NewMetric>();
  #foundIn: Chunk | undefined;

  constructor({ message, beside }: GroupParts, name: string, version: string) {
    this.message = message;
    this.beside = beside;
    this.name = name;
    this.version = version;
  }

  add(chunk: Chunk, row: number): void {
    if (chunk instanceof PointChunk) this.#metricOf(chunk, chunk.columns.metric[row]!).items.add(chunk, row);
    else this.#items.add(chunk, row);
  }

  writeItems(out: ArenaWriter): void {
    this.#items.write(out, 2);
    for (const { parts, items } of this.#metrics) {
      writeMetricParts(out, parts, () => items.write(out, POINTS_FIELD));
    }
  }

  /** Points of metrics with the same name and type come together. */
  #metricOf(chunk: PointChunk, index: number): NewMetric {
    if (this.#foundIn !== chunk) {
      this.#found.clear();
      this.#foundIn = chunk;
    }
    let metric = this.#found.get(index);
    if (metric !== undefined) return metric;
    const name = chunk.metricName(index);
    const type = chunk.metrics.type[index]!;
    metric = this.#metrics.find((one) => one.parts.type === type && one.name === name);
    if (metric === undefined) {
      metric = new NewMetric(metricParts(chunk, index), name);
      this.#metrics.push(metric);
    }
    this.#found.set(index, metric);
    return metric;
  }
}

/** A resource, with the attributes that came from its items. */
class NewResource implements ResourceParts {
  readonly message: Uint8Array;
  readonly beside: Uint8Array;
  readonly scopes: NewScope[] = [];
  /** By the scopes of the chunk that is being read. */
  readonly #found = new Map<number, NewScope>();
  #foundIn: Chunk | undefined;

  constructor({ message, beside }: GroupParts) {
    this.message = message;
    this.beside = beside;
  }

  scopeOf(chunk: Chunk, index: number): NewScope {
    if (this.#foundIn !== chunk) {
      this.#found.clear();
      this.#foundIn = chunk;
    }
    let scope = this.#found.get(index);
    if (scope !== undefined) return scope;
    const name = chunk.scopeName(index);
    const version = chunk.scopeVersion(index);
    scope = this.scopes.find((one) => one.name === name && one.version === version);
    if (scope === undefined) {
      scope = new NewScope(scopeParts(chunk, index), name, version);
      this.scopes.push(scope);
    }
    this.#found.set(index, scope);
    return scope;
  }
}

/** Keys of one batch can't take more than it has. */
const KEYS_LIMIT_BYTES = Number.MAX_SAFE_INTEGER;

/** The resources that the items of one batch have when their attributes were moved. */
export class Groups {
  readonly resources: NewResource[] = [];
  grouped = 0;
  others = 0;
  readonly #keys: readonly AttributeKey[];
  /** By all attributes of the new resource. */
  readonly #byAttributes = new ByteMap<NewResource>(KEYS_LIMIT_BYTES);
  /** By the resource in its chunk, and the attributes of the item: what was found before is found without putting both together. */
  #byOrigin = new ByteMap<NewResource>(KEYS_LIMIT_BYTES);
  readonly #key = new KeyBytes();

  constructor(keys: readonly AttributeKey[]) {
    this.#keys = keys;
  }

  add(batch: Batch): void {
    for (const chunk of batch.chunks) {
      this.#byOrigin = new ByteMap<NewResource>(KEYS_LIMIT_BYTES);
      for (let index = 0; index < chunk.count; index++) this.#addItem(chunk, chunk.rowAt(index));
    }
  }

  #addItem(chunk: Chunk, row: number): void {
    const resource = this.#resourceOf(chunk, row);
    const attributes = chunk.rowAttributes.of(row);
    let isGrouped = false;
    for (const key of this.#keys) if (attributes.delete(key)) isGrouped = true;
    if (isGrouped) this.grouped++;
    else this.others++;
    resource.scopeOf(chunk, chunk.scopeOf(row)).add(chunk, row);
  }

  #resourceOf(chunk: Chunk, row: number): NewResource {
    const key = this.#key;
    const { table } = chunk.rowAttributes;
    key.length = 0;
    key.number(chunk.resourceOf(row));
    for (const each of this.#keys) {
      const at = table.find(chunk.arena, row, each);
      key.number(at < 0 ? -1 : table.type[at]!);
      if (at >= 0) key.range(chunk.arena, table.at[at]!, table.length[at]!);
    }
    const known = this.#byOrigin.get(key.bytes, key.length);
    if (known !== undefined) return known;
    const origin = key.bytes.slice(0, key.length);
    const resource = this.#mergedResource(chunk, row);
    this.#byOrigin.add(origin, origin.length, resource);
    return resource;
  }

  /** The resource with the attributes of its own and those of the item, which go first. */
  #mergedResource(chunk: Chunk, row: number): NewResource {
    const index = chunk.resourceOf(row);
    const merged = this.#mergedTable(chunk, index, row);
    const key = this.#key;
    key.length = 0;
    writeAttributesTo(key, chunk.arena, merged, 0);
    let resource = this.#byAttributes.get(key.bytes, key.length);
    if (resource !== undefined) return resource;
    const { message, beside } = resourceParts(chunk, index);
    const out = new ArenaWriter(256);
    out.fields(message, 0, message.length, 1 << RESOURCE_ATTRIBUTES);
    out.placedAttributes(RESOURCE_ATTRIBUTES, chunk.arena, merged, 0);
    resource = new NewResource({ message: out.finish(), beside });
    this.resources.push(resource);
    this.#byAttributes.add(key.bytes, key.length, resource);
    return resource;
  }

  #mergedTable(chunk: Chunk, index: number, row: number): AttributeTable {
    const own = chunk.resourceAttributes.table;
    const items = chunk.rowAttributes.table;
    const found = this.#keys.map((key) => items.find(chunk.arena, row, key));
    const merged = new AttributeTable(1, own.to[index]! - own.from[index]! + found.length);
    const copy = (from: AttributeTable, source: number): void => {
      const target = merged.push();
      merged.keyId[target] = from.keyId[source]!;
      merged.keyAt[target] = from.keyAt[source]!;
      merged.keyLength[target] = from.keyLength[source]!;
      merged.type[target] = from.type[source]!;
      merged.at[target] = from.at[source]!;
      merged.length[target] = from.length[source]!;
    };
    const replaced = this.#keys.map((key, i) => (found[i]! < 0 ? -1 : own.find(chunk.arena, index, key)));
    for (let each = own.from[index]!; each < own.to[index]!; each++) if (!replaced.includes(each)) copy(own, each);
    for (const each of found) if (each >= 0) copy(items, each);
    merged.to[0] = merged.count;
    return merged;
  }
}

/** The field of Resource. */
const RESOURCE_ATTRIBUTES = 1;
