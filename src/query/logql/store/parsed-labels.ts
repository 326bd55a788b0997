/** Lines that can't have a label which a parser is to take out of them, left out by the store. */

import type { Labels } from '../../promql/labels.ts';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { logs, resources, scopes } from '../../source/index.ts';
import { allOf, anyOf, type Sql, sql, text } from '../../sql/index.ts';
import type { WantedLabel } from '../line-filters.ts';
import { metadataName } from './structured.ts';

/** What a record may have as structured metadata without an attribute of that name. */
const FIELDS: ReadonlySet<string> = new Set([
  'detected_level',
  'dropped_attributes_count',
  'event_name',
  'flags',
  'observed_timestamp',
  'scope_name',
  'scope_version',
  'severity_number',
  'severity_text',
  'span_id',
  'trace_id',
]);

/**
 * A condition that all lines meet which have the wanted labels, where their bodies are texts; undefined where there is none. A label that a stream, an
 * attribute or a field of the record may give as well says nothing of the line. `where`: the rows of `logs` that are asked for.
 */
export async function parsedLabelsCondition(
  reader: StoreReader,
  wanted: readonly WantedLabel[],
  { streams, where }: { readonly streams: ReadonlyMap<string, Labels>; readonly where: Sql },
  options?: ReadOptions,
): Promise<Sql | undefined> {
  const ofLine = wanted.filter(({ name, texts }) => {
    // A digit in front of a part of a key is named otherwise; what is no UTF-8 reads as another text than is stored.
    if (
      FIELDS.has(name) ||
      name.startsWith('__') ||
      name.includes('key_') ||
      texts.some((each) => each.includes('\ufffd'))
    )
      return false;
    return [...streams.values()].every((labels) => labels.get(name) === '');
  });
  if (ofLine.length === 0) return undefined;
  const paths = await metadataPaths(reader, where, options);
  const certain = ofLine.filter(({ name }) => !paths.some((path) => mayName(path, name)));
  if (certain.length === 0) return undefined;
  return allOf(certain.map(({ texts }) => anyOf([...texts, '\\'].map(holds))));
}

function holds(value: string): Sql {
  return sql`position(body, ${text(value)}) > 0`;
}

/** A map is one path or several; what stands in it is named by all of the keys. */
function mayName(path: string, name: string): boolean {
  return `${name}_`.startsWith(`${metadataName(path)}_`);
}

/** Paths of the attributes of records, and of all resources and scopes. */
async function metadataPaths(reader: StoreReader, where: Sql, options?: ReadOptions): Promise<readonly string[]> {
  const distinct = sql`distinctJSONPaths(attributes) AS paths`;
  const table = await reader.read(
    sql`SELECT distinctJSONPaths(attributes) AS paths, distinctJSONPaths(attributes_other) AS more ${where}
      UNION ALL SELECT ${distinct}, [] AS more ${resources.rows}
      UNION ALL SELECT ${distinct}, [] AS more ${scopes.rows}`,
    options,
  );
  const columns = [table.column<readonly string[]>('paths'), table.column<readonly string[]>('more')];
  return columns.flatMap((lists) => lists.flat());
}
