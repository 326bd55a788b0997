import { startSignalbox } from '../../test/lib/signalbox.ts';
import { type CollectorName, fetchCount, sendLoad, startCollector } from '../lib/collectors.ts';
import { cpuSeconds, sleep, waitFor } from '../lib/processes.ts';
import { type BenchCase, type CaseResult, short } from '../lib/report.ts';

/** What it costs to make metrics of spans: the connector beside otelcol's, and what `up` takes with and without it. */

const SPANS_PER_REQUEST = 1000;
const WARM_UP_REQUESTS = 200;
const REQUESTS = Number(process.env.BENCH_SPAN_METRICS_REQUESTS ?? 1000);
const ROUNDS = Number(process.env.BENCH_SPAN_METRICS_ROUNDS ?? 3);
const LOAD = { spans: SPANS_PER_REQUEST, concurrency: 16, spansPerTrace: 10 };

interface Measured {
  readonly what: CollectorName | 'with' | 'without';
  readonly spansPerCpuSecond: number;
}

export const spanMetricsCase: BenchCase = {
  name: 'span-metrics',
  async run(): Promise<CaseResult> {
    const raw: Measured[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const collector of ['signalbox', 'otelcol'] as const) raw.push(await measure(collector));
    }
    const [ours, theirs] = [best(raw, 'signalbox'), best(raw, 'otelcol')];
    const ratio = ours / theirs;
    return {
      raw,
      rows: [
        {
          what: 'OTLP/HTTP in → span_metrics with 3 dimensions',
          goal: '≥ 4x otelcol',
          measured: `${ratio.toFixed(1)}x: ${short(ours)} spans per CPU-second`,
          peer: `otelcol ${short(theirs)}`,
          met: ratio >= 4,
        },
      ],
    };
  },
};

export const redCase: BenchCase = {
  name: 'red',
  async run(): Promise<CaseResult> {
    const raw: Measured[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const what of ['without', 'with'] as const) raw.push(await measureUp(what));
    }
    const more = best(raw, 'without') / best(raw, 'with') - 1;
    return {
      raw,
      rows: [
        {
          what: '`up` with metrics of all spans and the service graph, collector and engine',
          goal: '≤ 10 % more CPU a span than without',
          measured: `${(more * 100).toFixed(1)} %: ${short(best(raw, 'with'))} spans per CPU-second`,
          peer: `without ${short(best(raw, 'without'))}`,
          met: more <= 0.1,
        },
      ],
    };
  },
};

function best(raw: readonly Measured[], what: Measured['what']): number {
  return Math.max(...raw.filter((one) => one.what === what).map((one) => one.spansPerCpuSecond));
}

async function measure(collector: CollectorName): Promise<Measured> {
  const running = await startCollector(collector, CONFIGURATION);
  try {
    await sendLoad({ ...LOAD, url: running.tracesUrl, requests: WARM_UP_REQUESTS });
    const before = cpuSeconds(running.pid);
    const { acceptedSpans } = await sendLoad({ ...LOAD, url: running.tracesUrl, requests: REQUESTS });
    await sleep(300);
    const spansPerCpuSecond = acceptedSpans / (cpuSeconds(running.pid) - before);
    // What the exporter `debug` says of them.
    await waitFor('points', async () => /data points/.test(running.output()), 30_000, running);
    return { what: collector, spansPerCpuSecond };
  } finally {
    await running.stop();
  }
}

async function measureUp(what: 'with' | 'without'): Promise<Measured> {
  const signalbox = await startSignalbox({ args: ['--span-metrics', what === 'with' ? 'on' : 'off'] });
  try {
    const url = `${signalbox.otlpUrl}/v1/traces`;
    const stored = (): Promise<number> => fetchCount(signalbox, 'SELECT count() FROM signalbox.spans');
    const send = async (requests: number, total: number): Promise<void> => {
      await sendLoad({ ...LOAD, url, requests });
      await waitFor('the spans to be stored', async () => (await stored()) === total * SPANS_PER_REQUEST, 120_000);
    };
    await send(WARM_UP_REQUESTS, WARM_UP_REQUESTS);
    const pids = [signalbox.pidOf('collector')!, signalbox.pidOf('engine')!];
    const spent = (): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
    const before = spent();
    await send(REQUESTS, WARM_UP_REQUESTS + REQUESTS);
    return { what, spansPerCpuSecond: (REQUESTS * SPANS_PER_REQUEST) / (spent() - before) };
  } finally {
    await signalbox.stop();
  }
}

const CONFIGURATION = `
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:PORT
connectors:
  spanmetrics:
    dimensions:
      - name: http.request.method
      - name: http.response.status_code
      - name: http.route
    metrics_flush_interval: 5s
exporters:
  debug:
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [spanmetrics]
    metrics:
      receivers: [spanmetrics]
      exporters: [debug]
`;
