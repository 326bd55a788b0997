import { type CollectorName, sendLoad, startCollector, startSink } from './collectors.ts';
import { cpuSeconds, sleep, waitFor } from './processes.ts';
import { type CaseResult, short } from './report.ts';

/** OTLP/HTTP in, a processor, OTLP/HTTP out: Signalbox and otelcol with the same file, one after the other. */

const ITEMS_PER_REQUEST = 1000;

export interface Setup {
  readonly what: string;
  /** So many times otelcol's items per CPU-second; without one the line just says both. */
  readonly goal?: number;
  readonly signal: 'traces' | 'logs' | 'metrics';
  /** Of what is sent, how much arrives. */
  readonly share: number;
  /** The processor's block, with its name. */
  readonly processor: string;
  /**
   * Points of a series must come in order: one request at a time, and no batch in the pipeline, which answers with the outcome and would make each
   * request wait for its time.
   */
  readonly isInOrder?: boolean;
}

export interface Effort {
  readonly warmUpRequests: number;
  readonly requests: number;
  readonly rounds: number;
}

interface Measured {
  readonly what: string;
  readonly collector: CollectorName;
  readonly itemsPerCpuSecond: number;
}

export async function besideOtelcol(setups: readonly Setup[], effort: Effort): Promise<CaseResult> {
  const raw: Measured[] = [];
  for (let round = 0; round < effort.rounds; round++) {
    for (const setup of setups) {
      for (const collector of ['signalbox', 'otelcol'] as const) raw.push(await measure(collector, setup, effort));
    }
  }
  const best = (collector: CollectorName, { what }: Setup): number =>
    Math.max(
      ...raw.filter((one) => one.collector === collector && one.what === what).map((one) => one.itemsPerCpuSecond),
    );
  return {
    raw,
    rows: setups.map((setup) => {
      const [ours, theirs] = [best('signalbox', setup), best('otelcol', setup)];
      const ratio = ours / theirs;
      return {
        what: setup.what,
        goal: setup.goal === undefined ? 'beside otelcol' : `≥ ${setup.goal}x otelcol`,
        measured: `${ratio.toFixed(1)}x: ${short(ours)} a CPU-second`,
        peer: `otelcol ${short(theirs)}`,
        met: ratio >= (setup.goal ?? 1),
      };
    }),
  };
}

async function measure(
  collector: CollectorName,
  setup: Setup,
  { warmUpRequests, requests }: Effort,
): Promise<Measured> {
  const sink = await startSink();
  const running = await startCollector(collector, configuration(sink.url, setup));
  try {
    const url = running.tracesUrl.replace('/v1/traces', `/v1/${setup.signal}`);
    const load = {
      url,
      spans: ITEMS_PER_REQUEST,
      concurrency: setup.isInOrder === true ? 1 : 16,
      signal: setup.signal,
    };
    await sendLoad({ ...load, requests: warmUpRequests });
    const before = cpuSeconds(running.pid);
    const { acceptedSpans } = await sendLoad({ ...load, requests, firstRequest: warmUpRequests });
    const total = (warmUpRequests + requests) * ITEMS_PER_REQUEST * setup.share;
    await waitFor('all items to arrive', async () => (await sink.count()).spans >= total, 60_000, running);
    await sleep(300);
    const itemsPerCpuSecond = acceptedSpans / (cpuSeconds(running.pid) - before);
    return { what: setup.what, collector, itemsPerCpuSecond };
  } finally {
    await running.stop();
    await sink.stop();
  }
}

function configuration(sinkUrl: string, { signal, processor, isInOrder }: Setup): string {
  const name = /^\s*(\w+):/.exec(processor)![1]!;
  // The listener of traces answers, too, whatever is measured: that is how the start is seen.
  const pipelines = [...new Set(['traces', signal])].map(
    (each) => `
    ${each}:
      receivers: [otlp]
      processors: [${[...(each === signal ? [name] : []), ...(each === signal && isInOrder === true ? [] : ['batch'])].join(', ')}]
      exporters: [otlp_http]`,
  );
  return `
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:PORT
processors:
  batch:${processor}
exporters:
  otlp_http:
    endpoint: ${sinkUrl}
    compression: none
service:
  telemetry:
    metrics:
      level: none
  pipelines:${pipelines.join('')}
`;
}
