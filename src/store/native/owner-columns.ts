import { type Chunk, findField } from '#pdata';
import { ByteSink } from './byte-sink.ts';
import type { BlockSink } from './columns.ts';
import { DictionaryColumn } from './dictionary.ts';
import { OwnerAttributes } from './owner-attributes.ts';
import { type ArenaRange, type Owners, readSchemaUrl } from './owner-rows.ts';
import { combine, hash, hashAttributes, hashRange } from './series-hash.ts';

/** Fields of an InstrumentationScope. */
const SCOPE = { name: 1, version: 2 } as const;
const SEED_URL = 0x5161_0005;
const SEED_NAME = 0x5161_0006;
const SEED_VERSION = 0x5161_0007;
/** Words per scope of a chunk: id of the resource, id of the scope, and the index of the service's name. */
const SCOPE_WORDS = 5;

/**
 * `service_name`, `resource_id` and `scope_id` of a block's rows. They are worked out once per scope of a chunk. An id is a hash of all that
 * the resource or scope says of itself, so that every process gives it the same one.
 */
export class OwnerColumns {
  readonly serviceName: DictionaryColumn = new DictionaryColumn();
  readonly resourceIds: ByteSink = new ByteSink();
  readonly scopeIds: ByteSink = new ByteSink();
  readonly #attributes = new OwnerAttributes();
  readonly #range: ArenaRange = { at: 0, length: 0 };
  #words = new Uint32Array(64 * SCOPE_WORDS);
  #isKnown = new Uint8Array(64);

  reset(): void {
    this.serviceName.reset(0);
    this.resourceIds.reset();
    this.scopeIds.reset();
  }

  /** Reads scopes and resources of the selected rows of a chunk, which become the rows from `firstRow` on. */
  add(chunk: Chunk, firstRow: number, owners: Owners): void {
    const { count, rows } = chunk;
    const { rowScope } = chunk.layout;
    this.#begin(chunk.scopeCount);
    this.serviceName.reserveRows(firstRow + count);
    const { indices } = this.serviceName;
    const words = this.#words;
    const resourceAt = this.resourceIds.take(count * 8);
    const scopeAt = this.scopeIds.take(count * 8);
    const resourceIds = this.resourceIds.view;
    const scopeIds = this.scopeIds.view;
    for (let i = 0; i < count; i++) {
      const scope = rowScope[rows === undefined ? i : rows[i]!]!;
      if (this.#isKnown[scope] === 0) this.#read(chunk, scope, owners);
      const word = scope * SCOPE_WORDS;
      resourceIds.setUint32(resourceAt + i * 8, words[word]!, true);
      resourceIds.setUint32(resourceAt + i * 8 + 4, words[word + 1]!, true);
      scopeIds.setUint32(scopeAt + i * 8, words[word + 2]!, true);
      scopeIds.setUint32(scopeAt + i * 8 + 4, words[word + 3]!, true);
      indices[firstRow + i] = words[word + 4]!;
    }
  }

  #begin(scopeCount: number): void {
    if (this.#isKnown.length < scopeCount) {
      this.#isKnown = new Uint8Array(scopeCount * 2);
      this.#words = new Uint32Array(scopeCount * 2 * SCOPE_WORDS);
    } else this.#isKnown.fill(0, 0, scopeCount);
  }

  #read(chunk: Chunk, scope: number, owners: Owners): void {
    this.#isKnown[scope] = 1;
    this.#readResource(chunk, scope, owners);
    this.#readScope(chunk, scope, owners);
  }

  #readResource(chunk: Chunk, scope: number, { resources }: Owners): void {
    const { layout, arena } = chunk;
    const resource = layout.scopeResource[scope]!;
    const attributes = this.#attributes;
    attributes.readResource(chunk, resource);
    attributes.readServiceName();
    const { table, owner, serviceBytes, serviceAt, serviceLength } = attributes;
    const url = this.#range;
    readSchemaUrl(url, chunk, layout.resourceHead, resource);
    hashAttributes(arena, table, owner);
    this.#mix(arena, url, SEED_URL);
    const { low, high } = hash;
    const word = scope * SCOPE_WORDS;
    this.#words[word] = low;
    this.#words[word + 1] = high;
    this.#words[word + 4] = this.serviceName.indexOf(serviceBytes, serviceAt, serviceLength);
    if (!resources.admit(low, high)) return;
    resources.setText('service_name', serviceBytes, serviceAt, serviceLength);
    resources.setText('schema_url', arena, url.at, url.length);
    resources.addAttributes(arena, table, owner);
  }

  #readScope(chunk: Chunk, scope: number, { scopes }: Owners): void {
    const { layout, arena } = chunk;
    this.#attributes.readScope(chunk, scope);
    const { table, owner } = this.#attributes;
    const from = layout.scopeStart[scope]!;
    const to = layout.scopeEnd[scope]!;
    const name = from === to ? undefined : findField(arena, from, to, SCOPE.name);
    const version = from === to ? undefined : findField(arena, from, to, SCOPE.version);
    const url = this.#range;
    readSchemaUrl(url, chunk, layout.scopeHead, scope);
    hashAttributes(arena, table, owner);
    this.#mix(arena, url, SEED_URL);
    this.#mix(arena, name, SEED_NAME);
    this.#mix(arena, version, SEED_VERSION);
    const { low, high } = hash;
    const word = scope * SCOPE_WORDS;
    this.#words[word + 2] = low;
    this.#words[word + 3] = high;
    if (!scopes.admit(low, high)) return;
    scopes.setText('name', arena, name?.at ?? 0, name?.length ?? 0);
    scopes.setText('version', arena, version?.at ?? 0, version?.length ?? 0);
    scopes.setText('schema_url', arena, url.at, url.length);
    scopes.addAttributes(arena, table, owner);
  }

  /** Mixes a text into the running hash. */
  #mix(arena: Uint8Array, range: Readonly<ArenaRange> | undefined, seed: number): void {
    const { low, high } = hash;
    hashRange(arena, range?.at ?? 0, range?.length ?? 0, seed);
    combine(low, high, hash.low, hash.high);
  }

  write(sink: BlockSink, rowCount: number): void {
    sink.column('service_name', 'LowCardinality(String)');
    this.serviceName.write(sink, rowCount);
    sink.column('resource_id', 'UInt64');
    sink.refer(this.resourceIds);
    sink.column('scope_id', 'UInt64');
    sink.refer(this.scopeIds);
  }
}
