import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '#base/testing.ts';
import { isAlone } from '../lib/beside.ts';
import { startCollector } from '../lib/collectors.ts';
import { cpuSeconds, memoryOf, type Started, sleep, start, waitFor } from '../lib/processes.ts';
import { prometheusBinary } from '../lib/prometheus.ts';
import { type BenchCase, type CaseResult, mebibytes, short } from '../lib/report.ts';

/**
 * 100,000 series of 20 targets, scraped every 15 s and sent on by remote write to a sink that counts; a real Prometheus in agent mode does the same
 * beside it. (The agent keeps what it scraped in a log on disk until it is sent; our collector holds it in its queue.)
 *
 *   BENCH_SCRAPES=n     scrapes of each target that are measured, default 6
 *   BENCH_ALONE=1       ours alone
 */
const TARGETS = 20;
const SERIES = 5_000;
/** `up` and what else a scrape says of itself. */
const OWN_SERIES = 5;
const INTERVAL_S = 15;
const WARM_UPS = 2;
const SCRAPES = Number(process.env.BENCH_SCRAPES ?? 6);
const START_LIMIT_MS = 60_000;
const STEP_MS = 250;

interface Measured {
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  readonly samples: number;
  readonly requests: number;
}

type Side = 'signalbox' | 'prometheus';

export const scrapeCase: BenchCase = {
  name: 'scrape',
  async run(): Promise<CaseResult> {
    const ours = await measure('signalbox');
    const theirs = isAlone ? undefined : await measure('prometheus');
    const perMillion = ({ cpuSeconds, samples }: Measured): number => (cpuSeconds / samples) * 1e6;
    const shown = (side: Measured): string =>
      `${perMillion(side).toFixed(2)} CPU-s a million samples, ${mebibytes(side.peakRssBytes)}; ${short(side.samples)} samples in ${side.requests} requests`;
    return {
      raw: { targets: TARGETS, series: SERIES, intervalS: INTERVAL_S, scrapes: SCRAPES, ours, theirs },
      rows: [
        {
          what: `${short(TARGETS * SERIES)} series scraped every ${INTERVAL_S} s → remote write`,
          goal: 'CPU and memory of Prometheus in agent mode at most',
          measured: shown(ours),
          peer: theirs === undefined ? '' : `Prometheus: ${shown(theirs)}`,
          met:
            theirs !== undefined &&
            perMillion(ours) <= perMillion(theirs) &&
            ours.peakRssBytes <= theirs.peakRssBytes &&
            isWhole(ours),
        },
      ],
    };
  },
};

/** Whether nothing is missing, but for what is still under way. */
function isWhole({ samples }: Measured): boolean {
  return samples >= (SCRAPES - 1) * TARGETS * (SERIES + OWN_SERIES);
}

async function measure(side: Side): Promise<Measured> {
  const targets = startHelper('scrape-targets.ts', String(TARGETS), String(SERIES));
  const sink = startHelper('write-sink.ts');
  const folder = mkdtempSync(join(tmpdir(), 'scrape-bench-'));
  let scraper: Started | undefined;
  try {
    const ports = await printed(targets, TARGETS);
    const [sinkPort] = await printed(sink, 1);
    const sinkUrl = `http://127.0.0.1:${sinkPort}`;
    scraper = side === 'signalbox' ? await startOurs(ports, sinkUrl) : await startAgent(ports, sinkUrl, folder);
    return await watched(scraper, sinkUrl);
  } finally {
    await scraper?.stop();
    await sink.stop();
    await targets.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function startHelper(file: string, ...args: readonly string[]): Started {
  return start(process.execPath, [fileURLToPath(new URL(`../lib/${file}`, import.meta.url)), ...args]);
}

async function printed(helper: Started, count: number): Promise<readonly string[]> {
  const numbers = (): string[] => helper.output().trim().split(/\s+/);
  await waitFor(
    'a helper to listen',
    async () => numbers().length === count && numbers()[0] !== '',
    START_LIMIT_MS,
    helper,
  );
  return numbers();
}

const addresses = (ports: readonly string[]): string => JSON.stringify(ports.map((port) => `127.0.0.1:${port}`));

function startOurs(ports: readonly string[], sinkUrl: string): Promise<Started> {
  return startCollector(
    'signalbox',
    `receivers:
  otlp: {protocols: {http: {endpoint: 127.0.0.1:PORT}}}
  prometheus:
    config:
      global: {scrape_interval: ${INTERVAL_S}s}
      scrape_configs:
        - job_name: shop
          static_configs: [{targets: ${addresses(ports)}}]
exporters:
  debug:
  prometheusremotewrite: {endpoint: '${sinkUrl}/write'}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], exporters: [debug]}
    metrics: {receivers: [prometheus], exporters: [prometheusremotewrite]}
`,
  );
}

async function startAgent(ports: readonly string[], sinkUrl: string, folder: string): Promise<Started> {
  const file = join(folder, 'prometheus.yml');
  writeFileSync(
    file,
    `global: {scrape_interval: ${INTERVAL_S}s}
scrape_configs:
  - job_name: shop
    static_configs: [{targets: ${addresses(ports)}}]
remote_write: [{url: '${sinkUrl}/write'}]
`,
  );
  const port = await freePort();
  const agent = start(prometheusBinary(), [
    '--agent',
    `--config.file=${file}`,
    `--storage.agent.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const isReady = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok;
  await waitFor('prometheus to be ready', isReady, START_LIMIT_MS, agent);
  return agent;
}

/** After some scrapes of all targets, whole intervals. */
async function watched({ pid, output }: Started, sinkUrl: string): Promise<Measured> {
  const counted = async (): Promise<{ samples: number; requests: number }> =>
    (await (await fetch(sinkUrl)).json()) as { samples: number; requests: number };
  const perScrape = TARGETS * (SERIES + OWN_SERIES);
  await waitFor(
    `${WARM_UPS} scrapes to arrive`,
    async () => (await counted()).samples >= WARM_UPS * perScrape,
    (WARM_UPS + 4) * INTERVAL_S * 1000,
  );
  const before = { cpu: cpuSeconds(pid), ...(await counted()) };
  const endMs = performance.now() + SCRAPES * INTERVAL_S * 1000;
  let peakRssBytes = 0;
  while (performance.now() < endMs) {
    peakRssBytes = Math.max(peakRssBytes, memoryOf(pid).rssBytes);
    await sleep(STEP_MS);
  }
  const after = await counted();
  if (after.samples === before.samples) throw new Error(`nothing was sent\n${output()}`);
  return {
    cpuSeconds: cpuSeconds(pid) - before.cpu,
    peakRssBytes,
    samples: after.samples - before.samples,
    requests: after.requests - before.requests,
  };
}
