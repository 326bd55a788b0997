import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { nearest } from '#base';
import { bigCase } from './cases/big.ts';
import { componentsCase } from './cases/components.ts';
import { consoleCase } from './cases/console.ts';
import { dashboardCase } from './cases/dashboard.ts';
import { decodersCase } from './cases/decoders.ts';
import { fullSpeedCase } from './cases/full-speed.ts';
import { grpcCase } from './cases/grpc.ts';
import { ingestBesideQueriesCase } from './cases/ingest-beside-queries.ts';
import { k8sAttributesCase } from './cases/k8s-attributes.ts';
import { latenciesCase } from './cases/latencies.ts';
import { logSearchCase, logsCase } from './cases/logs.ts';
import { metricsCase } from './cases/metrics.ts';
import { pagesLiveCase } from './cases/pages-live.ts';
import { pipelineCase } from './cases/pipeline.ts';
import { processorsCase } from './cases/processors.ts';
import { promqlCase } from './cases/promql.ts';
import { remoteWriteCase } from './cases/remote-write.ts';
import { rulesCase } from './cases/rules.ts';
import { scrapeCase } from './cases/scrape.ts';
import { redCase, spanMetricsCase } from './cases/span-metrics.ts';
import { freshnessCase, idleCase, storeCase } from './cases/store.ts';
import { tailSamplingCase } from './cases/tail-sampling.ts';
import { tracePageCase } from './cases/trace-page.ts';
import { filterCase, transformCase } from './cases/transform.ts';
import { isAlone } from './lib/beside.ts';
import { buildOtelcol } from './lib/otelcol.ts';
import { type BenchCase, type Row, tableOf, writeRaw } from './lib/report.ts';

/**
 * `npm run bench [-- case …]`: runs the cases one after the other, keeps their raw output in bench/results/, and prints one table.
 * Figures of peers are taken in the same run, because only their ratio to ours is comparable on a shared machine.
 */
