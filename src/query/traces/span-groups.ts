/** Matching spans by the values of a field, and by time and duration: all of them, not a sample. */
import { resolveField } from '#lang/filter';
import type { SpanGroups, SpanHeatmap } from '../answers/index.ts';
import { textOf } from '../filter/index.ts';
import { bucketOf, chooseGrid, leftJoin } from '../plan/index.ts';
import { QueryError, type ReadOptions, type StoreReader } from '../reader/index.ts';
import { ITEM_ATTRIBUTES, OWNER_ATTRIBUTES, ownerValues, resources, scopes, spans } from '../source/index.ts';
import { Bound, integer, raw, type Sql, sql, texts } from '../sql/index.ts';
import { prunedSpanCondition, SPAN_KINDS, SPAN_STATUSES } from './spans.ts';
import type { TraceFilter } from './trace-search.ts';

const MAX_GROUPS = 100;
/** Longer values are one with what begins alike. */
const VALUE_CHARS = 300;
const HEATMAP_BUCKETS = 120;
/** Steps of a duration: each is a fifth of a power of ten. */
const STEPS_PER_DECADE = 5;

/** The spans of a filter; `ok` are those that did not fail. */
async function matching(reader: StoreReader, filter: TraceFilter, options?: ReadOptions): Promise<Sql> {
  const { condition } = await prunedSpanCondition(reader, filter, filter, options);
  const status = raw(
    filter.status === undefined ? '1' : filter.status === 'error' ? 'status_code = 2' : 'status_code != 2',
  );
  return sql`${spans.in(filter)} AND ${condition} AND ${status}`;
}

export async function groupSpans(
  reader: StoreReader,
  query: TraceFilter & { readonly by: string },
  options?: ReadOptions,
): Promise<SpanGroups> {
  const values = valuesOf(query.by, await matching(reader, query, options));
  const counted = await reader.read(
    sql`SELECT value, count() AS n, count(*) OVER () AS group_count, sum(n) OVER () AS total FROM (${values})
      GROUP BY value ORDER BY n DESC, value LIMIT ${integer(MAX_GROUPS)}`,
    options,
  );
  if (counted.rowCount === 0) return { groups: [], groupCount: 0, spanCount: 0 };
  const table = await reader.read(
    sql`SELECT value, count() AS n, countIf(status_code = 2) AS failed, quantilesDD(0.005, 0.5, 0.95, 0.99)(duration_ns) AS durations
      FROM (${values}) WHERE has(${texts(counted.strings('value'))}, value) GROUP BY value ORDER BY n DESC, value`,
    options,
  );
  const [counts, failed] = [table.numbers('n'), table.numbers('failed')];
  const durations = table.column<readonly number[]>('durations');
  const groups = table.strings('value').map((value, row) => {
    const [p50Ns, p95Ns, p99Ns] = durations[row]!.map(Number);
    return { value, count: counts[row]!, errorCount: failed[row]!, p50Ns: p50Ns!, p95Ns: p95Ns!, p99Ns: p99Ns! };
  });
  return { groups, groupCount: counted.numbers('group_count')[0]!, spanCount: counted.numbers('total')[0]! };
}

/** `value`, empty where a span has none, `status_code` and `duration_ns` of each row. */
function valuesOf(by: string, rows: Sql): Sql {
  const field = resolveField(by, 'traces');
  const cut = (value: Sql): Sql => sql`substringUTF8(ifNull(${value}, ''), 1, ${integer(VALUE_CHARS)})`;
  const own = (value: Sql): Sql => sql`SELECT ${cut(value)} AS value, status_code, duration_ns ${rows}`;
  if (field.kind === 'attribute') {
    const ofSpan = textOf(ITEM_ATTRIBUTES.traces, field.key);
    if (field.scope === 'item') return own(ofSpan);
    const ofResource = {
      rows: ownerValues(resources, sql`toNullable(${textOf(OWNER_ATTRIBUTES, field.key)})`, 'of_owner'),
      as: 'known',
    };
    const first = field.scope === 'resource' ? raw("CAST(NULL, 'Nullable(String)')") : ofSpan;
    return sql`SELECT ${cut(raw('coalesce(own, of_owner)'))} AS value, status_code, duration_ns
      FROM (SELECT ${first} AS own, resource_id, status_code, duration_ns ${rows}) AS counted ${leftJoin(ofResource, ['resource_id'])}`;
  }
  switch (field.name) {
    case 'service':
      return own(raw('service_name'));
    case 'name':
      return own(raw('stored.name'));
    case 'kind':
      return own(sql`${texts(SPAN_KINDS)}[kind + 1]`);
    case 'status':
      return own(sql`${texts(SPAN_STATUSES)}[status_code + 1]`);
    case 'scope': {
      const named = { rows: ownerValues(scopes, raw('name'), 'of_owner'), as: 'known' };
      return sql`SELECT ${cut(raw('of_owner'))} AS value, status_code, duration_ns
        FROM (SELECT scope_id, status_code, duration_ns ${rows}) AS counted ${leftJoin(named, ['scope_id'])}`;
    }
    default:
      throw new QueryError('bad_query', `spans can't be grouped by ${field.name}: each has another`, {
        hint: 'group by an attribute, or by service, name, kind, status or scope',
      });
  }
}

export async function readSpanHeatmap(
  reader: StoreReader,
  filter: TraceFilter,
  options?: ReadOptions,
): Promise<SpanHeatmap> {
  const grid = chooseGrid(filter, HEATMAP_BUCKETS);
  const steps = new Bound('Float64', String(STEPS_PER_DECADE));
  const table = await reader.read(
    sql`SELECT ${bucketOf(grid)} AS bucket, toInt16(floor(log10(greatest(duration_ns, 1)) * ${steps})) AS step, count() AS n,
        countIf(status_code = 2) AS failed
      ${await matching(reader, filter, options)} GROUP BY bucket, step ORDER BY step, bucket`,
    options,
  );
  const [buckets, steppedAt] = [table.numbers('bucket'), table.numbers('step')];
  const [counts, failed] = [table.numbers('n'), table.numbers('failed')];
  const first = steppedAt[0] ?? 0;
  const lines = Array.from({ length: table.rowCount === 0 ? 0 : steppedAt.at(-1)! - first + 1 }, (_, i) => ({
    lowerNs: lowerNs(first + i),
    upperNs: lowerNs(first + i + 1),
    counts: new Array<number>(grid.count).fill(0),
    errorCounts: new Array<number>(grid.count).fill(0),
  }));
  for (const [row, bucket] of buckets.entries()) {
    const line = lines[steppedAt[row]! - first]!;
    line.counts[bucket] = counts[row]!;
    line.errorCounts[bucket] = failed[row]!;
  }
  return { grid, lines, spanCount: counts.reduce((sum, n) => sum + n, 0) };
}

/** Where a step begins; spans of 0 and 1 ns are in the first. */
function lowerNs(step: number): number {
  return step <= 0 ? 0 : 10 ** (step / STEPS_PER_DECADE);
}
