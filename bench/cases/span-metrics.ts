import { startSignalbox } from '../../test/lib/signalbox.ts';
import { inTurns, type Measured, measureLoad } from '../lib/beside.ts';
import { type CollectorName, fetchCount, sendLoad, startCollector } from '../lib/collectors.ts';
import { collectorConfiguration } from '../lib/configuration.ts';
import { cpuSeconds, sleep, waitFor } from '../lib/processes.ts';
import { type BenchCase, type CaseResult, short } from '../lib/report.ts';

/** What it costs to make metrics of spans: the connector beside otelcol's, and what `up` takes with and without it. */

const SPANS_PER_REQUEST = 1000;
const WARM_UP_REQUESTS = 200;
const REQUESTS = 1000;
const ROUNDS = 3;
const LOAD = { spans: SPANS_PER_REQUEST, concurrency: 16, spansPerTrace: 10 };

const LINE = { what: 'OTLP/HTTP in → span_metrics with 3 dimensions', goal: 4, items: 'spans' };

export const spanMetricsCase: BenchCase = {
  name: 'span-metrics',
  run: () => inTurns([LINE], ROUNDS, (_, collector) => measure(collector)),
};

/** Of `up`. */
interface MeasuredUp {
  readonly what: 'with' | 'without';
  readonly spansPerCpuSecond: number;
}

export const redCase: BenchCase = {
  name: 'red',
  async run(): Promise<CaseResult> {
    const raw: MeasuredUp[] = [];
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

function best(raw: readonly MeasuredUp[], what: MeasuredUp['what']): number {
  return Math.max(...raw.filter((one) => one.what === what).map((one) => one.spansPerCpuSecond));
}

async function measure(collector: CollectorName): Promise<Measured> {
  const running = await startCollector(collector, CONFIGURATION);
  try {
    const measured = await measureLoad({
      collector,
      running,
      load: { url: running.urlOf('traces'), concurrency: 16, spansPerTrace: 10 },
      effort: { warmUpRequests: WARM_UP_REQUESTS, requests: REQUESTS },
      settle: () => sleep(300),
    });
    // What the exporter `debug` says of them.
    await waitFor('points', async () => /data points/.test(running.output()), 30_000, running);
    return measured;
  } finally {
    await running.stop();
  }
}

async function measureUp(what: 'with' | 'without'): Promise<MeasuredUp> {
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

const DIMENSIONS = ['http.request.method', 'http.response.status_code', 'http.route'];
const CONFIGURATION = collectorConfiguration({
  connectors: {
    spanmetrics: { dimensions: DIMENSIONS.map((name) => ({ name })), metrics_flush_interval: '5s' },
  },
  exporters: { debug: {} },
  pipelines: {
    traces: { exporters: ['spanmetrics'] },
    metrics: { receivers: ['spanmetrics'], exporters: ['debug'] },
  },
});
