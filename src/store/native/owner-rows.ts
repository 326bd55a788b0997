import { type AttributeTable, type Chunk, cursor, readVarint32, skipValue } from '#pdata';
import { jsonType, RESOURCE_PATHS, SCOPE_PATHS } from '../schema/index.ts';
import { ByteSink } from './byte-sink.ts';
import { BlockSink, type TableBlock, writeConstant32 } from './columns.ts';
import { DictionaryColumn } from './dictionary.ts';
import { JsonColumn } from './json-column.ts';
import { SeriesSet } from './series-set.ts';

const LOW_CARDINALITY = 'LowCardinality(String)';
/** Owners of a segment that are told apart. Beyond that one may be written more than once, and merges away. */
const OWNERS_PER_SEGMENT = 4096;
const SCHEMA_URL_TAG = (3 << 3) | 2;

/** A range of a chunk's arena; the length is 0 where there is nothing. */
export interface ArenaRange {
  at: number;
  length: number;
}

/** Sets `range` to the schema URL among the head fields of a ResourceSpans or ScopeSpans message. */
export function readSchemaUrl(
  range: ArenaRange,
  { arena }: Chunk,
  head: Chunk['layout']['resourceHead'],
  owner: number,
): void {
  range.length = 0;
  for (let i = head.from[owner]!; i < head.to[owner]!; i++) {
    const end = head.end[i]!;
    for (let at = head.start[i]!; at < end; ) {
      const tag = readVarint32(arena, at);
      const start = cursor.at;
      at = skipValue(arena, start, tag & 7);
      if (tag !== SCHEMA_URL_TAG) continue;
      range.length = readVarint32(arena, start);
      range.at = cursor.at;
    }
  }
}

/**
 * The resources or the scopes that the rows of a segment name, each once: the rows of `resources` or `scopes`. `texts` are the columns of
 * text beside the attributes.
 */
export class OwnerRows<Text extends string> {
  readonly table: 'resources' | 'scopes';
  readonly #key: string;
  readonly #type: string;
  readonly #sink = new BlockSink(1 << 12);
  readonly #seen = new SeriesSet(OWNERS_PER_SEGMENT);
  readonly #ids = new ByteSink();
  readonly texts: Readonly<Record<Text, DictionaryColumn>>;
  readonly #attributes: JsonColumn;
  count = 0;

  constructor(table: 'resources' | 'scopes', pathLimit: number, texts: readonly Text[]) {
    this.table = table;
    this.#key = `${table.slice(0, -1)}_id`;
    this.#type = jsonType(pathLimit);
    this.#attributes = new JsonColumn(pathLimit);
    this.texts = Object.fromEntries(texts.map((name) => [name, new DictionaryColumn()])) as Record<
      Text,
      DictionaryColumn
    >;
  }

  reset(): void {
    if (this.count === 0) return;
    this.count = 0;
    this.#seen.clear();
    this.#ids.reset();
    this.#attributes.reset();
    for (const column of Object.values<DictionaryColumn>(this.texts)) column.reset(0);
  }

  /** Whether the owner with this id has no row yet. Then it has one now, and the caller adds its attributes and texts. */
  admit(low: number, high: number): boolean {
    if (!this.#seen.isDue(low, high, 1, 2)) return false;
    this.#ids.uint64(low, high);
    this.count++;
    for (const column of Object.values<DictionaryColumn>(this.texts)) column.reserveRows(this.count);
    return true;
  }

  /** Sets a text of the newest row. */
  setText(name: Text, bytes: Uint8Array, at: number, length: number): void {
    const column = this.texts[name];
    column.indices[this.count - 1] = column.indexOf(bytes, at, length);
  }

  /** Sets the attributes of the newest row: those of an owner in a table over `arena`. */
  addAttributes(arena: Uint8Array, table: AttributeTable, owner: number): void {
    const column = this.#attributes;
    column.beginRows(arena, table);
    column.beginRow();
    column.addOwner(owner);
    column.endRow();
    column.endRows();
  }

  /**
   * The block of all rows, where one of them has to be written: it is not in `known`, or was last written `renewSeconds` ago. The others
   * go with it, and merge away.
   */
  encode(known: SeriesSet, nowSeconds: number, renewSeconds: number): TableBlock | undefined {
    let isDue = false;
    const { view } = this.#ids;
    for (let i = 0; i < this.count; i++) {
      if (known.isDue(view.getUint32(i * 8, true), view.getUint32(i * 8 + 4, true), nowSeconds, renewSeconds))
        isDue = true;
    }
    return isDue ? this.#block(nowSeconds) : undefined;
  }

  #block(nowSeconds: number): TableBlock {
    const sink = this.#sink;
    sink.begin(this.count);
    sink.column(this.#key, 'UInt64');
    sink.append(this.#ids);
    for (const [name, column] of Object.entries<DictionaryColumn>(this.texts)) {
      sink.column(name, LOW_CARDINALITY);
      column.write(sink, this.count);
    }
    sink.column('attributes', this.#type);
    this.#attributes.write(sink);
    for (const [name, merge] of [
      ['first_seen', 'min'],
      ['last_seen', 'max'],
    ] as const) {
      sink.column(name, `SimpleAggregateFunction(${merge}, DateTime('UTC'))`);
      writeConstant32(sink, nowSeconds, this.count);
    }
    return sink.finish(this.table);
  }
}

/** Resources and scopes of a segment's rows, whatever their signal. */
export class Owners {
  readonly resources: OwnerRows<'service_name' | 'schema_url'> = new OwnerRows('resources', RESOURCE_PATHS, [
    'service_name',
    'schema_url',
  ]);
  readonly scopes: OwnerRows<'name' | 'version' | 'schema_url'> = new OwnerRows('scopes', SCOPE_PATHS, [
    'name',
    'version',
    'schema_url',
  ]);

  reset(): void {
    this.resources.reset();
    this.scopes.reset();
  }
}
