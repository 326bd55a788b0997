/** Values of chosen fields of single spans: what a list of traces shows of the span that matched. */
import { namesOf } from '#lang';
import { type FilterField, resolveField } from '#lang/filter';
import { textOf } from '../filter/index.ts';
import { readResources, readScopes } from '../plan/index.ts';
import {
  plainAttributes,
  QueryError,
  type ReadOptions,
  type StoredAttribute,
  type StoreReader,
} from '../reader/index.ts';
import { ITEM_ATTRIBUTES, ofPlaces, spans } from '../source/index.ts';
import { integer, isOneOf, joinSql, raw, type Sql, sql } from '../sql/index.ts';
import { SPAN_KINDS, SPAN_STATUSES } from './spans.ts';

export const MAX_COLUMNS = 12;
const VALUE_CHARS = 300;
/** Of the attributes of one resource. */
const RESOURCE_BYTES = 64 * 1024;

/** A span and the time that its trace takes. */
export interface NamedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

/** By trace: of each key its value as text, '' where the span has none. Throws QueryError for too many keys. */
export async function readSpanColumns(
  reader: StoreReader,
  named: readonly NamedSpan[],
  keys: readonly string[],
  options?: ReadOptions,
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (keys.length > MAX_COLUMNS) throw new QueryError('bad_query', `at most ${MAX_COLUMNS} columns can be chosen`);
  if (named.length === 0 || keys.length === 0) return new Map();
  const fields = keys.map((key) => resolveField(key, 'traces'));
  const places = named.map(({ traceId, startNs, endNs }) => {
    return { traceId, firstNs: startNs, lastNs: endNs, services: undefined };
  });
  const ids = named.map(({ spanId }) => spanId);
  const values = joinSql(
    fields.map((field, i) => sql`${ownValue(field)} AS ${raw(`value_${i}`)}`),
    ', ',
  );
  const table = await reader.read(
    sql`SELECT trace_id, span_id, resource_id, scope_id, ${values} ${ofPlaces(spans, places)} AND ${isOneOf('span_id', ids, 8)}
      LIMIT 1 BY trace_id, span_id`,
    { ...options, cost: 'bounded' },
  );
  const [resourceIds, scopeIds] = [
    table.column<number | bigint>('resource_id'),
    table.column<number | bigint>('scope_id'),
  ];
  const [resources, scopes] = await Promise.all([
    fields.some(isOfResource) ? readResources(reader, resourceIds, RESOURCE_BYTES, options) : undefined,
    fields.some(isScope) ? readScopes(reader, scopeIds, RESOURCE_BYTES, options) : undefined,
  ]);
  const wanted = new Map(named.map(({ traceId, spanId }) => [traceId, spanId]));
  const found = new Map<string, readonly string[]>();
  const spanIds = table.strings('span_id');
  for (const [row, traceId] of table.strings('trace_id').entries()) {
    if (wanted.get(traceId) !== spanIds[row]) continue;
    const texts = fields.map((field, i) => {
      const own = table.column<string | null>(`value_${i}`)[row] ?? '';
      if (own !== '') return own;
      if (isScope(field)) return scopes?.get(scopeIds[row]!)?.name ?? '';
      return isOfResource(field) ? resourceText(resources?.get(resourceIds[row]!)?.attributes ?? [], field.key) : '';
    });
    found.set(traceId, texts);
  }
  return found;
}

function isOfResource(field: FilterField): field is Extract<FilterField, { kind: 'attribute' }> {
  return field.kind === 'attribute' && field.scope !== 'item';
}

function isScope(field: FilterField): boolean {
  return field.kind === 'intrinsic' && field.name === 'scope';
}

/** What the span's own row says. */
function ownValue(field: FilterField): Sql {
  const cut = (value: Sql): Sql => sql`substringUTF8(ifNull(${value}, ''), 1, ${integer(VALUE_CHARS)})`;
  if (field.kind === 'attribute')
    return field.scope === 'resource' ? raw("''") : cut(textOf(ITEM_ATTRIBUTES.traces, field.key));
  switch (field.name) {
    case 'service':
      return cut(raw('service_name'));
    case 'name':
      return cut(raw('stored.name'));
    case 'kind':
      return sql`${raw(`[${SPAN_KINDS.map((kind) => `'${kind}'`).join(', ')}]`)}[kind + 1]`;
    case 'status':
      return sql`${raw(`[${SPAN_STATUSES.map((status) => `'${status}'`).join(', ')}]`)}[status_code + 1]`;
    case 'duration':
      return raw("concat(toString(duration_ns / 1e6), 'ms')");
    default:
      return raw("''");
  }
}

function resourceText(attributes: readonly StoredAttribute[], key: string): string {
  const plain = plainAttributes(attributes);
  for (const name of namesOf(key)) {
    const value = plain[name];
    if (value !== undefined) return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, VALUE_CHARS);
  }
  return '';
}
