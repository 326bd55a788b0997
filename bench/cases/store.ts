import { startSignalbox } from '../../test/lib/signalbox.ts';
import { cpuSeconds, memoryOf, processTree, sleep, waitFor } from '../lib/processes.ts';
import { type BenchCase, type CaseResult, mebibytes, short } from '../lib/report.ts';
import { checkGenerator, type GeneratedLoad, storeLoad } from '../lib/stored-load.ts';

const TRACES: Omit<GeneratedLoad, 'args'> = {
  signal: 'traces',
  itemTables: ['spans'],
  tables: ['spans', 'traces', 'request_slots', 'span_events', 'span_links', 'resources', 'scopes'],
};
const WARM_UP_SPANS = 50_000;
const SPANS = 2_000_000;

/** Spans by OTLP/HTTP into the store, on disk before the OK: CPU of all processes until merges are done, and bytes on disk. */
export const storeCase: BenchCase = {
  name: 'store',
  async run(): Promise<CaseResult> {
    checkGenerator();
    const signalbox = await startSignalbox({ args: ['--span-metrics', 'off'] });
    try {
      const load = (items: number) => storeLoad(signalbox, { ...TRACES, args: ['--items', String(items)] });
      await load(WARM_UP_SPANS);
      const result = await load(SPANS);
      const perCpuSecond = result.items / result.cpuSeconds;
      const { collector, engine } = result.cpuSecondsByRole;
      const us = (seconds: number): string => ((seconds / result.items) * 1e6).toFixed(1);
      const collectorRssBytes = memoryOf(signalbox.pidOf('collector')!).rssBytes;
      return {
        raw: { ...result, collectorRssBytes },
        rows: [
          {
            what: 'OTLP/HTTP in → store, spans, all processes, merges and indexes included',
            goal: '≥ 130 k a CPU-second',
            measured: `${short(perCpuSecond)}: collector ${us(collector)} µs, engine ${us(engine)} µs a span; collector ${mebibytes(collectorRssBytes)}`,
            peer: `each row merged ${result.mergedRowsPerItem.toFixed(1)} times`,
            met: perCpuSecond >= 130_000,
          },
          {
            what: 'a span on disk, all tables',
            goal: '≤ 42 bytes',
            measured: result.bytesPerItem.toFixed(1),
            peer: '',
            met: result.bytesPerItem <= 42,
          },
        ],
      };
    } finally {
      await signalbox.stop();
    }
  },
};

/** From an acknowledgement to the span's being in a query's answer, through the public APIs only. */
export const freshnessCase: BenchCase = {
  name: 'freshness',
  async run(): Promise<CaseResult> {
    const signalbox = await startSignalbox();
    try {
      const lags: number[] = [];
      for (let i = 0; i < 20; i++) {
        const traceId = (0x1000_0000_0000 + i).toString(16).padStart(32, 'a');
        const nowNs = `${Date.now()}000000`;
        const span = {
          traceId,
          spanId: '00000000000000aa',
          name: 'fresh',
          startTimeUnixNano: nowNs,
          endTimeUnixNano: nowNs,
        };
        const body = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
        const response = await fetch(`${signalbox.otlpUrl}/v1/traces`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        if (!response.ok) throw new Error(await response.text());
        const acknowledgedMs = performance.now();
        await waitFor(
          'the span to be found',
          async () => {
            const found = await fetch(`${signalbox.consoleUrl}/jaeger/api/traces/${traceId}`);
            return found.ok && ((await found.json()) as { data: unknown[] }).data.length === 1;
          },
          20_000,
        );
        lags.push(performance.now() - acknowledgedMs);
        await sleep(137);
      }
      lags.sort((a, b) => a - b);
      const worst = lags.at(-1)!;
      return {
        raw: lags,
        rows: [
          {
            what: 'from acknowledgement to visible in a query',
            goal: '≤ 2 s',
            measured: `median ${(lags[lags.length >> 1]! / 1000).toFixed(2)} s, worst ${(worst / 1000).toFixed(2)} s of ${lags.length}`,
            peer: '',
            met: worst <= 2000,
          },
        ],
      };
    } finally {
      await signalbox.stop();
    }
  },
};

/** Time to ready, and what all processes take together when nothing happens. */
export const idleCase: BenchCase = {
  name: 'idle',
  async run(): Promise<CaseResult> {
    const starts: number[] = [];
    for (let i = 0; i < 3; i++) {
      const started = await startSignalbox();
      starts.push(started.readyMs);
      await started.stop();
    }
    const signalbox = await startSignalbox();
    try {
      starts.push(signalbox.readyMs);
      await sleep(30_000);
      const tree = processTree(signalbox.supervisorPid);
      const cpuBefore = tree.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
      await sleep(20_000);
      const cpuShare = (tree.reduce((sum, pid) => sum + cpuSeconds(pid), 0) - cpuBefore) / 20;
      const memory = tree.map((pid) => ({ pid, ...memoryOf(pid) }));
      const rss = memory.reduce((sum, one) => sum + one.rssBytes, 0);
      const pss = memory.reduce((sum, one) => sum + one.pssBytes, 0);
      const slowest = Math.max(...starts);
      return {
        raw: { starts, memory, cpuShare },
        rows: [
          {
            what: '`up` after install: ready for data and console',
            goal: '≤ 3 s',
            measured: `${starts.map((ms) => (ms / 1000).toFixed(2)).join(', ')} s`,
            peer: '',
            met: slowest <= 3000,
          },
          {
            what: 'idle memory of all processes together',
            goal: '≤ 450 MB',
            measured: `${(pss / 1e6).toFixed(0)} MB (pages shared by several processes counted once)`,
            peer: `sum of resident sizes ${(rss / 1e6).toFixed(0)} MB; idle CPU ${(cpuShare * 100).toFixed(1)} % of a core`,
            met: pss <= 450e6,
          },
        ],
      };
    } finally {
      await signalbox.stop();
    }
  },
};