const CASES: readonly BenchCase[] = [
  decodersCase,
  pipelineCase,
  grpcCase,
  tailSamplingCase,
  transformCase,
  filterCase,
  k8sAttributesCase,
  processorsCase,
  componentsCase,
  spanMetricsCase,
  redCase,
  storeCase,
  fullSpeedCase,
  logsCase,
  logSearchCase,
  metricsCase,
  remoteWriteCase,
  scrapeCase,
  promqlCase,
  ingestBesideQueriesCase,
  rulesCase,
  latenciesCase,
  freshnessCase,
  idleCase,
  tracePageCase,
  pagesLiveCase,
  consoleCase,
  dashboardCase,
  bigCase,
];
const NEEDS_OTELCOL = new Set([
  'pipeline',
  'grpc',
  'tail-sampling',
  'transform',
  'filter',
  'k8s-attributes',
  'processors',
  'components',
  'span-metrics',
]);
const ABOUT: Readonly<Record<string, string>> = {
  decode: 'decoding OTLP traces, protobufjs beside it',
  pipeline: 'OTLP/HTTP in, batch, OTLP/HTTP out; otelcol beside it',
  grpc: 'OTLP/gRPC in, OTLP/gRPC out without compression, in zstd and in gzip; otelcol beside it',
  'tail-sampling': 'the same with tail sampling between: CPU and memory',
  transform: 'statements in OTTL on spans and log records; otelcol beside it',
  filter: 'a condition in OTTL that drops 95 % of log records; otelcol beside it',
  processors: 'all other processors, a line each; otelcol beside it',
  components: 'connectors and exporters, a line each; otelcol beside it',
  'span-metrics': 'span_metrics with 3 dimensions; otelcol beside it',
  red: 'what metrics of all spans cost `up`: CPU of collector and engine with and without',
  store: 'spans into the store: CPU of all processes, merges included; bytes on disk',
  logs: 'log records into the store: CPU of all processes, merges included; bytes on disk',
  'log-search': 'a rare text in 10 million log lines',
  metrics: 'data points into the store: CPU of all processes, merges included; bytes on disk',
  'remote-write':
    'samples by remote write into the store: CPU of all processes, merges included; bytes on disk; Prometheus beside it',
  scrape: '100,000 series scraped every 15 s and written on; a Prometheus in agent mode beside it',
  promql: 'queries in PromQL over 14 M samples; a real Prometheus beside it',
  'ingest-beside-queries': 'how long senders of 20,000 spans a second wait while heavy queries run, and without them',
  rules: '1,000 rules every 15 s over 10,000 series; Prometheus beside it, where there is one',
  latencies: 'a trace by id, newest traces, services and a rare attribute over 10 million spans',
  freshness: 'from the answer to a sender until a query sees its data',
  idle: 'start of `up`, and memory of all its processes at rest',
  'trace-page': 'a trace of 10,000 spans in Chromium',
  console: 'all pages and the usual clicks in Chromium over 3 M spans, with live load',
  big: 'what is asked of 50 million spans and as many log lines, cold and warm; VictoriaLogs beside it; only where it is named',
  dashboard: 'a dashboard of 30 panels and one over 10,000 series in Chromium',
  'pages-live': 'what a page left open on Live takes of the engine',
};
const USAGE = `npm run bench [-- CASE ...]

Runs the benchmarks, or those that are named, keeps their raw output in bench/results/ and prints one table.
Cases that compare with otelcol build it from its Go modules first, which needs Go and some minutes;
promql builds Prometheus likewise.

${CASES.map(({ name }) => `  ${name.padEnd(23)}${ABOUT[name] ?? ''}`).join('\n')}

  --help, -h      this text
  --items N       how many spans, and how many lines, big has (default 50000000)
  --data FOLDER   where big keeps its data, to use it again (default: a folder of the system's for what is temporary)

Of the cases beside otelcol: BENCH_ALONE=1 measures ours alone and keeps no output, BENCH_ONLY=WORDS takes those lines of a table
that have the words, BENCH_ROUNDS and BENCH_REQUESTS say how much is measured, BENCH_NODE_FLAGS gives our collector's Node flags, such as --cpu-prof.`;

const { values: flags, positionals: names } = readFlags();
if (flags.help) {
  console.log(USAGE);
  process.exit(0);
}
const items = flags.items === undefined ? undefined : Number(flags.items.replaceAll('_', ''));
if (items !== undefined && !(Number.isSafeInteger(items) && items > 0))
  fail(`--items is a number of items, not ${flags.items}`);
for (const name of names) {
  if (CASES.some((one) => one.name === name)) continue;
  const near = nearest(
    name,
    CASES.map((one) => one.name),
  );
  fail(`unknown case: ${name}${near ? ` (did you mean ${near}?)` : ''}`);
}
const chosen =
  names.length === 0 ? CASES.filter((one) => !one.onlyByName) : CASES.filter((one) => names.includes(one.name));
if (!isAlone && chosen.some((one) => NEEDS_OTELCOL.has(one.name))) buildOtelcol();

const rows: Row[] = [];
for (const one of chosen) {
  console.error(`bench: ${one.name} …`);
  const result = await one.run({
    ...(items !== undefined && { items }),
    ...(flags.data !== undefined && { dataDir: resolve(flags.data) }),
  });
  if (!isAlone) writeRaw(one.name, result.raw);
  rows.push(...result.rows);
}
console.log(tableOf(rows));

function readFlags() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        items: { type: 'string' },
        data: { type: 'string' },
      },
    });
  } catch (error) {
    const { message } = error as Error;
    const [, unknown] = /^Unknown option '([^']+)'/.exec(message) ?? [];
    return fail(unknown === undefined ? message : `unknown flag: ${unknown}`);
  }
}

function fail(reason: string): never {
  console.error(`bench: ${reason}`);
  console.error('  npm run bench -- --help lists all cases');
  process.exit(2);
}
