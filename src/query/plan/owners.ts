/** Resources and scopes that rows name by their ids, read for the few ids of an answer. */

import type { ReadOptions, StoredAttribute, StoreReader, Table } from '../reader/index.ts';
import { type OwnerRows, ownersById, resources, scopes } from '../source/index.ts';
import { joinSql, raw, type Sql, sql } from '../sql/index.ts';
import {
  areAttributesWithin,
  areTextsWithin,
  cutAttributes,
  cutAttributesSize,
  cutSize,
  cutText,
  readPlainOrCut,
  shownAttributes,
  uncutAttributes,
  withinBudget,
} from './cut.ts';

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
  return readOwners(reader, resources, ids, ['schema_url'], attributeBytes, (owner) => owner, options);
}

export async function readScopes(
  reader: StoreReader,
  ids: Iterable<number | bigint>,
  attributeBytes: number,
  options?: ReadOptions,
): Promise<Owners<StoredScope>> {
  return readOwners(
    reader,
    scopes,
    ids,
    ['schema_url', 'name', 'version'],
    attributeBytes,
    (owner, text) => ({ ...owner, name: text('shown_name'), version: text('shown_version') }),
    options,
  );
}

async function readOwners<T>(
  reader: StoreReader,
  owners: OwnerRows,
  ids: Iterable<number | bigint>,
  names: readonly string[],
  attributeBytes: number,
  make: (owner: StoredResource, text: (column: string) => string) => T,
  options?: ReadOptions,
): Promise<Owners<T>> {
  const wanted = [...new Set(ids)].slice(0, MAX_OWNERS);
  if (wanted.length === 0) return new Map();
  const id = raw(owners.idColumn);
  const select = (text: (name: string) => Sql, attributes: Sql): Sql => {
    const texts = names.map((name) => sql`${text(name)} AS shown_${raw(name)}`);
    return sql`SELECT ${id} AS id, ${attributes}, ${joinSql(texts, ', ')} ${ownersById(owners, wanted)} LIMIT 1 BY id`;
  };
  const size = sql`300 + ${cutAttributesSize('attributes')}`;
  const rows = select((name) => cutText(raw(name)), cutAttributes('attributes', attributeBytes));
  const shown = names.map((name) => `shown_${name}`);
  const question = {
    plain: select((name) => raw(`stored.${name}`), uncutAttributes('attributes')),
    cut: withinBudget(rows, raw('id'), size, OWNERS_BYTES),
    budgetBytes: OWNERS_BYTES,
    fits: (answer: Table) => areTextsWithin(answer, shown) && areAttributesWithin(answer, 'attributes', attributeBytes),
  };
  const table = await readPlainOrCut(reader, question, { ...options, cost: 'cheap' });
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
