import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { ManualClock } from '#base';
import { type EngineProcess, spawnEngine } from '#engine';
import { storeEndpoint } from './endpoint.ts';
import { FreeSpace, reserveOf } from './free-space.ts';
import { DEFAULT_RETENTION, prepareStore } from './migrate.ts';
import { SegmentLog } from './spool/segment-log.ts';
import { headersOf } from './testing/test-store.ts';
import { spanBatch, testWriter } from './testing/test-writer.ts';
import { mountSmallDisk } from './testing/tmpfs.ts';

const MIB = 1024 * 1024;
const disk = mountSmallDisk(96);
const cleanups: (() => unknown)[] = [];
afterAll(() => disk?.unmount());
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'signalbox-full-'));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Takes all of the small disk but so many bytes. */
function fill(path: string, leftBytes: number): () => void {
  const filler = join(path, 'filler');
  const file = openSync(filler, 'w');
  const piece = Buffer.alloc(64 * 1024);
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(path);
      const spare = bavail * bsize - leftBytes;
      if (spare <= 0) break;
      writeSync(file, piece, 0, Math.min(piece.length, spare));
    }
  } catch (error) {
    // The engine was faster.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
  return () => rmSync(filler);
}

async function engineOn(path: string): Promise<EngineProcess> {
  const dataDir = mkdtempSync(join(path, 'data-'));
  cleanups.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const engine = await spawnEngine({ dataDir });
  cleanups.push(() => engine.stop());
  await prepareStore({
    endpoint: storeEndpoint({ url: engine.address, ...engine.access.signalbox }),
    retention: DEFAULT_RETENTION,
  });
  return engine;
}

async function spansIn(engine: EngineProcess): Promise<string> {
  const body = 'SELECT count(), uniqExact(span_id), sum(ignore(*)) FROM signalbox.spans FORMAT TSV';
  return (await (await fetch(engine.address, { method: 'POST', body, headers: headersOf(engine) })).text()).trim();
}

test.skipIf(disk === undefined)(
  'inserting stops at the reserve, says so, and goes on when there is space',
  async () => {
    const { path } = disk!;
    const engine = await engineOn(path);
    const made = testWriter(storeEndpoint({ url: engine.address, ...engine.access.signalbox }), folder());
    cleanups.push(() => made.writer.stop(1_000));
    await made.writer.start();
    await made.writer.write(spanBatch(100, 0));
    await made.writer.drain(30_000);
    expect(await spansIn(engine)).toBe('100\t100\t0');
    const free = fill(path, 8 * MIB);
    // What was seen of the disk holds for ten seconds at most.
    let id = 100;
    await expect
      .poll(
        async () => {
          await made.writer.write(spanBatch(10, id));
          id += 10;
          return made.states.at(-1);
        },
        { timeout: 40_000, interval: 500 },
      )
      .toMatch(/^unavailable: the store is out of disk: \d+ of 96 MiB are free, 16 are kept in reserve/);
    expect(made.writer.spoolBytes).toBeGreaterThan(0);
    free();
    await made.writer.drain(40_000);
    expect(await spansIn(engine)).toBe(`${id}\t${id}\t0`);
    expect(made.states.at(-1)).toBe('ok: the store takes data again');
    expect(made.rejected.traces).toBe(0);
  },
);

test.skipIf(disk === undefined)(
  'a disk that is full to the last byte loses nothing and doubles nothing',
  { timeout: 120_000 },
  async () => {
    const { path } = disk!;
    const engine = await engineOn(path);
    const made = testWriter(storeEndpoint({ url: engine.address, ...engine.access.signalbox }), folder(), {
      reserveBytes: 0,
    });
    cleanups.push(() => made.writer.stop(1_000));
    await made.writer.start();
    let id = 0;
    for (const leftKib of [0, 60]) {
      const free = fill(path, leftKib * 1024);
      for (let i = 0; i < 12; i++, id += 500) await made.writer.write(spanBatch(500, id));
      // Until an insert has failed for want of space, or there was enough.
      await made.writer.drain(3_000);
      free();
      await made.writer.drain(20_000);
    }
    expect(made.writer.spoolBytes).toBe(0);
    expect(await spansIn(engine)).toBe(`${id}\t${id}\t0`);
    expect(made.inserted.traces).toBe(id);
    expect(made.rejected.traces).toBe(0);
  },
);

test.skipIf(disk === undefined)('no table is made or changed on a full disk', async () => {
  const { path } = disk!;
  const engine = await engineOn(path);
  const endpoint = storeEndpoint({ url: engine.address, ...engine.access.signalbox });
  const free = fill(path, 1024);
  const retention = { traces: 60, logs: 60, metrics: 60 };
  await expect(prepareStore({ endpoint, retention })).rejects.toThrow('the store is out of disk');
  free();
  await prepareStore({ endpoint, retention });
});

test.skipIf(disk === undefined)(
  'the spool leaves the engine beside it some space, and takes data again later',
  async () => {
    const { path } = disk!;
    const dir = mkdtempSync(join(path, 'spool-'));
    const log = await SegmentLog.open(
      {
        dir,
        segmentBytes: MIB,
        segmentItems: 1000,
        segmentAgeMs: 50,
        limitBytes: 1024 * MIB,
        rejectedLimitBytes: MIB,
        owner: 'a test',
        clock: new ManualClock(),
      },
      { opened: () => undefined, closed: () => undefined },
    );
    cleanups.push(() => log.close());
    const free = fill(path, 8 * MIB + 50_000);
    await log.append(0, [new Uint8Array(10_000)], 1);
    await expect(log.append(0, [new Uint8Array(60_000)], 1)).rejects.toMatchObject({
      reason: 'spool_full',
      message: expect.stringContaining('kept in reserve'),
    });
    expect(await log.canTake(60_000)).toBe(false);
    free();
    expect(await log.canTake(60_000)).toBe(true);
    await log.append(0, [new Uint8Array(60_000)], 1);
  },
);

test.each([
  { name: 'a small disk', totalBytes: 90 * MIB, want: 16 * MIB },
  { name: 'a disk of 10 GiB', totalBytes: 10 * 1024 * MIB, want: 512 * MIB },
  { name: 'a large disk', totalBytes: 4096 * 1024 * MIB, want: 1024 * MIB },
])('the reserve of $name', ({ totalBytes, want }) => {
  expect(reserveOf(totalBytes)).toBe(want);
});

test('the disk is looked at again as it fills, and at each try while it is full', async () => {
  const clock = new ManualClock();
  let looks = 0;
  let freeBytes = 100 * MIB;
  const space = new FreeSpace(async () => ({ freeBytes, totalBytes: 1000 * MIB, looks: ++looks }), clock, 20 * MIB);
  for (let i = 0; i < 5; i++) expect(await space.obstacle(MIB)).toBeUndefined();
  expect(looks).toBe(1);
  freeBytes = 20 * MIB;
  for (let i = 0; i < 20 && looks === 1; i++) await space.obstacle(MIB);
  expect(looks).toBe(2);
  expect(await space.obstacle(MIB)).toContain('out of disk');
  expect(looks).toBe(3);
  freeBytes = 500 * MIB;
  expect(await space.obstacle(MIB)).toBeUndefined();
  await clock.advance(11_000);
  await space.obstacle(MIB);
  expect(looks).toBe(5);
});
