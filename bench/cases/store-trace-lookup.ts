import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnEngine } from '#engine';
import { DEFAULT_RETENTION, prepareStore, storeEndpoint } from '#store';
import { decodeTraces } from '#wire';
import { SegmentEncoder } from '../../src/store/native/segment-encoder.ts';
import { encodeSegment, joined } from '../../src/store/testing/encode.ts';
import { traceBody } from '../lib/otlp-bodies.ts';
import { cpuSeconds } from '../lib/processes.ts';

/**
 * How long it takes to read a trace by its id from tables of growing size: first where it lies from `traces`, then its spans
 * with all columns. Ids are drawn at random from the whole table. Raw output: bench/results/store-trace-lookup.txt.
 *
 *   node bench/cases/store-trace-lookup.ts [millions of spans, default 10]
 */
const GOAL = Number(process.argv[2] ?? 10) * 1_000_000;
const SEED_BLOCKS = 10;
const BODIES_PER_BLOCK = 50;
const SPANS_PER_BODY = 1000;
const LOOKUPS = 100;
const lines: string[] = [];

function print(line: string): void {
  console.log(line);
  lines.push(line);
}

const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
const engine = await spawnEngine({ dataDir, flags: ['--memory', '4000000000'] });

async function run(sql: string, body?: Uint8Array<ArrayBuffer>): Promise<string> {
  const query = body === undefined ? '' : `&query=${encodeURIComponent(sql)}`;
  const response = await fetch(
    `${engine.address}/?database=signalbox&allow_suspicious_low_cardinality_types=1${query}`,
    {
      method: 'POST',
      headers: {
        'X-ClickHouse-User': engine.access.signalbox.username,
        'X-ClickHouse-Key': engine.access.signalbox.password,
      },
      body: body ?? sql,
    },
  );
  const answer = await response.text();
  if (!response.ok) throw new Error(answer);
  return answer.trim();
}

/** Real spans through the encoder: the pattern that is then repeated with other ids and times. */
async function writeSeed(): Promise<void> {
  const encoder = new SegmentEncoder();
  for (let i = 0; i < SEED_BLOCKS; i++) {
    const chunks = Array.from({ length: BODIES_PER_BLOCK }, (_, k) => {
      const seed = i * BODIES_PER_BLOCK + k;
      const serviceName = `service-${seed % 20}`;
      return decodeTraces(traceBody({ spanCount: SPANS_PER_BODY, spansPerTrace: 10, seed, serviceName })).chunk;
    });
    const now = BigInt(Date.now()) * 1_000_000n + BigInt(i);
    for (const block of encodeSegment(encoder, chunks, now)) {
      await run(`INSERT INTO ${block.table} (${block.columns.join(', ')}) FORMAT Native`, joined(block));
    }
  }
  await run('CREATE TABLE seed AS spans');
  await run('INSERT INTO seed SELECT * FROM spans');
  await run('CREATE TABLE seed_traces AS traces');
  await run('INSERT INTO seed_traces SELECT * FROM traces');
}

/** The columns of a table, some of them with an expression instead of what they hold. */
async function selectOf(table: string, instead: Readonly<Record<string, string>>): Promise<string> {
  const names = await run(
    `SELECT name FROM system.columns WHERE database = 'signalbox' AND table = '${table}' ORDER BY position FORMAT TSV`,
  );
  return names
    .split('\n')
    .map((name) => instead[name] ?? name)
    .join(', ');
}

/** Repeats the seed with other ids, each copy some minutes after the one before. */
async function addCopy(copy: number): Promise<void> {
  const id = `CAST(substring(sipHash128Keyed((toUInt64(${copy}), toUInt64(1)), trace_id), 1, 16), 'FixedString(16)')`;
  const spans = await selectOf('spans', { trace_id: id, time: `addMinutes(time, ${copy * 7})` });
  await run(`INSERT INTO spans SELECT ${spans} FROM seed SETTINGS max_threads = 1, max_insert_threads = 1`);
  const traces = await selectOf('traces', { trace_id: id, start: `addMinutes(start, ${copy * 7})` });
  await run(`INSERT INTO traces SELECT ${traces} FROM seed_traces SETTINGS max_threads = 1, max_insert_threads = 1`);
}

async function measure(): Promise<void> {
  const ids = (
    await run(`SELECT hex(trace_id) FROM traces ORDER BY cityHash64(trace_id) LIMIT ${LOOKUPS} FORMAT TSV`)
  ).split('\n');
  const indexMs: number[] = [];
  const totalMs: number[] = [];
  const cpuBefore = cpuSeconds(engine.pid!);
  for (const id of ids) {
    const startMs = performance.now();
    const range = await run(
      `SELECT toUnixTimestamp64Nano(min(start)), toUnixTimestamp64Nano(max(addMilliseconds(start, range_ms))),
         toString(groupUniqArrayArray(services)) FROM traces WHERE tenant = '' AND trace_id = unhex('${id}') FORMAT TSVRaw`,
    );
    const [from, to, services] = range.split('\t');
    indexMs.push(performance.now() - startMs);
    const spans = await run(
      `SELECT * FROM spans WHERE tenant = '' AND service_name IN ${services} AND trace_id = unhex('${id}')
         AND time BETWEEN fromUnixTimestamp64Nano(${from}, 'UTC') AND fromUnixTimestamp64Nano(${to}, 'UTC')
       FORMAT JSONEachRow`,
    );
    totalMs.push(performance.now() - startMs);
    if (spans.split('\n').length !== 10) throw new Error(`trace ${id} has ${spans.split('\n').length} spans`);
  }
  const cpuAfter = cpuSeconds(engine.pid!);
  const state = await run(
    `SELECT sum(rows), count(), formatReadableSize(sum(bytes_on_disk)) FROM system.parts
     WHERE active AND table = 'spans' FORMAT TSV`,
  );
  const [rows, parts, size] = state.split('\t');
  const at = (times: number[], share: number): string => {
    times.sort((a, b) => a - b);
    return times[Math.min(times.length - 1, Math.floor(times.length * share))]!.toFixed(1).padStart(8);
  };
  print(
    `${String(rows).padStart(10)} spans ${String(parts).padStart(4)} parts ${String(size).padStart(12)}` +
      `   index p50 ${at(indexMs, 0.5)} p95 ${at(indexMs, 0.95)}   all p50 ${at(totalMs, 0.5)} p95 ${at(totalMs, 0.95)} ms` +
      `   engine's CPU ${(((cpuAfter - cpuBefore) / ids.length) * 1000).toFixed(1)} ms`,
  );
}

try {
  await prepareStore({
    endpoint: storeEndpoint({ url: engine.address, ...engine.access.signalbox }),
    retention: DEFAULT_RETENTION,
  });
  print(`${new Date().toISOString()} · load ${loadavg()[0]!.toFixed(1)} · ${LOOKUPS} lookups of 10 spans, all columns`);
  await writeSeed();
  await measure();
  const perCopy = SEED_BLOCKS * BODIES_PER_BLOCK * SPANS_PER_BODY;
  const copies = Math.ceil(GOAL / perCopy);
  for (let copy = 1; copy < copies; copy++) {
    await addCopy(copy);
    if (copy + 1 === Math.ceil(copies / 4) || copy + 1 === copies) await measure();
  }
  writeFileSync(new URL('../results/store-trace-lookup.txt', import.meta.url), `${lines.join('\n')}\n`);
} finally {
  await engine.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
