/** Measures the queries behind the console's pages over a million spans. Run by hand: `node src/query/testing/measure.ts`. */
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { listAttributeKeys } from '../hints/index.ts';
import { listOperations, listServices, readNeighbours, readService, readServiceEdges } from '../services/index.ts';
import { sql } from '../sql/index.ts';
import { findServiceTraces, readSpan, readTrace, readWholeTrace, searchTraces } from '../traces/index.ts';
import { insertBulkSpans } from './bulk.ts';
import { startTestStore } from './test-store.ts';

const RUNS = 7;
const HOUR_MS = 3_600_000;

const store = await startTestStore();
const toMs = Date.now();
const range = { fromMs: toMs - HOUR_MS, toMs };
await insertBulkSpans(store, { spanCount: 1_000_000, spansPerTrace: 10, ...range });
await insertBulkSpans(store, { spanCount: 10_000, spansPerTrace: 10_000, fromMs: toMs - HOUR_MS / 2, toMs, seed: 2 });
await insertBulkSpans(store, { spanCount: 100_000, spansPerTrace: 100_000, fromMs: toMs - HOUR_MS / 3, toMs, seed: 3 });

async function traceOf(spanCount: number): Promise<string> {
  const table = await store.reader.read(
    sql`SELECT trace_id, count() AS n FROM spans GROUP BY trace_id ORDER BY n DESC LIMIT 3`,
  );
  const row = table.numbers('n').findIndex((n) => n === spanCount);
  return table.strings('trace_id')[row < 0 ? 2 : row]!;
}

/** CPU time of the engine in ms, from Linux's /proc: user and system time in hundredths of a second. */
function engineCpuMs(): number {
  const fields = readFileSync(`/proc/${store.enginePid()}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Wall time depends on what else the machine does; the engine's CPU time hardly does. */
async function measure(name: string, run: () => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  const cpuBeforeMs = engineCpuMs();
  for (let i = 0; i < RUNS; i++) {
    const startedMs = performance.now();
    await run();
    times.push(performance.now() - startedMs);
  }
  times.sort((a, b) => a - b);
  const [best, median, cpu] = [times[0]!, times[RUNS >> 1]!, (engineCpuMs() - cpuBeforeMs) / RUNS].map((ms) =>
    ms.toFixed(0).padStart(5),
  );
  process.stdout.write(`| ${name.padEnd(36)} | ${best} | ${median} | ${cpu} |\n`);
}

const { reader } = store;
const search = { ...range, sort: 'newest', limit: 200 } as const;
const [small, large, huge] = [await traceOf(10), await traceOf(10_000), await traceOf(100_000)];
const someSpan = (await readTrace(reader, large)).spans.ids.slice(16 * 5_000, 16 * 5_001);
process.stdout.write(`${cpus().length} cores, load before ${loadavg()[0]!.toFixed(1)}\n`);
process.stdout.write(`| query | best ms | median ms | engine CPU ms |\n`);
await measure('SELECT 1', () => reader.read(sql`SELECT 1`));
await measure('services', () => listServices(reader, range));
await measure('services of one environment', () => listServices(reader, { ...range, environment: 'prod' }));
await measure('one service', () => readService(reader, { ...range, service: 'service-0' }));
await measure('its slowest traces', () =>
  findServiceTraces(reader, { ...range, service: 'service-0', pick: 'slowest', limit: 10 }),
);
await measure('its callers and callees', () => readNeighbours(reader, { ...range, service: 'service-1' }));
await measure('its operations', () => listOperations(reader, { ...range, service: 'service-1' }));
await measure('all edges between services', () => readServiceEdges(reader, range));
await measure('traces, newest 200', () => searchTraces(reader, search));
await measure('traces of a service, newest 200', () => searchTraces(reader, { ...search, service: 'service-1' }));
await measure('traces with an attribute, newest 200', () => searchTraces(reader, { ...search, q: 'user.id=u7' }));
await measure('traces, slowest 200', () => searchTraces(reader, { ...search, sort: 'slowest' }));
await measure('trace of 10 spans', () => readTrace(reader, small));
await measure('trace of 10,000 spans', () => readTrace(reader, large));
await measure('trace of 100,000 spans', () => readTrace(reader, huge));
await measure('trace of 10,000 spans, whole', () => readWholeTrace(reader, large));
await measure('one span of it', () => readSpan(reader, large, someSpan));
await measure('attribute keys', () => listAttributeKeys(reader, { ...range, signal: 'traces' }));
process.stdout.write(`load after ${loadavg()[0]!.toFixed(1)}\n`);
await store.close();
