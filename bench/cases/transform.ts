import { type CollectorName, sendLoad, startCollector, startSink } from '../lib/collectors.ts';
import { cpuSeconds, sleep, waitFor } from '../lib/processes.ts';
import { type BenchCase, type CaseResult, short } from '../lib/report.ts';

/** OTLP/HTTP in, statements or conditions in OTTL, OTLP/HTTP out: Signalbox and otelcol with the same file, one after the other. */

const ITEMS_PER_REQUEST = 1000;
const WARM_UP_REQUESTS = 100;
const REQUESTS = Number(process.env.BENCH_OTTL_REQUESTS ?? 500);
const ROUNDS = Number(process.env.BENCH_OTTL_ROUNDS ?? 3);

/** A processor in both collectors. */
export interface ProcessorSetup {
  readonly what: string;
  readonly goal: number;
  readonly signal: 'traces' | 'logs';
  /** Of what is sent, how much arrives. */
  readonly share: number;
  readonly processor: string;
}

const TRANSFORM: ProcessorSetup = {
  what: 'transform with two `replace_pattern` on an attribute that every span has',
  goal: 3,
  signal: 'traces',
  share: 1,
  processor: `
  transform:
    error_mode: ignore
    trace_statements:
      - context: span
        statements:
          - replace_pattern(attributes["url.path"], "orders=[^&]+", "orders=REDACTED")
          - replace_pattern(attributes["url.path"], "orders/[^&]+", "orders/REDACTED")`,
};
const RENAME: ProcessorSetup = {
  what: 'transform that renames an attribute of log records',
  goal: 2,
  signal: 'logs',
  share: 1,
  processor: `
  transform:
    error_mode: ignore
    log_statements:
      - context: log
        statements:
          - set(attributes["customer"], attributes["customer.id"])
          - delete_key(attributes, "customer.id")`,
};
const FILTER: ProcessorSetup = {
  what: 'filter that drops 95 % of log records',
  goal: 5,
  signal: 'logs',
  share: 0.05,
  processor: `
  filter:
    error_mode: ignore
    logs:
      log_record:
        - severity_number < SEVERITY_NUMBER_INFO`,
};

export const transformCase: BenchCase = { name: 'transform', run: () => compareProcessors([TRANSFORM, RENAME]) };
export const filterCase: BenchCase = { name: 'filter', run: () => compareProcessors([FILTER]) };

interface Measured {
  readonly what: string;
  readonly collector: CollectorName;
  readonly itemsPerCpuSecond: number;
}

export async function compareProcessors(setups: readonly ProcessorSetup[]): Promise<CaseResult> {
  const raw: Measured[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const setup of setups) {
      for (const collector of ['signalbox', 'otelcol'] as const) raw.push(await measure(collector, setup));
    }
  }
  const best = (collector: CollectorName, { what }: ProcessorSetup): number =>
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
        goal: `≥ ${setup.goal}x otelcol`,
        measured: `${ratio.toFixed(1)}x: ${short(ours)} a CPU-second`,
        peer: `otelcol ${short(theirs)}`,
        met: ratio >= setup.goal,
      };
    }),
  };
}

async function measure(collector: CollectorName, setup: ProcessorSetup): Promise<Measured> {
  const sink = await startSink();
  const running = await startCollector(collector, configuration(sink.url, setup));
  try {
    const url = running.tracesUrl.replace('/v1/traces', `/v1/${setup.signal}`);
    const load = { url, spans: ITEMS_PER_REQUEST, concurrency: 16, signal: setup.signal };
    await sendLoad({ ...load, requests: WARM_UP_REQUESTS });
    const before = cpuSeconds(running.pid);
    const { acceptedSpans } = await sendLoad({ ...load, requests: REQUESTS });
    const total = (WARM_UP_REQUESTS + REQUESTS) * ITEMS_PER_REQUEST * setup.share;
    await waitFor('all items to arrive', async () => (await sink.count()).spans >= total, 60_000, running);
    await sleep(300);
    const itemsPerCpuSecond = acceptedSpans / (cpuSeconds(running.pid) - before);
    return { what: setup.what, collector, itemsPerCpuSecond };
  } finally {
    await running.stop();
    await sink.stop();
  }
}

function configuration(sinkUrl: string, { signal, processor }: ProcessorSetup): string {
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
  pipelines:
    # The other signal's listener answers, too: that is how the start is seen.
    traces:
      receivers: [otlp]
      processors: [${signal === 'traces' ? `${nameOf(processor)}, ` : ''}batch]
      exporters: [otlp_http]
    logs:
      receivers: [otlp]
      processors: [${signal === 'logs' ? `${nameOf(processor)}, ` : ''}batch]
      exporters: [otlp_http]
`;
}

function nameOf(processor: string): string {
  return /^\s*(\w+):/.exec(processor)![1]!;
}
