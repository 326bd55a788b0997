import {
  type CollectorName,
  type LoadOptions,
  type LoadResult,
  type RunningCollector,
  sendLoad,
  startCollector,
  startSink,
} from './collectors.ts';
import { collectorConfiguration } from './configuration.ts';
import { cpuSeconds, memoryOf, sleep, waitFor } from './processes.ts';
import { type CaseResult, mebibytes, type Row, short } from './report.ts';

/**
 * Signalbox and otelcol with the same file, one after the other, several times; the best of each counts.
 *
 *   BENCH_ALONE=1       ours alone, without otelcol
 *   BENCH_ONLY=words    of a case's setups those whose name has the words
 *   BENCH_ROUNDS=n      other than the case's own
 *   BENCH_REQUESTS=n    likewise
 */
export const isAlone: boolean = process.env.BENCH_ALONE !== undefined;
const COLLECTORS: readonly CollectorName[] = isAlone ? ['signalbox'] : ['signalbox', 'otelcol'];

const ITEMS_PER_REQUEST = 1000;

export interface Effort {
  readonly warmUpRequests: number;
  readonly requests: number;
  readonly rounds: number;
}

/** What is measured of one run of a collector. */
export interface Measured {
  readonly collector: CollectorName;
  readonly items: number;
  readonly cpuSeconds: number;
  readonly itemsPerCpuSecond: number;
  readonly itemsPerSecond: number;
  readonly rssBytes: number;
}

/** One line of a table, as it is said of both. */
export interface Line {
  readonly what: string;
  /** So many times otelcol's items per CPU-second; without one the line just says both. */
  readonly goal?: number;
  /** spans, records, points … */
  readonly items?: string;
}

/** Runs what is measured for each line and collector as often as the effort says, in turns, and makes the table's rows of it. */
export async function inTurns<S extends Line>(
  lines: readonly S[],
  rounds: number,
  measure: (line: S, collector: CollectorName) => Promise<Measured>,
): Promise<CaseResult> {
  const only = process.env.BENCH_ONLY;
  const chosen = only === undefined ? lines : lines.filter(({ what }) => what.includes(only));
  const raw: (Measured & { readonly what: string })[] = [];
  for (let round = 0; round < Number(process.env.BENCH_ROUNDS ?? rounds); round++) {
    for (const line of chosen) {
      for (const collector of COLLECTORS) raw.push({ what: line.what, ...(await measure(line, collector)) });
    }
  }
  return {
    raw,
    rows: chosen.map((line) =>
      rowOf(
        line,
        raw.filter(({ what }) => what === line.what),
      ),
    ),
  };
}

function rowOf({ what, goal, items = 'items' }: Line, measured: readonly Measured[]): Row {
  const [ours, theirs] = [best(measured, 'signalbox')!, best(measured, 'otelcol')];
  const ratio = theirs === undefined ? undefined : ours.itemsPerCpuSecond / theirs.itemsPerCpuSecond;
  const figure = (one: Measured): string => `${short(one.itemsPerCpuSecond)} ${items} a CPU-second`;
  return {
    what,
    goal: goal === undefined ? 'beside otelcol' : `≥ ${goal}x otelcol`,
    measured: `${ratio === undefined ? '' : `${ratio.toFixed(1)}x: `}${figure(ours)}, ${mebibytes(ours.rssBytes)}`,
    peer: theirs === undefined ? '' : `otelcol ${short(theirs.itemsPerCpuSecond)}, ${mebibytes(theirs.rssBytes)}`,
    met: ratio !== undefined && ratio >= (goal ?? 1),
  };
}

function best(measured: readonly Measured[], collector: CollectorName): Measured | undefined {
  return measured
    .filter((one) => one.collector === collector)
    .sort((a, b) => b.itemsPerCpuSecond - a.itemsPerCpuSecond)[0];
}

