import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ROLES, type Role, type RunningSignalbox } from '../../test/lib/signalbox.ts';
import { fetchCount } from './collectors.ts';
import { cpuSeconds, processTree, type Started, sleep, start, waitFor } from './processes.ts';

/** The load generator beside the checkout: telemetry of a shop with 20 services. */
const GENERATOR = fileURLToPath(new URL('../../../shared/load/otlp.mjs', import.meta.url));
/** A second apart. */
const SETTLED_LOOKS = 5;
const SETTLE_LIMIT_MS = 1_800_000;

export interface StoredLoad {
  readonly signal: 'traces' | 'logs' | 'metrics';
  /** Tables whose rows are the items. */
  readonly itemTables: readonly string[];
  /** All tables that the signal fills. */
  readonly tables: readonly string[];
  /** How often the tables' parts must look alike. Own metrics come every 5 s, so that those of metrics never do for longer. */
  readonly settledLooks?: number;
}

export interface GeneratedLoad extends StoredLoad {
  /** Flags of the generator. */
  readonly args: readonly string[];
}

export const TRACE_LOAD: StoredLoad = {
  signal: 'traces',
  itemTables: ['spans'],
  tables: ['spans', 'traces', 'request_slots', 'span_events', 'span_links', 'resources', 'scopes'],
};
export const LOG_LOAD: StoredLoad = {
  signal: 'logs',
  itemTables: ['logs'],
  tables: ['logs', 'log_streams', 'resources', 'scopes'],
};

/** What a load took of all our processes, from its first byte until it is stored and no merge is left to do. */
export interface StoredLoadResult {
  readonly items: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly cpuSecondsByRole: Readonly<Record<Role | 'supervisor', number>>;
  /** How often a row was written again by a merge. */
  readonly mergedRowsPerItem: number;
  /** On disk, of active parts, indexes included. */
  readonly bytesPerItem: number;
  readonly parts: number;
  readonly generator: unknown;
}

/** Throws where there is no generator. */
export function checkGenerator(): void {
  if (!existsSync(GENERATOR)) throw new Error(`the load generator is not there: ${GENERATOR}`);
}

export function storeLoad(signalbox: RunningSignalbox, load: GeneratedLoad): Promise<StoredLoadResult> {
  return measured(signalbox, load, () =>
    generated(startGenerator(load.signal, ['--url', signalbox.otlpUrl, ...load.args])),
  );
}

/** The same of whatever `send` sends; it resolves when all of it was taken. */
export async function measured(
  signalbox: RunningSignalbox,
  load: StoredLoad,
  send: () => Promise<{ readonly accepted: number }>,
): Promise<StoredLoadResult> {
  await waitFor('the tables to be made', async () => (await countItems(signalbox, load)) >= 0, 60_000);
  const storedBefore = await countItems(signalbox, load);
  const pids = processTree(signalbox.supervisorPid);
  const before = new Map(pids.map((pid) => [pid, cpuSeconds(pid)]));
  const mergedBefore = await mergedRows(signalbox);
  const startMs = performance.now();
  const generator = await send();
  await untilSettled(signalbox, load, storedBefore + generator.accepted);
  const roleOf = (pid: number): Role | 'supervisor' =>
    ROLES.find((role) => signalbox.pidOf(role) === pid) ?? 'supervisor';
  const byRole = { collector: 0, engine: 0, server: 0, supervisor: 0 };
  for (const [pid, seconds] of before) byRole[roleOf(pid)] += cpuSeconds(pid) - seconds;
  const stored = await countItems(signalbox, load);
  const active = partsOf(load);
  return {
    items: generator.accepted,
    seconds: (performance.now() - startMs) / 1000,
    cpuSeconds: Object.values(byRole).reduce((sum, seconds) => sum + seconds, 0),
    cpuSecondsByRole: byRole,
    mergedRowsPerItem: ((await mergedRows(signalbox)) - mergedBefore) / generator.accepted,
    bytesPerItem: (await fetchCount(signalbox, `SELECT sum(bytes_on_disk) ${active}`)) / stored,
    parts: await fetchCount(signalbox, `SELECT count() ${active}`),
    generator,
  };
}

/** Runs the generator beside the caller; `--url` is among `args`. */
export function startGenerator(signal: StoredLoad['signal'], args: readonly string[]): Started {
  return start(process.execPath, [GENERATOR, signal, ...args]);
}

/** Waits for its end and says what it sent. Throws where that was not all. */
export async function generated({ child, output }: Started): Promise<{ accepted: number }> {
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`the load generator failed\n${output()}`);
  return JSON.parse(output().trim().split('\n').at(-1)!) as { accepted: number };
}

async function countItems(signalbox: RunningSignalbox, { itemTables }: StoredLoad): Promise<number> {
  let count = 0;
  for (const table of itemTables) count += await fetchCount(signalbox, `SELECT count() FROM signalbox.${table}`);
  return count;
}

function partsOf(load: StoredLoad): string {
  return `FROM system.parts WHERE active AND ${ofTables(load)}`;
}

function ofTables({ tables }: StoredLoad): string {
  return `database = 'signalbox' AND table IN (${tables.map((table) => `'${table}'`).join(', ')})`;
}

async function mergedRows(signalbox: RunningSignalbox): Promise<number> {
  return await fetchCount(signalbox, "SELECT sum(value) FROM system.events WHERE event = 'MergedRows'");
}

async function untilSettled(signalbox: RunningSignalbox, load: StoredLoad, items: number): Promise<void> {
  await waitFor('all items to be stored', async () => (await countItems(signalbox, load)) >= items, SETTLE_LIMIT_MS);
  let last = '';
  let looks = 0;
  const untilMs = performance.now() + SETTLE_LIMIT_MS;
  while (looks < (load.settledLooks ?? SETTLED_LOOKS)) {
    if (performance.now() > untilMs) throw new Error('merges did not come to an end');
    await sleep(1000);
    const state = await signalbox.query(
      `SELECT (SELECT count() FROM system.merges WHERE ${ofTables(load)}), groupArray(name)
        FROM (SELECT name ${partsOf(load)} ORDER BY name)`,
    );
    looks = state === last && state.startsWith('0\t') ? looks + 1 : 0;
    last = state;
  }
}
