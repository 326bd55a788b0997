/** What ClickHouse says of itself and of our tables; on a cluster of all machines, but for what is the same on each, and for the process asked. */

import type { SignalName } from '../answers/index.ts';
import { raw, type Sql, sql, storedTable } from '../sql/index.ts';
import { logs } from './logs.ts';
import { ALL_POINTS } from './metrics.ts';
import { spans } from './traces.ts';

const OURS: Sql = raw('database = currentDatabase()');

export const STORE_TABLES: Sql = sql`FROM system.tables WHERE ${OURS}`;
export const STORE_PARTS: Sql = sql`FROM ${storedTable('system.parts')} WHERE ${OURS}`;
export const DETACHED_PARTS: Sql = sql`FROM ${storedTable('system.detached_parts', 'machines')} WHERE ${OURS}`;
export const DISKS: Sql = sql`FROM ${storedTable('system.disks', 'machines')} WHERE is_remote = 0`;
/** `metric`, `value`. */
export const SERVER_LEVELS: Sql = raw('FROM system.asynchronous_metrics WHERE 1');
/** `event`, `value`. */
export const SERVER_COUNTERS: Sql = raw('FROM system.events WHERE 1');

/** Tables whose rows are the items of a signal; the others of the signal belong to their cost. */
export const ITEM_TABLES: { readonly [signal in SignalName]: readonly string[] } = {
  traces: [spans.table],
  logs: [logs.table],
  metrics: ALL_POINTS.map(({ table }) => table),
};
