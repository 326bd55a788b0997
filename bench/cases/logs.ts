import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSignalbox } from '../../test/lib/signalbox.ts';
import { cpuSeconds } from '../lib/processes.ts';
import { type BenchCase, type CaseResult, short } from '../lib/report.ts';
import { checkGenerator, LOG_LOAD, storeLoad } from '../lib/stored-load.ts';

const WARM_UP_RECORDS = 50_000;
const RECORDS = 2_000_000;

/** Log records of 290 bytes by OTLP/HTTP into the store: CPU of all processes until merges are done, and bytes on disk. */
export const logsCase: BenchCase = {
  name: 'logs',
  async run(): Promise<CaseResult> {
    checkGenerator();
    const signalbox = await startSignalbox();
    try {
      const load = (items: number) => storeLoad(signalbox, { ...LOG_LOAD, args: ['--items', String(items)] });
      await load(WARM_UP_RECORDS);
      const result = await load(RECORDS);
      const perCpuSecond = result.items / result.cpuSeconds;
      const { collector, engine } = result.cpuSecondsByRole;
      const us = (seconds: number): string => ((seconds / result.items) * 1e6).toFixed(1);
      return {
        raw: result,
        rows: [
          {
            what: 'OTLP/HTTP in → store, log records of 290 bytes, all processes, merges and indexes included',
            goal: '≥ 120 k a CPU-second',
            measured: `${short(perCpuSecond)}: collector ${us(collector)} µs, engine ${us(engine)} µs a record`,
            peer: `each row merged ${result.mergedRowsPerItem.toFixed(1)} times`,
            met: perCpuSecond >= 120_000,
          },
          {
            what: 'a log line on disk, all tables',
            goal: '≤ 40 bytes',
            measured: result.bytesPerItem.toFixed(1),
            peer: '',
            met: result.bytesPerItem <= 40,
          },
        ],
      };
    } finally {
      await signalbox.stop();
    }
  },
};

const SEARCHED_RECORDS = Number(process.env.BENCH_LOG_RECORDS ?? 10_000_000);
const SEARCHES = 20;

/** A text that is in one or a few of 10 million log lines, through the API of the console. */
export const logSearchCase: BenchCase = {
  name: 'log-search',
  async run(): Promise<CaseResult> {
    checkGenerator();
    const signalbox = await startSignalbox();
    const samples = join(tmpdir(), `signalbox-bench-${process.pid}.json`);
    try {
      const startMs = Date.now() - 3_600_000;
      const args = ['--items', String(SEARCHED_RECORDS), '--start', String(startMs), '--samples', samples];
      const load = await storeLoad(signalbox, { ...LOG_LOAD, args });
      const orders = (JSON.parse(readFileSync(samples, 'utf8')) as { orderId?: string }[])
        .map(({ orderId }) => orderId)
        .filter((orderId) => orderId !== undefined);
      const step = Math.max(1, Math.floor(orders.length / SEARCHES));
      const texts = Array.from({ length: SEARCHES }, (_, i) => orders[(i * step) % orders.length]!);
      const searches: { text: string; ms: number; cpuMs: number; found: number; share: number }[] = [];
      for (const text of [...texts.slice(0, 2), ...texts]) {
        const range = { from: String(startMs - 1000), to: String(Date.now()), q: `"${text}"`, limit: '100' };
        const engine = signalbox.pidOf('engine')!;
        const cpuBefore = cpuSeconds(engine);
        const beginMs = performance.now();
        const answer = await fetch(`${signalbox.consoleUrl}/api/console/logs?${new URLSearchParams(range)}`);
        const body = (await answer.json()) as { logs: unknown[] };
        const ms = performance.now() - beginMs;
        const cpuMs = (cpuSeconds(engine) - cpuBefore) * 1000;
        if (!answer.ok) throw new Error(JSON.stringify(body));
        searches.push({ text, ms, cpuMs, found: body.logs.length, share: await shareRead(signalbox, text) });
      }
      // The first two warm up.
      const measured = searches.slice(2).sort((a, b) => a.ms - b.ms);
      const medianMs = measured[measured.length >> 1]!.ms;
      const worstMs = measured.at(-1)!.ms;
      const cpuMs = measured.map((one) => one.cpuMs).sort((a, b) => a - b)[measured.length >> 1]!;
      const share = Math.max(...measured.map((one) => one.share));
      return {
        raw: { load, searches },
        rows: [
          {
            what: `a rare text in ${short(load.items)} log lines, through the API`,
            goal: '≤ 300 ms, ≤ 5 % of the rows read',
            measured: `median ${medianMs.toFixed(0)} ms, worst ${worstMs.toFixed(0)} ms of ${SEARCHES}; ${(share * 100).toFixed(1)} % read at most`,
            peer: `engine ${cpuMs.toFixed(0)} ms of CPU; ${load.bytesPerItem.toFixed(1)} bytes a line`,
            met: medianMs <= 300 && share <= 0.05,
          },
        ],
      };
    } finally {
      rmSync(samples, { force: true });
      await signalbox.stop();
    }
  },
};

/** The share of all rows that a search reads for one of the load's texts, as the engine says. */
async function shareRead(signalbox: { query(sql: string): Promise<string> }, text: string): Promise<number> {
  const answer = await signalbox.query(
    `SELECT (SELECT count() FROM signalbox.logs) AS total, count() AS found FROM signalbox.logs
      WHERE tenant = '' AND lower(body) LIKE '%${text}%' SETTINGS use_query_condition_cache = 0 FORMAT JSON`,
  );
  const { data, statistics } = JSON.parse(answer) as {
    data: [{ total: string }];
    statistics: { rows_read: number };
  };
  return statistics.rows_read / Number(data[0].total);
}
