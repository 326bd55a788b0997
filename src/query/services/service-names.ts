/** Names of services. */

import { stringOf } from '../filter/index.ts';
import { cutText } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { SPAN_ATTRIBUTES, spans, type TimeRange } from '../source/index.ts';
import { allOf, Bound, raw, sql, text } from '../sql/index.ts';
import { inEnvironment } from '../traces/index.ts';
import { MAX_SERVICES } from './services.ts';

const MAX_NAMES = 10_000;

/** The services that have spans, over all that is stored, sorted. Spans whose resource names no service have the name ''. Reads one byte a span. */
export async function listServiceNames(reader: StoreReader, options?: ReadOptions): Promise<readonly string[]> {
  const table = await reader.read(
    sql`SELECT service_name ${spans.ever()} GROUP BY service_name ORDER BY service_name LIMIT ${raw(String(MAX_NAMES))}`,
    { ...options, cost: 'bounded' },
  );
  return table.strings('service_name');
}

/** What a service's clients and producers call, as their spans name it (`service.peer.name`), over all that is stored, sorted. */
export async function listPeerNames(
  reader: StoreReader,
  service: string,
  options?: ReadOptions,
): Promise<readonly string[]> {
  const peer = sql`coalesce(${stringOf(SPAN_ATTRIBUTES, 'service.peer.name')}, '')`;
  const table = await reader.read(
    sql`SELECT ${cutText(peer)} AS peer ${spans.ever()} AND service_name = ${text(service)} AND peer != ''
      GROUP BY peer ORDER BY peer LIMIT ${raw(String(MAX_NAMES))}`,
    { ...options, cost: 'bounded' },
  );
  return table.strings('peer');
}

/** The names alone, for a menu: those with the most spans in the range, sorted by name. */
export async function listNamesInRange(
  reader: StoreReader,
  filter: TimeRange & { readonly environment?: string | undefined },
  options?: ReadOptions,
): Promise<{ readonly names: readonly string[]; readonly total: number }> {
  const condition = allOf(filter.environment ? [inEnvironment(filter.environment)] : []);
  const table = await reader.read(
    sql`SELECT service_name, count() OVER () AS total ${spans.in(filter)} AND ${condition}
      GROUP BY service_name ORDER BY count() DESC, service_name LIMIT ${new Bound('UInt32', MAX_SERVICES)}`,
    options,
  );
  return { names: [...table.strings('service_name')].sort(), total: table.numbers('total')[0] ?? 0 };
}
