import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnEngine } from '#engine';
import { createTableStatement, DEFAULT_RETENTION, prepareStore, SINGLE_MACHINE, storeEndpoint, TABLES } from '#store';
import { decodeTraces, TracesBuilder } from '#wire';
import { SpanBlockEncoder } from '../../src/store/native/span-block.ts';
import { encodeBlock, joined } from '../../src/store/testing/encode.ts';

/**
 * A flood of different attribute keys: 40,000 spans with 200,000 keys in four blocks, each key twice. Time and peak memory of the engine
 * for the inserts and for merging them, with the table's settings and with ClickHouse's default ("advanced"), which gets a tenth of
 * the keys. Raw output: bench/results/store-key-flood.txt.
 *
 *   node bench/cases/store-key-flood.ts
 */
const SPANS_PER_BLOCK = 10_000;
const KEYS_PER_SPAN = 10;
const lines: string[] = [];

function print(line: string): void {
  console.log(line);
  lines.push(line);
}

/** A body of spans whose attributes all have different keys. Even blocks share one set of keys, odd ones another. */
function floodBody(block: number, spanCount: number): Uint8Array {
  const traces = new TracesBuilder();
  const group = traces.group();
  const keyOf = (i: number, k: number): string => `flood.${block % 2}.${i * KEYS_PER_SPAN + k}`;
  for (let i = 0; i < spanCount; i++) {
    const attributes = Object.fromEntries(Array.from({ length: KEYS_PER_SPAN }, (_, k) => [keyOf(i, k), i]));
    group.add({ traceId: new Uint8Array(16).fill(1), spanId: new Uint8Array(8).fill(2), name: '', attributes });
  }
  return traces.body();
}

async function measure(name: string, spansPerBlock: number, edit: (statement: string) => string): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  const engine = await spawnEngine({ dataDir, flags: ['--memory', '8000000000'] });
  const run = async (sql: string, body?: Uint8Array<ArrayBuffer>): Promise<string> => {
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
    return answer;
  };
  const peakMegabytes = (): string => {
    const status = readFileSync(`/proc/${engine.pid}/status`, 'latin1');
    return (Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1000).toFixed(0);
  };
  try {
    await prepareStore({
      endpoint: storeEndpoint({ url: engine.address, ...engine.access.signalbox }),
      retention: DEFAULT_RETENTION,
    });
    const statement = createTableStatement(TABLES.find(({ name }) => name === 'spans')!, 'signalbox', SINGLE_MACHINE);
    await run(edit(statement.replace('signalbox.spans', 'signalbox.flood')));
    await run('SYSTEM STOP MERGES flood');
    const encoder = new SpanBlockEncoder();
    let bytes = 0;
    const startMs = performance.now();
    for (let block = 0; block < 4; block++) {
      const { chunk } = decodeTraces(floodBody(block, spansPerBlock));
      const made = encodeBlock(encoder, [chunk], BigInt(Date.now()) * 1_000_000n + BigInt(block));
      bytes += made.byteLength;
      await run(`INSERT INTO flood (${made.columns.join(', ')}) FORMAT Native`, joined(made));
    }
    const insertedMs = performance.now();
    const insertPeak = peakMegabytes();
    await run('SYSTEM START MERGES flood');
    await run('OPTIMIZE TABLE flood FINAL');
    const mergedMs = performance.now();
    print(
      [
        name.padEnd(30),
        String(spansPerBlock * KEYS_PER_SPAN * 2).padStart(10),
        (bytes / 1e6).toFixed(1).padStart(10),
        ((insertedMs - startMs) / 1000).toFixed(1).padStart(10),
        insertPeak.padStart(10),
        ((mergedMs - insertedMs) / 1000).toFixed(1).padStart(10),
        peakMegabytes().padStart(10),
      ].join(''),
    );
  } finally {
    await engine.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

print(`${new Date().toISOString()} · load ${loadavg()[0]!.toFixed(1)}`);
print(
  [
    'shared data'.padEnd(30),
    'keys'.padStart(10),
    'MB sent'.padStart(10),
    'insert s'.padStart(10),
    'peak MB'.padStart(10),
    'merge s'.padStart(10),
    'peak MB'.padStart(10),
  ].join(''),
);
const advanced = (statement: string): string =>
  statement
    .replace(/, object_shared_data_serialization_version = '[a-z_]+'/, '')
    .replace(/, object_shared_data_serialization_version_for_zero_level_parts = '[a-z_]+'/, '');
await measure('as in the schema', SPANS_PER_BLOCK, (statement) => statement);
await measure('as in the schema', SPANS_PER_BLOCK / 10, (statement) => statement);
await measure("ClickHouse's default", SPANS_PER_BLOCK / 10, advanced);
writeFileSync(new URL('../results/store-key-flood.txt', import.meta.url), `${lines.join('\n')}\n`);
