/** Names of services, over all that is stored. */
import { raw, sql } from './sql.ts';
import type { ReadOptions, StoreReader } from './store-reader.ts';

const maxNames = 10_000;

/** The services that have spans, sorted. Reads one byte a span. */
export async function listServiceNames(reader: StoreReader, options?: ReadOptions): Promise<readonly string[]> {
  const table = await reader.read(
    sql`SELECT service_name FROM spans WHERE service_name != '' GROUP BY service_name ORDER BY service_name LIMIT ${raw(String(maxNames))}`,
    options,
  );
  return table.strings('service_name');
}