/** CPU that a running collector takes for load, after a warm-up. `settle` waits until all items sent so far are dealt with. */
export async function measureLoad(options: {
  readonly collector: CollectorName;
  readonly running: RunningCollector;
  readonly load: Omit<LoadOptions, 'requests' | 'spans' | 'firstRequest'>;
  readonly effort: Omit<Effort, 'rounds'>;
  settle(sentItems: number): Promise<void>;
}): Promise<Measured> {
  const { collector, running, effort, settle } = options;
  const requests = Number(process.env.BENCH_REQUESTS ?? effort.requests);
  const send = (count: number, firstRequest: number): Promise<LoadResult> =>
    sendLoad({ ...options.load, spans: ITEMS_PER_REQUEST, requests: count, firstRequest });
  await send(effort.warmUpRequests, 0);
  await settle(effort.warmUpRequests * ITEMS_PER_REQUEST);
  const before = cpuSeconds(running.pid);
  const { acceptedSpans, seconds } = await send(requests, effort.warmUpRequests);
  await settle((effort.warmUpRequests + requests) * ITEMS_PER_REQUEST);
  const used = cpuSeconds(running.pid) - before;
  return {
    collector,
    items: acceptedSpans,
    cpuSeconds: used,
    itemsPerCpuSecond: acceptedSpans / used,
    itemsPerSecond: acceptedSpans / seconds,
    rssBytes: memoryOf(running.pid).rssBytes,
  };
}

/** OTLP in, one processor or none, OTLP out. */
export interface Setup extends Line {
  readonly signal: 'traces' | 'logs' | 'metrics';
  /** Of what is sent, how much arrives. */
  readonly share: number;
  /** By name. */
  readonly processor?: Readonly<Record<string, object>>;
  /** Without it HTTP in and out, and a `batch`. With it gRPC in and out in this coding, without a `batch`. */
  readonly grpc?: 'none' | 'gzip' | 'zstd';
  /** Of HTTP out; none by default. */
  readonly compression?: 'none' | 'gzip';
  /**
   * Points of a series must come in order: one request at a time, and no batch in the pipeline, which answers with the outcome and would make each
   * request wait for its time.
   */
  readonly isInOrder?: boolean;
}

export function besideOtelcol(setups: readonly Setup[], effort: Effort): Promise<CaseResult> {
  return inTurns(setups, effort.rounds, (setup, collector) => measure(collector, setup, effort));
}

async function measure(collector: CollectorName, setup: Setup, effort: Effort): Promise<Measured> {
  const sink = await startSink();
  const running = await startCollector(collector, configuration(sink, setup));
  const { signal, grpc, isInOrder } = setup;
  try {
    return await measureLoad({
      collector,
      running,
      load: {
        url: grpc === undefined ? running.urlOf(signal) : `http://127.0.0.1:${running.grpcPort}`,
        concurrency: isInOrder === true ? 1 : 16,
        signal,
        ...(grpc !== undefined && { grpc }),
      },
      effort,
      async settle(sentItems) {
        const total = sentItems * setup.share;
        await waitFor('all items to arrive', async () => (await sink.count()).spans >= total, 60_000, running);
        await sleep(300);
      },
    });
  } finally {
    await running.stop();
    await sink.stop();
  }
}

function configuration(
  sink: { readonly url: string; readonly grpcEndpoint: string },
  { signal, processor = {}, grpc, compression = 'none', isInOrder }: Setup,
): string {
  const withBatch = grpc === undefined && isInOrder !== true;
  const processors = { ...processor, ...(withBatch && { batch: {} }) };
  const exporters =
    grpc === undefined
      ? { otlp_http: { endpoint: sink.url, compression } }
      : { otlp_grpc: { endpoint: sink.grpcEndpoint, compression: grpc, tls: { insecure: true } } };
  const pipeline = { exporters: Object.keys(exporters) };
  return collectorConfiguration({
    processors,
    exporters,
    pipelines: {
      // The listener of traces answers, too, whatever is measured: that is how the start is seen.
      ...(signal !== 'traces' && { traces: pipeline }),
      [signal]: { ...pipeline, processors: Object.keys(processors) },
    },
  });
}
