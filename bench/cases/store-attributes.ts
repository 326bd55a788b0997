import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EngineProcess, spawnEngine } from '#engine';
import type { SpanChunk } from '#pdata';
import {
  ATTRIBUTE_PATHS,
  createTableStatement,
  DEFAULT_RETENTION,
  jsonType,
  prepareStore,
  SINGLE_MACHINE,
  SPAN_ATTRIBUTES_TYPE,
  storeEndpoint,
  TABLES,
} from '#store';
import { decodeTraces } from '#wire';
import { SpanBlockEncoder } from '../../src/store/native/span-block.ts';
import { encodeBlock, joined } from '../../src/store/testing/encode.ts';
import { traceBody } from '../lib/otlp-bodies.ts';

/**
 * How attributes are kept and written: JSON columns with typed paths, as the store writes them, without, in the *flattened* layout, from JSON text, and
 * Map(LowCardinality(String), String) beside them. The same spans, the same columns otherwise. CPU of the engine's process, without
 * merges; then a merge of all parts; bytes on disk; and two queries on one attribute. Raw output: bench/results/store-attributes.txt.
 *
 *   node bench/cases/store-attributes.ts
 */
const BLOCKS = 6;
const BODIES_PER_BLOCK = 40;
const SPANS_PER_BODY = 1000;
const SPANS = BLOCKS * BODIES_PER_BLOCK * SPANS_PER_BODY;
const QUERY_ROUNDS = 7;

const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
const engine = await spawnEngine({ dataDir, flags: ['--memory', '4000000000'] });
const lines: string[] = [];

function print(line: string): void {
  console.log(line);
  lines.push(line);
}

async function run(sql: string, body?: Uint8Array<ArrayBuffer>, settings = ''): Promise<Buffer> {
  const query = body === undefined ? '' : `&query=${encodeURIComponent(sql)}`;
  const response = await fetch(`${engine.address}/?database=signalbox${query}${settings}`, {
    method: 'POST',
    headers: {
      'X-ClickHouse-User': engine.access.signalbox.username,
      'X-ClickHouse-Key': engine.access.signalbox.password,
    },
    body: body ?? sql,
  });
  const answer = Buffer.from(await response.arrayBuffer());
  if (!response.ok) throw new Error(answer.toString());
  return answer;
}

const text = async (sql: string): Promise<string> => (await run(sql)).toString().trim();

/** CPU seconds of the engine so far, in user and system mode. */
function cpuOf({ pid }: EngineProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ');
  return (Number(stat[13]) + Number(stat[14])) / 100;
}

interface Variant {
  readonly name: string;
  readonly table: string;
  readonly columns: string;
  readonly blocks: readonly Uint8Array<ArrayBuffer>[];
  readonly equals: string;
  readonly groups: string;
}

async function measure(variant: Variant): Promise<void> {
  const { table } = variant;
  await run(`SYSTEM STOP MERGES ${table}`);
  const sizes = variant.blocks.reduce((sum, block) => sum + block.length, 0);
  const before = cpuOf(engine);
  for (const block of variant.blocks) await run(`INSERT INTO ${table} (${variant.columns}) FORMAT Native`, block);
  const inserted = cpuOf(engine);
  await run(`SYSTEM START MERGES ${table}`);
  await run(`OPTIMIZE TABLE ${table} FINAL`);
  const merged = cpuOf(engine);
  const bytes = Number(
    await text(
      `SELECT sum(bytes_on_disk) / sum(rows) FROM system.parts WHERE active AND table = '${table}' FORMAT TSV`,
    ),
  );
  const times: string[] = [];
  for (const sql of [variant.equals, variant.groups]) {
    const all: number[] = [];
    for (let i = 0; i < QUERY_ROUNDS; i++) {
      const startMs = performance.now();
      await text(`${sql} SETTINGS use_query_condition_cache = 0 FORMAT TSV`);
      all.push(performance.now() - startMs);
    }
    times.push(Math.min(...all).toFixed(0));
  }
  const perSpan = (seconds: number): string => ((seconds / SPANS) * 1e6).toFixed(2);
  print(
    [
      variant.name.padEnd(34),
      `${(sizes / SPANS).toFixed(0)}`.padStart(12),
      perSpan(inserted - before).padStart(12),
      perSpan(merged - inserted).padStart(12),
      bytes.toFixed(1).padStart(12),
      times[0]!.padStart(12),
      times[1]!.padStart(12),
    ].join(''),
  );
}

/** Makes a table like `spans` with other attribute columns, and gives its rows as Native blocks that ClickHouse wrote. */
async function blocksOf(select: string, settings: string): Promise<Uint8Array<ArrayBuffer>[]> {
  const blocks: Uint8Array<ArrayBuffer>[] = [];
  const times = (await text('SELECT DISTINCT toUnixTimestamp64Nano(ingested_at) FROM source FORMAT TSV')).split('\n');
  for (const time of times) {
    const sql = `SELECT ${select} FROM source WHERE ingested_at = fromUnixTimestamp64Nano(${time}, 'UTC')
      SETTINGS max_threads = 1, max_block_size = 1000000, preferred_block_size_bytes = 1000000000 ${settings} FORMAT Native`;
    blocks.push(new Uint8Array(await run(sql)));
  }
  return blocks;
}

