import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { spawnEngine } from '#engine';
import { DEFAULT_RETENTION, prepareStore } from './migrate.ts';
import { MAGIC } from './spool/frames.ts';
import { startTestStore, type TestStore } from './testing/test-store.ts';
import { spanBatch, type TestWriter, testWriter } from './testing/test-writer.ts';

let store: TestStore;
const folders: string[] = [];
const writers: TestWriter[] = [];

beforeAll(async () => {
  store = await startTestStore();
});
afterEach(async () => {
  for (const { writer } of writers.splice(0)) await writer.stop(1_000);
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
afterAll(async () => {
  await store.close();
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-spool-'));
  folders.push(folder);
  return folder;
}

async function started(...args: Parameters<typeof testWriter>): Promise<TestWriter> {
  const writer = testWriter(...args);
  writers.push(writer);
  await writer.writer.start();
  return writer;
}

const segmentsIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.seg'));
const countOf = (service: string): Promise<string> =>
  store.text(`SELECT count(), uniqExact(span_id) FROM spans WHERE service_name = '${service}' FORMAT TSV`);

test('what was acknowledged is in the store after a drain, and the spool is empty', async () => {
  const folder = newFolder();
  const { writer, inserted } = await started(store.endpoint, folder);
  await Promise.all(Array.from({ length: 20 }, (_, i) => writer.write(spanBatch(50, i * 50, 'drained'))));
  await writer.drain(20_000);
  expect(await countOf('drained')).toBe('1000\t1000');
  expect(inserted).toEqual({ traces: 1000, metrics: 0, logs: 0 });
  expect(segmentsIn(folder)).toEqual([]);
  expect(writer.spoolBytes).toBe(0);
  expect(writer.lagMs).toBe(0);
  expect(await store.text(`SELECT count() FROM (SELECT trace_id FROM trace_index GROUP BY trace_id) FORMAT TSV`)).toBe(
    '200',
  );
});

test('chunks beyond the memory limit are read back from the spool', async () => {
  const { writer } = await started(store.endpoint, newFolder(), { memoryBytes: 0 });
  await writer.write(spanBatch(100, 0, 'read back'));
  await writer.write(spanBatch(100, 100, 'read back'));
  await writer.drain(20_000);
  expect(await countOf('read back')).toBe('200\t200');
});

test('a segment whose insert was not heard of again is stored once', async () => {
  const folder = newFolder();
  const first = await started(store.endpoint, folder, { spool: { segmentAgeMs: 3_600_000 } });
  await first.writer.write(spanBatch(30, 0, 'replayed'));
  const [name] = segmentsIn(folder);
  const copy = new Uint8Array(readFileSync(join(folder, name!)));
  await first.writer.stop(20_000);
  expect(await countOf('replayed')).toBe('30\t30');
  writeFileSync(join(folder, name!), copy);
  const second = await started(store.endpoint, folder);
  await second.writer.drain(20_000);
  expect(await countOf('replayed')).toBe('30\t30');
  expect(segmentsIn(folder)).toEqual([]);
});

test('a torn end is cut off and the frames before it are stored', async () => {
  const folder = newFolder();
  const first = await started(store.endpoint, folder, { spool: { segmentAgeMs: 3_600_000 } });
  await first.writer.write(spanBatch(10, 0, 'torn'));
  await first.writer.write(spanBatch(10, 10, 'torn'));
  const [name] = segmentsIn(folder);
  const copy = readFileSync(join(folder, name!));
  await first.writer.stop(20_000);
  await store.query(`TRUNCATE TABLE spans`);
  writeFileSync(join(folder, name!), copy.subarray(0, copy.length - 5));
  const second = await started(store.endpoint, folder);
  await second.writer.drain(20_000);
  expect(await countOf('torn')).toBe('10\t10');
  expect(second.lines.join('\n')).toContain('never acknowledged');
});

test('a segment that can not be stored is moved aside with its reason, and the rest goes on', async () => {
  const folder = newFolder();
  const frame = Buffer.alloc(9);
  frame.writeUInt32LE(crc32(Buffer.from([77])), 4);
  frame[8] = 77;
  writeFileSync(join(folder, '1763800000000-000000000-0000000000.seg'), Buffer.concat([MAGIC, frame]));
  const { writer, lines } = await started(store.endpoint, folder);
  await writer.write(spanBatch(10, 0, 'behind poison'));
  await writer.drain(20_000);
  expect(await countOf('behind poison')).toBe('10\t10');
  expect(segmentsIn(folder)).toEqual([]);
  expect(readdirSync(join(folder, 'rejected')).sort()).toEqual([
    '1763800000000-000000000-0000000000.seg',
    '1763800000000-000000000-0000000000.seg.txt',
  ]);
  expect(lines.join('\n')).toContain('a frame of unknown kind 77');
});

test('a full spool refuses, and takes data again when the engine is back', async () => {
  const dataDir = newFolder();
  const folder = newFolder();
  const engine = await spawnEngine({ dataDir });
  const { port } = engine;
  const endpoint = { ...store.endpoint, url: engine.address };
  await prepareStore({ endpoint, retention: DEFAULT_RETENTION });
  await engine.stop();
  const { writer, states } = await started(endpoint, folder, { spool: { limitBytes: 40_000 } });
  let taken = 0;
  await expect(
    (async () => {
      for (; taken < 1000; taken++) await writer.write(spanBatch(10, taken * 10, 'late'));
    })(),
  ).rejects.toMatchObject({ name: 'SpoolError', reason: 'spool_full' });
  expect(taken).toBeGreaterThan(10);
  expect(writer.spoolBytes).toBeLessThanOrEqual(40_000);
  const again = await spawnEngine({ dataDir, port });
  await expect.poll(() => writer.spoolBytes, { timeout: 30_000 }).toBe(0);
  await writer.write(spanBatch(10, taken * 10, 'late'));
  await writer.drain(20_000);
  const answer = await fetch(`${again.address}/`, {
    method: 'POST',
    body: 'SELECT count(), uniqExact(span_id) FROM signalbox.spans FORMAT TSV',
  });
  expect((await answer.text()).trim()).toBe(`${(taken + 1) * 10}\t${(taken + 1) * 10}`);
  expect(states[0]).toContain('unavailable');
  await again.stop();
});

test('two writers can not share a folder', async () => {
  const folder = newFolder();
  await started(store.endpoint, folder);
  const second = testWriter(store.endpoint, folder);
  await expect(second.writer.start()).rejects.toMatchObject({ name: 'StartError' });
  await second.writer.stop(0);
});
