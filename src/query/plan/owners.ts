/** Resources and scopes that rows name by their ids, read for the few ids of an answer. */

import type { ReadOptions, StoredAttribute, StoreReader } from '../reader/index.ts';
import { type OwnerRows, ownersById, resources, scopes } from '../source/index.ts';
import { raw, type Sql, sql } from '../sql/index.ts';
import { CUT_EARLY, cutAttributes, cutAttributesSize, cutSize, cutText, shownAttributes, withinBudget } from './cut.ts';

export interface StoredResource {
  readonly attributes: readonly StoredAttribute[];
  readonly schemaUrl: string;
  /** The full size of attributes that were cut. */
  readonly cut: number | undefined;
}

export interface StoredScope extends StoredResource {
  readonly name: string;
  readonly version: string;
}

/** By id. */
export type Owners<T> = ReadonlyMap<number | bigint, T>;

/** More different ones are not read for one answer, and not more bytes; the rows that name others go without. */
const MAX_OWNERS = 8_000;
const OWNERS_BYTES = 8 * 1024 * 1024;

export async function readResources(
  reader: StoreReader,
  ids: Iterable<number | bigint>,
  attributeBytes: number,
  options?: ReadOptions,
): Promise<Owners<StoredResource>> {
  return readOwners(reader, resources, ids, raw(''), attributeBytes, (owner) => owner, options);
}

export async function readScopes(
  reader: StoreReader,
  ids: Iterable<number | bigint>,
  attributeBytes: number,
  options?: ReadOptions,
): Promise<Owners<StoredScope>> {
  const columns = sql`, ${cutText(raw('name'))} AS shown_name, ${cutText(raw('version'))} AS shown_version`;
  return readOwners(
    reader,
    scopes,
    ids,
    columns,
    attributeBytes,
    (owner, text) => ({ ...owner, name: text('shown_name'), version: text('shown_version') }),
    options,
  );
}

async function readOwners<T>(
  reader: StoreReader,
  owners: OwnerRows,
  ids: Iterable<number | bigint>,
  columns: Sql,
  attributeBytes: number,
  make: (owner: StoredResource, text: (column: string) => string) => T,
  options?: ReadOptions,
): Promise<Owners<T>> {
  const wanted = [...new Set(ids)].slice(0, MAX_OWNERS);
  if (wanted.length === 0) return new Map();
  const id = raw(owners.idColumn);
  const rows = sql`SELECT ${id} AS id, ${cutText(raw('schema_url'))} AS shown_schema_url,
      ${cutAttributes('attributes', attributeBytes)}${columns}
    ${ownersById(owners, wanted)} LIMIT 1 BY id`;
  const size = sql`300 + ${cutAttributesSize('attributes')}`;
  const table = await reader.read(withinBudget(rows, raw('id'), size, OWNERS_BYTES), {
    ...options,
    cost: 'cheap',
    settings: CUT_EARLY,
  });
  return new Map(
    table.column<number | bigint>('id').map((known, row) => {
      const text = (column: string): string => table.strings(column)[row]!;
      const owner = {
        attributes: shownAttributes(table, 'attributes', row),
        schemaUrl: text('shown_schema_url'),
        cut: cutSize(table, 'attributes', row),
      };
      return [known, make(owner, text)];
    }),
  );
}