try {
  await prepareStore({
    endpoint: storeEndpoint({ url: engine.address, ...engine.access.signalbox }),
    retention: DEFAULT_RETENTION,
  });
  const spans = TABLES.find(({ name }) => name === 'spans')!;
  const make = async (name: string, type: string): Promise<void> => {
    const columns = spans.columns.replace(SPAN_ATTRIBUTES_TYPE, type);
    const statement = createTableStatement({ ...spans, name, columns }, 'signalbox', SINGLE_MACHINE);
    await run(statement, undefined, '&allow_suspicious_low_cardinality_types=1');
  };
  await make('source', SPAN_ATTRIBUTES_TYPE);
  await make('without_types', jsonType(ATTRIBUTE_PATHS));
  await make('flattened', jsonType(ATTRIBUTE_PATHS));
  await make('from_text', jsonType(ATTRIBUTE_PATHS));
  await make('with_map', 'Map(LowCardinality(String), String)');

  const encoder = new SpanBlockEncoder();
  const own: Uint8Array<ArrayBuffer>[] = [];
  let columns = '';
  const startNs = BigInt(Date.now()) * 1_000_000n;
  for (let i = 0; i < BLOCKS; i++) {
    const chunks: SpanChunk[] = [];
    for (let k = 0; k < BODIES_PER_BLOCK; k++) {
      const seed = i * BODIES_PER_BLOCK + k;
      const body = traceBody({
        spanCount: SPANS_PER_BODY,
        spansPerTrace: 10,
        seed,
        serviceName: `service-${seed % 20}`,
      });
      chunks.push(decodeTraces(body).chunk);
    }
    const block = encodeBlock(encoder, chunks, startNs + BigInt(i));
    columns = block.columns.join(', ');
    own.push(joined(block));
    await run(`INSERT INTO source (${columns}) FORMAT Native`, own.at(-1)!);
  }
  const keys = JSON.parse(
    await text(
      `SELECT toJSONString(arraySort(groupUniqArrayArray(JSONAllPaths(attributes)))) FROM source FORMAT TSVRaw`,
    ),
  ) as string[];
  const mapOf = (column: string, names: readonly string[]): string =>
    `CAST(arrayFilter(pair -> pair.2 != '', [${names
      .map((name) => `tuple('${name}', toString(${column}.\`${name}\`))`)
      .join(', ')}]), 'Map(LowCardinality(String), String)') AS ${column}`;
  const rest = columns
    .split(', ')
    .filter((name) => name !== 'attributes')
    .join(', ');
  const order = `${rest}, attributes`;
  const untyped = `${rest}, CAST(attributes, '${jsonType(ATTRIBUTE_PATHS)}') AS attributes`;
  const plain = await blocksOf(untyped, '');
  const flattened = await blocksOf(untyped, ', output_format_native_use_flattened_dynamic_and_json_serialization = 1');
  const asText = await blocksOf(`${rest}, toJSONString(attributes) AS attributes`, '');
  const asMap = await blocksOf(`${rest}, ${mapOf('attributes', keys)}`, '');

  print(`${new Date().toISOString()} · ${cpus().length} cores ${cpus()[0]!.model} · load ${loadavg()[0]!.toFixed(1)}`);
  print(`${SPANS} spans in ${BLOCKS} blocks, ${keys.length} attribute keys`);
  print('');
  print(
    [
      'attributes'.padEnd(34),
      'bytes sent'.padStart(12),
      'insert µs'.padStart(12),
      'merge µs'.padStart(12),
      'bytes disk'.padStart(12),
      'equals ms'.padStart(12),
      'groups ms'.padStart(12),
    ].join(''),
  );
  const key = keys.find((name) => name.includes('status')) ?? keys[0]!;
  const json = (table: string) => ({
    equals: `SELECT count() FROM ${table} WHERE attributes.\`${key}\`::String = '500'`,
    groups: `SELECT attributes.\`${key}\`::String AS value, count() FROM ${table} GROUP BY value`,
  });
  const common = { columns: order };
  await measure({ name: 'JSON, typed paths', table: 'spans', columns, blocks: own, ...json('spans') });
  await measure({
    name: 'JSON, no typed paths',
    table: 'without_types',
    ...common,
    blocks: plain,
    ...json('without_types'),
  });
  await measure({ name: 'JSON, flattened', table: 'flattened', ...common, blocks: flattened, ...json('flattened') });
  await measure({ name: 'JSON, from text', table: 'from_text', ...common, blocks: asText, ...json('from_text') });
  await measure({
    name: 'Map(LowCardinality(String), String)',
    table: 'with_map',
    ...common,
    blocks: asMap,
    equals: `SELECT count() FROM with_map WHERE attributes['${key}'] = '500'`,
    groups: `SELECT attributes['${key}'] AS value, count() FROM with_map GROUP BY value`,
  });
  print('');
  print(
    'bytes sent, insert, merge, bytes disk: per span. insert and merge: CPU of the engine. queries: best of 7, warm.',
  );
  writeFileSync(new URL('../results/store-attributes.txt', import.meta.url), `${lines.join('\n')}\n`);
} finally {
  await engine.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
