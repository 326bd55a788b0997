import { namesOf } from '#lang';
import { attributeKey, type Chunk, findField, VALUE_STRING } from '#pdata';
import { DictionaryColumn } from './dictionary.ts';
import { OwnerAttributes } from './owner-attributes.ts';
import { type ArenaRange, type Owners, readSchemaUrl } from './owner-rows.ts';
import { combine, hash, hashAttributes, hashRange } from './series-hash.ts';

const ENVIRONMENT = namesOf('deployment.environment.name').map((name) => attributeKey(name));
/** Fields of an InstrumentationScope. */
const SCOPE = { name: 1, version: 2 } as const;
const SEED_URL = 0x5161_0005;
const SEED_NAME = 0x5161_0006;
const SEED_VERSION = 0x5161_0007;

const SEED_SERVICE = 0x5161_0008;

/** Words per scope of a chunk: id of the resource, id of the scope, the indices of the service's name and of its environment, a hash of that name. */
export const OWNER_WORDS = 7;

/**
 * The ids of resources and scopes, worked out once per scope of a chunk. An id is a hash of all that the resource or scope says of itself, so
 * that every process gives it the same one.
 */
export class OwnerIds {
  /** The names of the services, whose indices are among the words. */
  readonly serviceName: DictionaryColumn = new DictionaryColumn();
  /** Likewise of the environments in which they run. */
  readonly environment: DictionaryColumn = new DictionaryColumn();
  /** Of the chunk that was begun last: `OWNER_WORDS` per scope, of the scopes that were asked for. */
  words: Uint32Array = new Uint32Array(64 * OWNER_WORDS);
  readonly #attributes = new OwnerAttributes();
  readonly #range: ArenaRange = { at: 0, length: 0 };
  #isKnown = new Uint8Array(64);

  /** Forgets the names. */
  reset(): void {
    this.serviceName.reset(0);
    this.environment.reset(0);
  }

  /** Before the first scope of a chunk is asked for. */
  begin({ scopeCount }: Chunk): void {
    if (this.#isKnown.length < scopeCount) {
      this.#isKnown = new Uint8Array(scopeCount * 2);
      this.words = new Uint32Array(scopeCount * 2 * OWNER_WORDS);
    } else this.#isKnown.fill(0, 0, scopeCount);
  }

  /** Where the words of a scope stand. What is new goes to `owners`. */
  wordOf(chunk: Chunk, scope: number, owners: Owners): number {
    if (this.#isKnown[scope] === 0) {
      this.#isKnown[scope] = 1;
      this.#readResource(chunk, scope, owners);
      this.#readScope(chunk, scope, owners);
    }
    return scope * OWNER_WORDS;
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
    const word = scope * OWNER_WORDS;
    this.words[word] = low;
    this.words[word + 1] = high;
    this.words[word + 4] = this.serviceName.indexOf(serviceBytes, serviceAt, serviceLength);
    this.words[word + 5] = this.#environmentOf(arena);
    hashRange(serviceBytes, serviceAt, serviceLength, SEED_SERVICE);
    this.words[word + 6] = hash.low;
    if (!resources.admit(low, high)) return;
    resources.setText('service_name', serviceBytes, serviceAt, serviceLength);
    resources.setText('schema_url', arena, url.at, url.length);
    resources.addAttributes(arena, table, owner);
  }

  /** The index of the environment of the resource that was read: of the first name under which it has a text. */
  #environmentOf(arena: Uint8Array): number {
    const { table, owner } = this.#attributes;
    for (const key of ENVIRONMENT) {
      const row = table.find(arena, owner, key);
      if (row >= 0 && table.type[row] === VALUE_STRING)
        return this.environment.indexOf(arena, table.at[row]!, table.length[row]!);
    }
    return 0;
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
    const word = scope * OWNER_WORDS;
    this.words[word + 2] = low;
    this.words[word + 3] = high;
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
}
