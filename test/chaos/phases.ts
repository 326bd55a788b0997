import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mountSmallDisk } from '../../src/store/testing/tmpfs.ts';
import { Chaos, type ChaosReport } from './chaos.ts';

export interface PhaseOptions {
  readonly seed: number;
  readonly clients: number;
  readonly count: number;
  readonly print: (line: string) => void;
}

const SMALL_DISK_MIB = 128;
/** Items that clients are told are safe between two blows. */
const ITEMS_BETWEEN = 60;

async function phase(
  options: PhaseOptions,
  dataDir: string,
  blow: (chaos: Chaos) => Promise<string>,
): Promise<ChaosReport> {
  const chaos = new Chaos({ ...options, dataDir });
  try {
    await chaos.start();
    await chaos.traffic(ITEMS_BETWEEN);
    for (let i = 1; i <= options.count; i++) {
      options.print(`${i}/${options.count}: ${await blow(chaos)}`);
      await chaos.traffic(ITEMS_BETWEEN);
    }
    return await chaos.settle();
  } catch (error) {
    options.print(chaos.box.output().slice(-4000));
    throw error;
  } finally {
    await chaos.stop();
  }
}

async function inFolder(run: (dataDir: string) => Promise<ChaosReport>): Promise<ChaosReport> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-chaos-'));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each process, and all of them, killed at random moments. */
export function kills(options: PhaseOptions): Promise<ChaosReport> {
  return inFolder((dataDir) => phase(options, dataDir, (chaos) => chaos.kill()));
}

/** Segments of the spool damaged while nothing runs. */
export function damagedSegments(options: PhaseOptions): Promise<ChaosReport> {
  return inFolder((dataDir) => phase(options, dataDir, (chaos) => chaos.damage()));
}

/** A small disk that fills again and again; undefined where none can be made. */
export async function fullDisks(options: PhaseOptions): Promise<ChaosReport | undefined> {
  const disk = mountSmallDisk(SMALL_DISK_MIB);
  if (disk === undefined) return undefined;
  try {
    return await phase(options, disk.path, (chaos) => chaos.fillDisk());
  } finally {
    disk.unmount();
  }
}
