import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#base/testing.ts';
import { startSignalbox } from '../../test/lib/signalbox.ts';
import { fetchCount } from '../lib/collectors.ts';
import { cpuSeconds, start, waitFor } from '../lib/processes.ts';
import { hasPrometheus, prometheusBinary } from '../lib/prometheus.ts';
import { INTERVAL_SECONDS, sendRemoteWrite } from '../lib/remote-write-load.ts';
import { type BenchCase, type CaseResult, type Row, short } from '../lib/report.ts';
import { measured, type StoredLoadResult } from '../lib/stored-load.ts';

const LOAD = {
  signal: 'metrics',
  itemTables: ['metric_points'],
  tables: ['metric_points', 'metric_series'],
  settledLooks: 3,
} as const;
const WARM_UP_STEPS = 10;
const STEPS = Number(process.env.BENCH_REMOTE_WRITE_STEPS ?? 240);
const VERSIONS = [1, 2] as const;

/**
 * Samples by remote write into the store, from a client that sends as one shard of a Prometheus does: CPU of all our processes until merges are
 * done, and bytes on disk. Where there is a Prometheus, the same goes to it.
 */
export const remoteWriteCase: BenchCase = {
  name: 'remote-write',
  async run(): Promise<CaseResult> {
    const rows: Row[] = [];
    const raw: Record<string, unknown> = {};
    for (const version of VERSIONS) {
      const ours = await signalboxTakes(version);
      const theirs = hasPrometheus() ? await prometheusTakes(version) : undefined;
      raw[`version ${version}`] = { ours, theirs };
      const perCpuSecond = ours.items / ours.cpuSeconds;
      const { server, engine } = ours.cpuSecondsByRole;
      const us = (seconds: number): string => ((seconds / ours.items) * 1e6).toFixed(2);
      rows.push(
        {
          what: `remote write ${version}.0 → store, samples, all processes, merges included`,
          goal: '≥ 500 k a CPU-second',
          measured: `${short(perCpuSecond)}: server ${us(server)} µs, engine ${us(engine)} µs a sample`,
          peer: theirs === undefined ? '' : `Prometheus: ${short(theirs.samples / theirs.cpuSeconds)}`,
          met: perCpuSecond >= 500_000,
        },
        {
          what: `a sample by remote write ${version}.0 on disk, ${STEPS + WARM_UP_STEPS} a series, with all series`,
          goal: '≤ 1.8 bytes',
          measured: `${ours.mergedBytesPerItem.toFixed(2)} in one part, ${ours.bytesPerItem.toFixed(2)} before`,
          peer: theirs === undefined ? '' : `Prometheus: ${theirs.bytesPerSample.toFixed(2)} in a block`,
          met: ours.mergedBytesPerItem <= 1.8,
        },
      );
    }
    return { raw, rows };
  },
};

function loadAt(version: 1 | 2, url: string, firstStep: number, steps: number): Parameters<typeof sendRemoteWrite>[0] {
  const begin = Math.floor(Date.now() / 60_000) * 60_000 - (WARM_UP_STEPS + STEPS) * INTERVAL_SECONDS * 1000;
  return { version, url, steps, startMs: begin + firstStep * INTERVAL_SECONDS * 1000 };
}

interface SignalboxResult extends StoredLoadResult {
  /** Bytes a sample once all parts are one; `bytesPerItem` is what they are as soon as no merge is due. */
  readonly mergedBytesPerItem: number;
}

async function signalboxTakes(version: 1 | 2): Promise<SignalboxResult> {
  const signalbox = await startSignalbox();
  try {
    const url = `${signalbox.consoleUrl}/api/v1/write`;
    await waitFor('the tables to be made', () => hasTables(signalbox), 60_000);
    await sendRemoteWrite(loadAt(version, url, 0, WARM_UP_STEPS));
    const result = await measured(signalbox, LOAD, () => sendRemoteWrite(loadAt(version, url, WARM_UP_STEPS, STEPS)));
    for (const table of LOAD.tables) await signalbox.query(`OPTIMIZE TABLE signalbox.${table} FINAL`);
    const tables = LOAD.tables.map((table) => `'${table}'`).join();
    const bytes = await fetchCount(
      signalbox,
      `SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'signalbox' AND table IN (${tables})`,
    );
    const samples = await fetchCount(signalbox, 'SELECT count() FROM signalbox.metric_points');
    return { ...result, mergedBytesPerItem: bytes / samples };
  } finally {
    await signalbox.stop();
  }
}

async function hasTables(signalbox: Awaited<ReturnType<typeof startSignalbox>>): Promise<boolean> {
  return (await fetchCount(signalbox, 'SELECT count() FROM signalbox.metric_points').catch(() => -1)) >= 0;
}

interface PrometheusResult {
  readonly samples: number;
  readonly cpuSeconds: number;
  readonly bytesPerSample: number;
}

/** CPU until all is taken, and the size of the block that its samples become. */
async function prometheusTakes(version: 1 | 2): Promise<PrometheusResult> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-prometheus-'));
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, 'global: {}\n');
  const address = `127.0.0.1:${await freePort()}`;
  const prometheus = start(prometheusBinary(), [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    '--web.enable-remote-write-receiver',
    '--web.enable-admin-api',
  ]);
  try {
    const isReady = async (): Promise<boolean> =>
      (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.ok === true;
    await waitFor('Prometheus to be ready', isReady, 60_000);
    const url = `http://${address}/api/v1/write`;
    await sendRemoteWrite(loadAt(version, url, 0, WARM_UP_STEPS));
    const before = cpuSeconds(prometheus.pid);
    const { accepted } = await sendRemoteWrite(loadAt(version, url, WARM_UP_STEPS, STEPS));
    const seconds = cpuSeconds(prometheus.pid) - before;
    const snapshot = await fetch(`http://${address}/api/v1/admin/tsdb/snapshot`, { method: 'POST' });
    const { data } = (await snapshot.json()) as { readonly data: { readonly name: string } };
    const bytes = sizeOf(join(folder, 'data/snapshots', data.name));
    const all = (accepted / STEPS) * (STEPS + WARM_UP_STEPS);
    return { samples: accepted, cpuSeconds: seconds, bytesPerSample: bytes / all };
  } finally {
    await prometheus.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function sizeOf(path: string): number {
  const found = statSync(path);
  if (!found.isDirectory()) return found.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
