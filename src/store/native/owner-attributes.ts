import {
  type AttributeKey,
  AttributeTable,
  attributeKey,
  type Chunk,
  readAttributes,
  VALUE_EMPTY,
  VALUE_STRING,
} from '#pdata';
import { ByteSink } from './byte-sink.ts';
import { writeValueJson } from './value-json.ts';

const SERVICE_NAME: AttributeKey = attributeKey('service.name');
/** The field of the attributes in a Resource and in an InstrumentationScope. */
const RESOURCE_ATTRIBUTES = 1;
const SCOPE_ATTRIBUTES = 3;

/** Reads the attributes of one resource or scope of a chunk at a time. */
export class OwnerAttributes {
  readonly #own = new AttributeTable(1, 64);
  readonly #text = new ByteSink();
  /** What was read last: rows of `owner` in `table`, over `arena`. */
  arena: Uint8Array = new Uint8Array(0);
  table: AttributeTable = this.#own;
  owner = 0;
  /** Set by `readServiceName`: `serviceBytes[serviceAt, serviceAt + serviceLength)`. */
  serviceBytes: Uint8Array = this.arena;
  serviceAt = 0;
  serviceLength = 0;

  readResource(chunk: Chunk, resource: number): void {
    const { layout } = chunk;
    if (chunk.modifiedResources !== undefined) this.#take(chunk, chunk.resourceAttributes.table, resource);
    else {
      this.#take(chunk, this.#own, 0);
      const { resourceStart, resourceEnd } = layout;
      readAttributes(
        this.#own,
        this.arena,
        0,
        resourceStart[resource]!,
        resourceEnd[resource]!,
        RESOURCE_ATTRIBUTES,
        -1,
      );
    }
  }

  readScope(chunk: Chunk, scope: number): void {
    const { layout } = chunk;
    if (chunk.modifiedScopes !== undefined) this.#take(chunk, chunk.scopeAttributes.table, scope);
    else {
      this.#take(chunk, this.#own, 0);
      readAttributes(
        this.#own,
        this.arena,
        0,
        layout.scopeStart[scope]!,
        layout.scopeEnd[scope]!,
        SCOPE_ATTRIBUTES,
        -1,
      );
    }
  }

  #take({ arena }: Chunk, table: AttributeTable, owner: number): void {
    this.#own.count = 0;
    this.arena = arena;
    this.table = table;
    this.owner = owner;
  }

  /** `service.name` of the resource that was read; as JSON text where it is no string, empty where there is none or it has no value. */
  readServiceName(): void {
    const { table, arena } = this;
    const row = table.find(arena, this.owner, SERVICE_NAME);
    this.serviceBytes = arena;
    this.serviceAt = 0;
    this.serviceLength = 0;
    if (row < 0 || table.type[row] === VALUE_EMPTY) return;
    this.serviceAt = table.at[row]!;
    this.serviceLength = table.length[row]!;
    if (table.type[row] === VALUE_STRING) return;
    this.#text.reset();
    writeValueJson(this.#text, arena, table.type[row]!, this.serviceAt, this.serviceLength);
    this.serviceBytes = this.#text.bytes;
    this.serviceAt = 0;
    this.serviceLength = this.#text.length;
  }
}
