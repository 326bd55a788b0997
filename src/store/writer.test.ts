import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import { spawnEngine } from '#engine';
import { encodeOtlpParts } from '#wire';
import { DEFAULT_RETENTION, prepareStore } from './migrate.ts';
import { frameHeadOf, MAGIC, markOf, writeHead } from './spool/frames.ts';
import { startEngineProxy } from './testing/engine-proxy.ts';
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
  expect(await store.text(`SELECT count() FROM (SELECT trace_id FROM traces GROUP BY trace_id) FORMAT TSV`)).toBe(
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

/** Waits until a writer has closed its segment, takes the file away before it is stored, and gives back its name and bytes. */
async function closedSegment(
  folder: string,
  service: string,
  batches: number,
): Promise<{ name: string; file: Buffer }> {
  // Nothing listens there, so the segment stays.
  const away = await started({ ...store.endpoint, url: 'http://127.0.0.1:1' }, folder, {
    spool: { segmentAgeMs: 1e7 },
  });
  for (let i = 0; i < batches; i++) await away.writer.write(spanBatch(100, i * 100, service));
  await away.writer.stop(1_000);
  const [name] = segmentsIn(folder);
  return { name: name!, file: readFileSync(join(folder, name!)) };
}

const flipped = (file: Buffer, at: number): Buffer => {
  const copy = Buffer.from(file);
  copy[at]! ^= 0xff;
  return copy;
};

test.each([
  { name: 'a byte of the first frame flipped', hit: (file: Buffer) => flipped(file, 200), stored: 1900 },
  { name: 'a byte in the middle flipped', hit: (file: Buffer) => flipped(file, file.length >> 1), stored: 1900 },
  { name: 'a byte of the magic flipped', hit: (file: Buffer) => flipped(file, 3), stored: 2000 },
  { name: '1,000 bytes cut off the tail', hit: (file: Buffer) => file.subarray(0, file.length - 1000), stored: 1900 },
  { name: 'all bytes zeroed', hit: (file: Buffer) => Buffer.alloc(file.length), stored: 0 },
  { name: 'nothing left', hit: () => Buffer.alloc(0), stored: 0 },
])(
  'damage to a segment, $name: what is whole is stored, the rest counted, the file kept',
  async ({ name, hit, stored }) => {
    const folder = newFolder();
    const service = `damaged: ${name}`;
    const { name: fileName, file } = await closedSegment(folder, service, 20);
    writeFileSync(join(folder, fileName), hit(file));
    writeFileSync(join(folder, 'junk.seg'), 'junk');
    const second = await started(store.endpoint, folder);
    await second.writer.drain(20_000);
    expect(await countOf(service)).toBe(`${stored}\t${stored}`);
    expect(second.inserted.traces + second.lost.traces).toBe(2000);
    expect(second.lost.traces).toBe(2000 - stored);
    const sent = fileName.replace(/seg$/, 'sent.seg');
    const aside = [sent, `${sent}.txt`, 'junk.seg', 'junk.seg.txt'];
    expect(readdirSync(join(folder, 'rejected')).sort()).toEqual(aside.sort());
    expect(readFileSync(join(folder, 'rejected', sent))).toEqual(hit(file));
    const errors = second.lines.filter((line) => line.startsWith('error'));
    expect(errors.join('\n')).toContain(`${stored} items were whole and are stored, ${2000 - stored} are lost`);
    expect(errors.join('\n')).toContain('junk.seg');
    expect(segmentsIn(folder)).toEqual([]);
    expect(second.writer.spoolBytes).toBe(0);
    // Moved back by a person, or damaged only after a first delivery: nothing is stored twice.
    await second.writer.stop(1_000);
    writeFileSync(join(folder, sent), file);
    const third = await started(store.endpoint, folder);
    await third.writer.drain(20_000);
    if (stored > 0) expect(await countOf(service)).toBe(`${stored}\t${stored}`);
  },
);

test('a frame that can not be decoded costs only itself, and the rest goes on', async () => {
  const folder = newFolder();
  const id = `${Date.now()}-000000000-0123456789`;
  const parts = [...encodeOtlpParts(spanBatch(10, 0, 'beside poison'))];
  const poison = [new Uint8Array([0x0a, 0xff])];
  writeFileSync(
    join(folder, `${id}.17-0-0.seg`),
    Buffer.concat([
      MAGIC,
      writeHead(markOf(id), frameHeadOf(0, 7, poison), [0, 0, 0]),
      ...poison,
      writeHead(markOf(id), frameHeadOf(0, 10, parts), [7, 0, 0]),
      ...parts,
    ]),
  );
  const { writer, lines, lost } = await started(store.endpoint, folder);
  await writer.drain(20_000);
  expect(await countOf('beside poison')).toBe('10\t10');
  expect(lost).toEqual({ traces: 7, metrics: 0, logs: 0 });
  expect(segmentsIn(folder)).toEqual([]);
  expect(readdirSync(join(folder, 'rejected')).length).toBe(2);
  expect(lines.join('\n')).toContain("a frame can't be decoded");
});

test('a segment whose file is gone is counted and named', async () => {
  const folder = newFolder();
  const { name } = await closedSegment(folder, 'gone', 1);
  rmSync(join(folder, name));
  const id = name.slice(0, name.indexOf('.'));
  mkdirSync(join(folder, `${id}.100-0-0.seg`));
  const { writer, lines, rejected } = await started(store.endpoint, folder);
  await writer.drain(20_000);
  expect(rejected).toEqual({ traces: 100, metrics: 0, logs: 0 });
  expect(lines.join('\n')).toContain("its file can't be read");
});

test('many small segments of an earlier run are merged before they are stored, each once', async () => {
  const folder = newFolder();
  const endpoint = { ...store.endpoint, url: 'http://127.0.0.1:1' };
  const away = await started(endpoint, folder, { spool: { segmentItems: 1 } });
  for (let i = 0; i < 60; i++) await away.writer.write(spanBatch(10, i * 10, 'small'));
  await away.writer.stop(1_000);
  expect(segmentsIn(folder).length).toBe(60);
  const { writer, inserted } = await started(store.endpoint, folder);
  expect(writer.segmentCount).toBe(1);
  await writer.drain(20_000);
  expect(await countOf('small')).toBe('600\t600');
  expect(inserted.traces).toBe(600);
  expect(segmentsIn(folder)).toEqual([]);
});

test('small segments that wait for the store are merged while they wait, and stored once each', async () => {
  const folder = newFolder();
  let isAway = false;
  const proxy = await startEngineProxy(store.endpoint.url, () =>
    isAway ? { isPassedOn: false, answer: { status: 503, body: 'away' } } : undefined,
  );
  try {
    const { writer, inserted, states } = await started({ ...store.endpoint, url: proxy.url }, folder, {
      spool: { segmentAgeMs: 1 },
    });
    const send = async (i: number): Promise<void> => {
      await writer.write(spanBatch(5, i * 5, 'merged'));
      await eventually('the segment is closed', () => segmentsIn(folder).every((name) => !name.includes('.open.')));
    };
    await send(0);
    await eventually('the store is reached', () => inserted.traces === 5);
    isAway = true;
    for (let i = 1; i <= 150; i++) await send(i);
    await eventually('most are merged', () => segmentsIn(folder).length < 40);
    expect(writer.segmentCount).toBe(segmentsIn(folder).length);
    expect(states.join()).toContain('unavailable');
    isAway = false;
    await writer.drain(60_000);
    expect(await countOf('merged')).toBe('755\t755');
    expect(inserted.traces).toBe(755);
    expect(segmentsIn(folder)).toEqual([]);
    expect(writer.spoolBytes).toBe(0);
  } finally {
    for (const { writer } of writers.splice(0)) await writer.stop(1_000);
    await proxy.close();
  }
});

test('a spool folder that is deleted while data comes loses nothing of what was acknowledged', async () => {
  const folder = newFolder();
  const { writer, states, lost, rejected } = await started(store.endpoint, folder);
  let taken = 0;
  for (let i = 0; i < 60; i++) {
    if (i % 20 === 10) rmSync(folder, { recursive: true });
    await writer.write(spanBatch(10, taken * 10, 'deleted folder')).then(
      () => taken++,
      (error: unknown) => expect(error).toMatchObject({ name: 'SpoolError', reason: 'spool_write_failed' }),
    );
  }
  await writer.drain(20_000);
  expect(await countOf('deleted folder')).toBe(`${taken * 10}\t${taken * 10}`);
  expect({ lost: lost.traces, rejected: rejected.traces }).toEqual({ lost: 0, rejected: 0 });
  expect(states.filter((state) => state.startsWith('refusing')).length).toBe(
    states.filter((state) => state.startsWith('accepting')).length,
  );
  expect(taken).toBeGreaterThan(50);
});

test('a full spool refuses, and takes data again when the engine is back', async () => {
  const dataDir = newFolder();
  const folder = newFolder();
  const engine = await spawnEngine({ dataDir });
  const { port } = engine;
  const endpoint = { ...store.endpoint, url: engine.address, ...engine.access.signalbox };
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
    headers: { 'X-ClickHouse-User': endpoint.username, 'X-ClickHouse-Key': endpoint.password },
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
