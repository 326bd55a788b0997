import {
  type AttributeKey,
  attributeKey,
  type Chunk,
  cursor,
  findField,
  readVarint32,
  skipValue,
  VALUE_STRING,
} from '#pdata';
import { ByteSink } from './byte-sink.ts';
import type { BlockSink } from './columns.ts';
import { DictionaryColumn } from './dictionary.ts';
import type { JsonColumnEncoder } from './json-column.ts';
import type { OwnerGroup } from './json-paths.ts';
import { writeAttributesJson, writeValueJson } from './value-json.ts';

const SERVICE_NAME: AttributeKey = attributeKey('service.name');
const SCHEMA_URL = 3;
const LOW_CARDINALITY = 'LowCardinality(String)';

/**
 * The columns that follow from a row's resource and scope. Their content is worked out once per scope or resource and then repeated for
 * its rows.
 */
export class ScopeColumns {
  readonly serviceName: DictionaryColumn = new DictionaryColumn();
  readonly #scopeName = new DictionaryColumn();
  readonly #scopeVersion = new DictionaryColumn();
  readonly #scopeAttributes = new DictionaryColumn();
  readonly #resourceUrl = new DictionaryColumn();
  readonly #scopeUrl = new DictionaryColumn();
  readonly #text = new ByteSink();
  #resources: OwnerGroup[] = [];

  /** Reads the chunks' scopes and resources. `rowCount` is the number of selected rows in all of them. */
  collect(chunks: readonly Chunk[], rowCount: number): void {
    for (const column of this.#columns()) column.reset(rowCount);
    this.#resources = [];
    let blockRow = 0;
    for (const chunk of chunks) {
      if (chunk.count === 0) continue;
      const { rowScope } = chunk.layout;
      const owners: number[] = [];
      const repeats: number[] = [];
      for (let i = 0; i < chunk.count; ) {
        const scope = rowScope[chunk.rowAt(i)]!;
        let next = i + 1;
        while (next < chunk.count && rowScope[chunk.rowAt(next)] === scope) next++;
        this.#fill(chunk, scope, blockRow + i, blockRow + next);
        const resource = chunk.layout.scopeResource[scope]!;
        if (owners.at(-1) === resource) repeats[repeats.length - 1]! += next - i;
        else {
          owners.push(resource);
          repeats.push(next - i);
        }
        i = next;
      }
      blockRow += chunk.count;
      this.#resources.push({
        arena: chunk.arena,
        table: chunk.resourceAttributes.table,
        count: owners.length,
        firstOwner: 0,
        owners: Uint32Array.from(owners),
        repeats: Uint32Array.from(repeats),
      });
    }
  }

  #columns(): DictionaryColumn[] {
    return [
      this.serviceName,
      this.#scopeName,
      this.#scopeVersion,
      this.#scopeAttributes,
      this.#resourceUrl,
      this.#scopeUrl,
    ];
  }

  /** Sets rows [from, to) of the block, which all belong to `scope`. */
  #fill(chunk: Chunk, scope: number, from: number, to: number): void {
    const { layout, arena } = chunk;
    const resource = layout.scopeResource[scope]!;
    const head = { from: layout.scopeStart[scope]!, to: layout.scopeEnd[scope]! };
    this.serviceName.indices.fill(this.#serviceNameOf(chunk, resource), from, to);
    this.#scopeName.indices.fill(fieldIndex(this.#scopeName, arena, head.from, head.to, 1), from, to);
    this.#scopeVersion.indices.fill(fieldIndex(this.#scopeVersion, arena, head.from, head.to, 2), from, to);
    this.#scopeAttributes.indices.fill(this.#scopeAttributesOf(chunk, scope), from, to);
    this.#resourceUrl.indices.fill(urlIndex(this.#resourceUrl, chunk, layout.resourceHead, resource), from, to);
    this.#scopeUrl.indices.fill(urlIndex(this.#scopeUrl, chunk, layout.scopeHead, scope), from, to);
  }

  /** `service.name`; as JSON text where it is no string, empty where there is none. */
  #serviceNameOf(chunk: Chunk, resource: number): number {
    const { table } = chunk.resourceAttributes;
    const row = table.find(chunk.arena, resource, SERVICE_NAME);
    if (row < 0) return 0;
    const at = table.at[row]!;
    const length = table.length[row]!;
    if (table.type[row] === VALUE_STRING) return this.serviceName.indexOf(chunk.arena, at, length);
    this.#text.reset();
    writeValueJson(this.#text, chunk.arena, table.type[row]!, at, length);
    return this.serviceName.indexOf(this.#text.bytes, 0, this.#text.length);
  }

  #scopeAttributesOf(chunk: Chunk, scope: number): number {
    const { table } = chunk.scopeAttributes;
    if (table.from[scope] === table.to[scope]) return 0;
    this.#text.reset();
    writeAttributesJson(this.#text, chunk.arena, table, scope);
    return this.#scopeAttributes.indexOf(this.#text.bytes, 0, this.#text.length);
  }

  /** Writes `resource`, the three scope columns, the two schema URLs and `service_name`. */
  write(sink: BlockSink, rowCount: number, resourceType: string, resources: JsonColumnEncoder): void {
    sink.column('resource', resourceType);
    resources.write(sink, this.#resources, rowCount);
    const names = [
      'service_name',
      'scope_name',
      'scope_version',
      'scope_attributes',
      'resource_schema_url',
      'scope_schema_url',
    ];
    for (const [i, column] of this.#columns().entries()) {
      sink.column(names[i]!, LOW_CARDINALITY);
      column.write(sink, rowCount);
    }
  }
}

function fieldIndex(column: DictionaryColumn, arena: Uint8Array, from: number, to: number, field: number): number {
  const range = from === to ? undefined : findField(arena, from, to, field);
  return range === undefined ? 0 : column.indexOf(arena, range.at, range.length);
}

/** The schema URL among the head fields of a ResourceSpans or ScopeSpans message. */
function urlIndex(
  column: DictionaryColumn,
  chunk: Chunk,
  head: Chunk['layout']['resourceHead'],
  owner: number,
): number {
  let index = 0;
  for (let i = head.from[owner]!; i < head.to[owner]!; i++) {
    const { arena } = chunk;
    const end = head.end[i]!;
    for (let at = head.start[i]!; at < end; ) {
      const tag = readVarint32(arena, at);
      const start = cursor.at;
      at = skipValue(arena, start, tag & 7);
      if (tag !== ((SCHEMA_URL << 3) | 2)) continue;
      const length = readVarint32(arena, start);
      index = column.indexOf(arena, cursor.at, length);
    }
  }
  return index;
}
