import { residentBytes, startSignalbox } from '../../test/lib/signalbox.ts';
import {
  fetchCount,
  type LoadOptions,
  type LoadResult,
  sendLoad,
  startCollector,
  startSink,
} from '../lib/collectors.ts';
import { collectorConfiguration } from '../lib/configuration.ts';
import { waitFor } from '../lib/processes.ts';
import { type BenchCase, type CaseResult, mebibytes, type Row, short } from '../lib/report.ts';

/**
 * As many spans as the collector takes, for a minute: the most memory that it had, and whether what it acknowledged arrived. Into the store by HTTP and by
 * gRPC, and by HTTP to a peer that takes a tenth of what was taken into the store.
 *
 *   BENCH_SECONDS=n  default 60
 */
const SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
const SPANS_PER_REQUEST = 1000;
const LOAD = { requests: 1e9, spans: SPANS_PER_REQUEST, concurrency: 8, seconds: SECONDS };
const WARM_UP_REQUESTS = 100;
const MOST_BYTES = 512 * 1024 * 1024;
const LOOK_MS = 500;
const ARRIVAL_LIMIT_MS = 1_800_000;

interface FullSpeed {
  readonly load: LoadResult;
  readonly mostBytes: number;
  readonly medianBytes: number;
  readonly lost: number;
}

/** Sends, and looks at the memory of `pid` until all has arrived, or no more comes. */
async function measure(
  pid: number,
  options: Omit<LoadOptions, keyof typeof LOAD>,
  arrived: () => Promise<number>,
  sent: () => Promise<void> = async () => undefined,
): Promise<FullSpeed> {
  await sendLoad({ ...options, ...LOAD, requests: WARM_UP_REQUESTS, firstRequest: 1_000_000 });
  const warmed = WARM_UP_REQUESTS * SPANS_PER_REQUEST;
  await waitFor('the first spans to arrive', async () => (await arrived()) >= warmed, ARRIVAL_LIMIT_MS);
  const before = await arrived();
  const looks: number[] = [];
  const watch = setInterval(() => looks.push(residentBytes(pid)), LOOK_MS);
  try {
    const load = await sendLoad({ ...options, ...LOAD });
    await sent();
    let last = { count: -1, atMs: 0 };
    await waitFor(
      'spans to arrive',
      async () => {
        const count = (await arrived()) - before;
        if (count !== last.count) last = { count, atMs: performance.now() };
        return count >= load.acceptedSpans || performance.now() - last.atMs > 60_000;
      },
      ARRIVAL_LIMIT_MS,
    );
    looks.sort((a, b) => a - b);
    const [mostBytes, medianBytes] = [looks.at(-1) ?? 0, looks[looks.length >> 1] ?? 0];
    return { load, mostBytes, medianBytes, lost: Math.max(0, load.acceptedSpans - last.count) };
  } finally {
    clearInterval(watch);
  }
}

async function intoStore(way: 'http' | 'grpc'): Promise<FullSpeed> {
  const signalbox = await startSignalbox({ args: ['--span-metrics', 'off'] });
  try {
    const options =
      way === 'http'
        ? { url: `${signalbox.otlpUrl}/v1/traces` }
        : { url: `http://${signalbox.grpcAddress}`, grpc: 'none' as const };
    const stored = (): Promise<number> => fetchCount(signalbox, 'SELECT count() FROM signalbox.spans');
    return await measure(signalbox.pidOf('collector')!, options, stored);
  } finally {
    await signalbox.stop();
  }
}

async function toSlowPeer(spansPerSecond: number): Promise<FullSpeed> {
  const sink = await startSink(spansPerSecond);
  try {
    const collector = await startCollector(
      'signalbox',
      collectorConfiguration({
        exporters: { otlp_http: { endpoint: sink.url, compression: 'none' } },
        pipelines: { traces: { exporters: ['otlp_http'] } },
      }),
    );
    try {
      const options = { url: collector.urlOf('traces') };
      const arrived = async (): Promise<number> => (await sink.count()).spans;
      return await measure(collector.pid, options, arrived, () => sink.hurry());
    } finally {
      await collector.stop();
    }
  } finally {
    await sink.stop();
  }
}

function rowOf(what: string, { load, mostBytes, medianBytes, lost }: FullSpeed): Row {
  const rate = short(load.acceptedSpans / load.seconds);
  return {
    what: `full speed for ${SECONDS} s ${what}: memory of the collector`,
    goal: '≤ 512 MiB, none lost',
    measured: `${mebibytes(mostBytes)} at most, ${mebibytes(medianBytes)} half of the time; ${lost} of ${short(load.acceptedSpans)} acknowledged spans lost`,
    peer: `${rate} spans a second, ${load.retries} requests told to try again`,
    met: mostBytes <= MOST_BYTES && lost === 0,
  };
}

export const fullSpeedCase: BenchCase = {
  name: 'full-speed',
  async run(): Promise<CaseResult> {
    const byHttp = await intoStore('http');
    const byGrpc = await intoStore('grpc');
    const slowPeer = await toSlowPeer(Math.max(1, Math.round(byHttp.load.acceptedSpans / byHttp.load.seconds / 10)));
    return {
      raw: { seconds: SECONDS, byHttp, byGrpc, slowPeer },
      rows: [
        rowOf('by HTTP into the store', byHttp),
        rowOf('by gRPC into the store', byGrpc),
        rowOf('by HTTP to a peer that takes a tenth', slowPeer),
      ],
    };
  },
};
