import {
  type AttributeKey,
  AttributeTable,
  attributeKey,
  type Chunk,
  cursor,
  findField,
  readAttributes,
  readVarint32,
  skipValue,
  VALUE_EMPTY,
  VALUE_STRING,
} from '#pdata';
import { ByteSink } from './byte-sink.ts';
import type { BlockSink } from './columns.ts';
import { DictionaryColumn } from './dictionary.ts';
import type { JsonColumn } from './json-column.ts';
import { writeAttributesJson, writeValueJson } from './value-json.ts';

const SERVICE_NAME: AttributeKey = attributeKey('service.name');
const SCHEMA_URL = 3;
/** The field of the attributes in a Resource and in an InstrumentationScope. */
const RESOURCE_ATTRIBUTES = 1;
const SCOPE_ATTRIBUTES = 3;
const LOW_CARDINALITY = 'LowCardinality(String)';

/**
 * The columns that follow from a row's resource and scope. Their content is worked out once per run of rows with one scope and repeated
 * for them.
 */
export class ScopeColumns {
  readonly serviceName: DictionaryColumn = new DictionaryColumn();
  readonly #scopeName = new DictionaryColumn();
  readonly #scopeVersion = new DictionaryColumn();
  readonly #scopeAttributes = new DictionaryColumn();
  readonly #resourceUrl = new DictionaryColumn();
  readonly #scopeUrl = new DictionaryColumn();
  readonly #text = new ByteSink();
  /** The attributes of one resource or scope at a time, as owner 0. */
  readonly #table = new AttributeTable(1, 64);

  reset(): void {
    for (const column of this.#columns()) column.reset(0);
  }

  /** Reads scopes and resources of the selected rows of a chunk, which become the rows from `firstRow` on. Resources go to `resources`. */
  add(chunk: Chunk, firstRow: number, resources: JsonColumn): void {
    const { count } = chunk;
    const { rowScope } = chunk.layout;
    for (const column of this.#columns()) column.reserveRows(firstRow + count);
    for (let i = 0; i < count; ) {
      const scope = rowScope[chunk.rowAt(i)]!;
      let next = i + 1;
      while (next < count && rowScope[chunk.rowAt(next)] === scope) next++;
      this.#fill(chunk, scope, firstRow + i, firstRow + next, resources);
      i = next;
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
  #fill(chunk: Chunk, scope: number, from: number, to: number, resources: JsonColumn): void {
    const { layout, arena } = chunk;
    const resource = layout.scopeResource[scope]!;
    const head = { from: layout.scopeStart[scope]!, to: layout.scopeEnd[scope]! };
    this.#scopeName.indices.fill(fieldIndex(this.#scopeName, arena, head.from, head.to, 1), from, to);
    this.#scopeVersion.indices.fill(fieldIndex(this.#scopeVersion, arena, head.from, head.to, 2), from, to);
    this.#scopeAttributes.indices.fill(this.#scopeAttributesOf(chunk, scope), from, to);
    this.#resourceUrl.indices.fill(urlIndex(this.#resourceUrl, chunk, layout.resourceHead, resource), from, to);
    this.#scopeUrl.indices.fill(urlIndex(this.#scopeUrl, chunk, layout.scopeHead, scope), from, to);
    const isChanged = chunk.modifiedResources !== undefined;
    const table = isChanged ? chunk.resourceAttributes.table : this.#read(chunk, 'resource', resource);
    const owner = isChanged ? resource : 0;
    this.serviceName.indices.fill(this.#serviceNameOf(arena, table, owner), from, to);
    resources.addRepeated(arena, table, owner, to - from);
  }

  /** The attributes of an owner that nobody changed, as owner 0 of a table that is used for all. */
  #read({ arena, layout }: Chunk, kind: 'resource' | 'scope', owner: number): AttributeTable {
    const table = this.#table;
    table.count = 0;
    if (kind === 'resource')
      readAttributes(
        table,
        arena,
        0,
        layout.resourceStart[owner]!,
        layout.resourceEnd[owner]!,
        RESOURCE_ATTRIBUTES,
        -1,
      );
    else readAttributes(table, arena, 0, layout.scopeStart[owner]!, layout.scopeEnd[owner]!, SCOPE_ATTRIBUTES, -1);
    return table;
  }

  /** `service.name`; as JSON text where it is no string, empty where there is none or it has no value. */
  #serviceNameOf(arena: Uint8Array, table: AttributeTable, owner: number): number {
    const row = table.find(arena, owner, SERVICE_NAME);
    if (row < 0 || table.type[row] === VALUE_EMPTY) return 0;
    const at = table.at[row]!;
    const length = table.length[row]!;
    if (table.type[row] === VALUE_STRING) return this.serviceName.indexOf(arena, at, length);
    this.#text.reset();
    writeValueJson(this.#text, arena, table.type[row]!, at, length);
    return this.serviceName.indexOf(this.#text.bytes, 0, this.#text.length);
  }

  #scopeAttributesOf(chunk: Chunk, scope: number): number {
    const isChanged = chunk.modifiedScopes !== undefined;
    const table = isChanged ? chunk.scopeAttributes.table : this.#read(chunk, 'scope', scope);
    const owner = isChanged ? scope : 0;
    if (table.from[owner] === table.to[owner]) return 0;
    this.#text.reset();
    writeAttributesJson(this.#text, chunk.arena, table, owner);
    return this.#scopeAttributes.indexOf(this.#text.bytes, 0, this.#text.length);
  }

  /** Writes `resource`, the three scope columns, the two schema URLs and `service_name`. */
  write(sink: BlockSink, rowCount: number, resourceType: string, resources: JsonColumn): void {
    sink.column('resource', resourceType);
    resources.write(sink);
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
