import { type CollectorName, sendLoad, startCollector, startSink } from '../lib/collectors.ts';
import { cpuSeconds, memoryOf, sleep, waitFor } from '../lib/processes.ts';
import { type BenchCase, type CaseResult, mebibytes, short } from '../lib/report.ts';

/** OTLP/HTTP in, `batch`, OTLP/HTTP out: Signalbox and otelcol with the same file, one after the other, several times. */

const SPANS_PER_REQUEST = 1000;
const WARM_UP_REQUESTS = 200;
const REQUESTS = 1000;
const ROUNDS = 3;

interface Measured {
  readonly collector: CollectorName;
  readonly compression: string;
  readonly spans: number;
  readonly delivered: number;
  readonly cpuSeconds: number;
  readonly spansPerCpuSecond: number;
  readonly spansPerSecond: number;
  readonly rssBytes: number;
}

export const pipelineCase: BenchCase = {
  name: 'pipeline',
  async run(): Promise<CaseResult> {
    const raw: Measured[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const collector of ['signalbox', 'otelcol'] as const) raw.push(await measure(collector, 'none'));
    }
    for (const collector of ['signalbox', 'otelcol'] as const) raw.push(await measure(collector, 'gzip'));
    const ours = best(raw, 'signalbox', 'none');
    const theirs = best(raw, 'otelcol', 'none');
    const ratio = ours.spansPerCpuSecond / theirs.spansPerCpuSecond;
    const gzip = best(raw, 'signalbox', 'gzip').spansPerCpuSecond / best(raw, 'otelcol', 'gzip').spansPerCpuSecond;
    return {
      raw,
      rows: [
        {
          what: 'OTLP/HTTP in → batch → OTLP/HTTP out',
          goal: '≥ 3x otelcol',
          measured: `${ratio.toFixed(1)}x: ${short(ours.spansPerCpuSecond)} spans per CPU-second, ${mebibytes(ours.rssBytes)}`,
          peer: `otelcol ${short(theirs.spansPerCpuSecond)}, ${mebibytes(theirs.rssBytes)}; with gzip out ${gzip.toFixed(1)}x`,
          met: ratio >= 3,
        },
      ],
    };
  },
};

function best(raw: readonly Measured[], collector: CollectorName, compression: string): Measured {
  return raw
    .filter((one) => one.collector === collector && one.compression === compression)
    .reduce((a, b) => (b.spansPerCpuSecond > a.spansPerCpuSecond ? b : a));
}

async function measure(collector: CollectorName, compression: string): Promise<Measured> {
  const sink = await startSink();
  const running = await startCollector(collector, configuration(sink.url, compression));
  try {
    const load = { url: running.tracesUrl, spans: SPANS_PER_REQUEST, concurrency: 16 };
    await sendLoad({ ...load, requests: WARM_UP_REQUESTS });
    const before = cpuSeconds(running.pid);
    const result = await sendLoad({ ...load, requests: REQUESTS });
    const total = (WARM_UP_REQUESTS + REQUESTS) * SPANS_PER_REQUEST;
    await waitFor('all spans to arrive', async () => (await sink.count()).spans >= total, 30_000, running);
    await sleep(300);
    const used = cpuSeconds(running.pid) - before;
    return {
      collector,
      compression,
      spans: result.acceptedSpans,
      delivered: (await sink.count()).spans,
      cpuSeconds: used,
      spansPerCpuSecond: result.acceptedSpans / used,
      spansPerSecond: result.acceptedSpans / result.seconds,
      rssBytes: memoryOf(running.pid).rssBytes,
    };
  } finally {
    await running.stop();
    await sink.stop();
  }
}

function configuration(sinkUrl: string, compression: string): string {
  return `
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:PORT
processors:
  batch:
exporters:
  otlp_http:
    endpoint: ${sinkUrl}
    compression: ${compression}
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [otlp_http]
`;
}
