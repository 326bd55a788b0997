import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '#base';
import { eventually } from '#base/testing.ts';
import { mergedName, type Segment } from './segment.ts';
import { SegmentLog, type SegmentLogOptions } from './segment-log.ts';

let dir: string;
let clock: ManualClock;
const logs: SegmentLog<string[]>[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'signalbox-log-'));
  clock = new ManualClock();
});
afterEach(async () => {
  for (const log of logs.splice(0)) await log.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Puts a file in the place of the folder. Returns what puts the folder back. */
function takeAway(): () => void {
  renameSync(dir, `${dir}-away`);
  writeFileSync(dir, '');
  return () => {
    rmSync(dir);
    renameSync(`${dir}-away`, dir);
  };
}

async function openLog(
  options: Partial<SegmentLogOptions> = {},
  isBusy?: () => boolean,
): Promise<{ log: SegmentLog<string[]>; closed: Segment<string[]>[] }> {
  const closed: Segment<string[]>[] = [];
  const log = await SegmentLog.open<string[]>(
    {
      dir,
      owner: 'a test',
      segmentBytes: 1e6,
      segmentItems: 1e6,
      segmentAgeMs: 500,
      limitBytes: 1e7,
      rejectedLimitBytes: 1e6,
      clock,
      ...options,
    },
    { opened: () => [], closed: (segment) => closed.push(segment), ...(isBusy !== undefined && { isBusy }) },
  );
  logs.push(log);
  return { log, closed };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const texts = async (log: SegmentLog<string[]>, segment: Segment<string[]>): Promise<string[]> =>
  (await log.read(segment)).frames.map(({ kind, payload }) => `${kind}:${new TextDecoder().decode(payload)}`);

test('frames of many callers come back in order, with what was kept beside them', async () => {
  const { log, closed } = await openLog();
  await Promise.all(
    ['a', 'b', 'c'].map((text, i) =>
      log.append(i, [bytes(text), bytes(''), bytes(`${text}${text}`)], 1, (segment) => segment.kept?.push(text)),
    ),
  );
  await log.roll();
  expect(closed.map((segment) => segment.kept)).toEqual([['a', 'b', 'c']]);
  expect(await texts(log, closed[0]!)).toEqual(['0:aaa', '1:bbb', '2:ccc']);
  expect(log.bytes).toBe(closed[0]!.bytes);
});

test('a frame is handed on once it is on disk and before its segment is closed, and not where it was refused', async () => {
  const events: string[] = [];
  const log = await SegmentLog.open<string>(
    {
      dir,
      owner: 'a test',
      segmentBytes: 1e6,
      segmentItems: 2,
      segmentAgeMs: 500,
      limitBytes: 1e7,
      rejectedLimitBytes: 1e6,
      clock,
    },
    { opened: () => 'kept', closed: (segment) => events.push(`closed with ${segment.items}`) },
  );
  logs.push(log as never);
  const append = (text: string): Promise<void> =>
    log.append(0, [bytes(text)], 1, (segment) => events.push(`${text} ${segment.kept}`));
  await Promise.all([append('a'), append('b')]);
  await log.roll();
  expect(events).toEqual(['a kept', 'b kept', 'closed with 2']);
  const putBack = takeAway();
  await expect(append('c')).rejects.toMatchObject({ reason: 'spool_write_failed' });
  putBack();
  await append('d');
  await log.roll();
  expect(events.slice(3)).toEqual(['d kept', 'closed with 1']);
});

test.each([
  { name: 'bytes', options: { segmentBytes: 180 }, sizes: [60, 60, 60] },
  { name: 'items', options: { segmentItems: 2 }, sizes: [1, 1, 1] },
])('a segment is closed when it has enough $name', async ({ options, sizes }) => {
  const { log, closed } = await openLog(options);
  for (const size of sizes) await log.append(0, [new Uint8Array(size)], 1);
  await log.roll();
  expect(closed.map((segment) => segment.items)).toEqual([2, 1]);
  expect(new Set(closed.map((segment) => segment.id)).size).toBe(2);
  expect(new Set(closed.map((segment) => segment.ingestedAtNs)).size).toBe(2);
});

test('a segment is closed when its first frame is old enough', async () => {
  const { log, closed } = await openLog();
  await log.append(0, [bytes('x')], 1);
  await clock.advance(499);
  expect(closed.length).toBe(0);
  await clock.advance(1);
  await expect.poll(() => closed.length).toBe(1);
  // The next one comes at once: it has twice as long.
  await log.append(0, [bytes('y')], 1);
  await clock.advance(999);
  expect(closed.length).toBe(1);
  await clock.advance(1);
  await expect.poll(() => closed.length).toBe(2);
  await clock.advance(800);
  await log.append(0, [bytes('z')], 1);
  await clock.advance(499);
  expect(closed.length).toBe(2);
  await clock.advance(1);
  await expect.poll(() => closed.length).toBe(3);
});

test('an old segment grows while those before it are under way, and not for ever', async () => {
  let isBusy = true;
  const { log, closed } = await openLog({}, () => isBusy);
  await log.append(0, [bytes('a')], 1);
  await clock.advance(500);
  log.closeOld();
  await log.append(0, [bytes('b')], 1);
  expect(closed.length).toBe(0);
  isBusy = false;
  log.closeOld();
  await expect.poll(() => closed.map(({ items }) => items)).toEqual([2]);
  isBusy = true;
  await log.append(0, [bytes('c')], 1);
  // It is young: nothing is closed for want of others.
  log.closeOld();
  await clock.advance(5499);
  expect(closed.length).toBe(1);
  await clock.advance(1);
  await expect.poll(() => closed.length).toBe(2);
});

test('what does not fit the limit is refused, until something is removed', async () => {
  const { log, closed } = await openLog({ limitBytes: 240 });
  await log.append(0, [new Uint8Array(150)], 1);
  await expect(log.append(0, [new Uint8Array(100)], 1)).rejects.toMatchObject({ reason: 'spool_full' });
  await log.roll();
  await log.remove(closed[0]!);
  expect(log.bytes).toBe(0);
  await log.append(0, [new Uint8Array(100)], 1);
});

test('a folder that can not be written refuses, keeps what it has, and takes data again later', async () => {
  const { log, closed } = await openLog();
  await log.append(0, [bytes('before')], 1);
  await log.roll();
  const putBack = takeAway();
  expect(await log.canTake(10)).toBe(false);
  await expect(log.append(0, [bytes('lost')], 1)).rejects.toMatchObject({
    reason: 'spool_write_failed',
    message: expect.stringContaining(dir),
  });
  putBack();
  expect(await log.canTake(10)).toBe(true);
  await log.append(0, [bytes('after')], 1);
  await log.roll();
  expect(await Promise.all(closed.map((segment) => texts(log, segment)))).toEqual([['0:before'], ['0:after']]);
  expect(readdirSync(dir).filter((name) => name.endsWith('.new'))).toEqual([]);
});

test('a folder that was deleted is made again, and what was acknowledged in an open segment is written anew', async () => {
  const { log, closed } = await openLog();
  await log.append(0, [bytes('first')], 1);
  rmSync(dir, { recursive: true });
  // Written into a file that nobody can find any more, so it isn't acknowledged.
  await expect(log.append(0, [bytes('refused')], 1)).rejects.toMatchObject({ reason: 'spool_write_failed' });
  await expect.poll(() => closed.length).toBe(1);
  expect(await texts(log, closed[0]!)).toEqual(['0:first']);
  await log.append(0, [bytes('second')], 1);
  rmSync(dir, { recursive: true });
  await log.roll();
  await log.append(0, [bytes('third')], 1);
  await log.roll();
  // The file of the first went with the second removal: it was closed before.
  await expect(texts(log, closed[0]!)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await Promise.all(closed.slice(1).map((segment) => texts(log, segment)))).toEqual([['0:second'], ['0:third']]);
  // It is locked as before.
  await expect(openLog()).rejects.toMatchObject({ name: 'StartError' });
});

test('segments of an earlier process are found, oldest first', async () => {
  const first = await openLog();
  for (const text of ['a', 'b']) {
    await first.log.append(0, [bytes(text)], 1);
    await first.log.roll();
    await clock.advance(10);
  }
  await first.log.close();
  const second = await openLog({ segmentBytes: 10 });
  const found = await Promise.all(second.log.leftovers.map((segment) => texts(second.log, segment)));
  expect(found).toEqual([['0:a'], ['0:b']]);
  expect(second.log.leftovers.map((segment) => segment.ingestedAtNs)).toEqual(
    first.closed.map((segment) => segment.ingestedAtNs),
  );
});

test('a folder belongs to one log at a time, and a lock that a dead process left is taken over', async () => {
  const { log } = await openLog();
  await expect(openLog()).rejects.toMatchObject({ name: 'StartError', message: expect.stringContaining(dir) });
  await log.close();
  writeFileSync(join(dir, 'lock'), JSON.stringify({ pid: process.pid, started: 'another boot 1' }));
  await openLog();
});

test("a folder that others could read is its owner's alone from then on, unless many share it", async () => {
  chmodSync(dir, 0o755);
  const { log } = await openLog();
  expect(log.wasOpenToOthers).toBe(true);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  await log.close();
  chmodSync(dir, 0o1777);
  expect((await openLog()).log.wasOpenToOthers).toBe(false);
  expect(statSync(dir).mode & 0o7777).toBe(0o1777);
});

test('a folder that is a file is a clear error', async () => {
  const path = join(dir, 'file');
  writeFileSync(path, '');
  await expect(openLog({ dir: path })).rejects.toMatchObject({
    name: 'StartError',
    message: expect.stringContaining(path),
    hint: expect.stringContaining('spool::directory'),
  });
});

test('a rejected segment is kept with its reason', async () => {
  const { log, closed } = await openLog();
  await log.append(0, [bytes('poison')], 1);
  await log.roll();
  const path = await log.reject(closed[0]!, 'because');
  expect(readFileSync(`${path}.txt`, 'utf8')).toBe('because\n');
  expect(readdirSync(join(dir, 'rejected')).length).toBe(2);
  expect(log.segmentCount).toBe(0);
});

test('what is set aside is bounded: the oldest makes room, and what is too large is not kept', async () => {
  const { log, closed } = await openLog({ rejectedLimitBytes: 1000 });
  for (const size of [500, 600, 2000, 100]) {
    await log.append(0, [new Uint8Array(size)], 1);
    await log.roll();
  }
  for (const segment of closed) {
    await log.reject(segment, 'because');
    const rejectedMs = Date.now();
    // The files' times tell which is the oldest.
    await eventually('the next moment', () => Date.now() > rejectedMs + 1);
  }
  const kept = readdirSync(join(dir, 'rejected'));
  expect(kept.filter((name) => name.endsWith('.seg'))).toEqual([closed[3]!.fileName]);
  const note = readFileSync(join(dir, 'rejected', `${closed[2]!.fileName}.txt`), 'utf8');
  expect(note).toContain('deleted: 2048 bytes are more than may be kept here');
});

test("files that are no segments are set aside where they look like some, and left alone where they don't", async () => {
  writeFileSync(join(dir, 'junk.seg'), 'junk');
  writeFileSync(join(dir, '1763800000000-000000000-0000000000.new'), '');
  writeFileSync(join(dir, 'notes.txt'), 'mine');
  const { log } = await openLog();
  expect(log.strangers).toEqual([join(dir, 'rejected', 'junk.seg')]);
  expect(log.leftovers).toEqual([]);
  expect(readdirSync(dir).sort()).toEqual(['lock', 'notes.txt', 'rejected']);
  expect(readFileSync(join(dir, 'rejected', 'junk.seg'), 'utf8')).toBe('junk');
});

test('files of one name are set aside beside each other', async () => {
  const expected: string[] = [];
  for (const [i, name] of ['junk.seg', 'junk-2.seg', 'junk-3.seg', 'junk-4.seg'].entries()) {
    writeFileSync(join(dir, 'junk.seg'), `junk ${i}`);
    const { log } = await openLog();
    expect(log.strangers).toEqual([join(dir, 'rejected', name)]);
    await log.close();
    expected.push(name, `${name}.txt`);
    expect(readFileSync(join(dir, 'rejected', name), 'utf8')).toBe(`junk ${i}`);
    expect(readFileSync(join(dir, 'rejected', `${name}.txt`), 'utf8')).toBe('the name is none of a segment\n');
  }
  expect(readdirSync(join(dir, 'rejected')).sort()).toEqual(expected.sort());
  expect(readFileSync(join(dir, 'rejected', 'junk.seg'), 'utf8')).toBe('junk 0');
});

test('a closed segment says in its name what was written, an open one may be cut off at its end', async () => {
  const first = await openLog();
  await first.log.append(0, [bytes('aaa')], 5);
  await first.log.append(2, [bytes('bbb')], 7);
  await first.log.roll();
  await first.log.append(1, [bytes('ccc')], 9);
  const names = readdirSync(dir).filter((name) => name.endsWith('.seg'));
  expect(names.map((name) => name.replace(/^[^.]*/, '')).sort()).toEqual(['.5-0-7.seg', '.open.seg']);
  for (const name of names) truncateSync(join(dir, name), statSync(join(dir, name)).size - 2);
  writeFileSync(join(dir, 'lock'), JSON.stringify({ pid: process.pid, started: 'another boot 1' }));
  const second = await openLog();
  const [closed, open] = await Promise.all(second.log.leftovers.map((segment) => second.log.read(segment)));
  expect(closed).toMatchObject({ tornBytes: 0, damage: { lost: [0, 0, 7], isMoreLost: false } });
  expect(closed!.frames.map(({ kind, items }) => [kind, items])).toEqual([[0, 5]]);
  expect(open).toMatchObject({ tornBytes: 41, damage: undefined, frames: [] });
});

describe('small segments of an earlier process', () => {
  const all = ['0:a', '1:b', '2:c', '0:d', '1:e', '2:f'];

  /** Six segments of one frame each. */
  async function leaveSix(): Promise<string[]> {
    const { log } = await openLog();
    for (const [i, text] of ['a', 'b', 'c', 'd', 'e', 'f'].entries()) {
      await log.append(i % 3, [bytes(text)], i + 1);
      await log.roll();
      await clock.advance(10);
    }
    await log.close();
    return segmentFiles();
  }
  const segmentFiles = (): string[] =>
    readdirSync(dir)
      .filter((name) => name.endsWith('.seg'))
      .sort();
  async function allTexts(log: SegmentLog<string[]>): Promise<string[]> {
    return (await Promise.all(log.leftovers.map((segment) => texts(log, segment)))).flat();
  }

  test('are merged into one, in order, with the age of the oldest', async () => {
    const names = await leaveSix();
    const { log } = await openLog();
    expect(log.leftovers.map(({ items, counts, isSent }) => ({ items, counts, isSent }))).toEqual([
      { items: 21, counts: [5, 7, 9], isSent: false },
    ]);
    expect(await allTexts(log)).toEqual(all);
    expect(log.leftovers[0]!.createdMs).toBe(Number(names[0]!.slice(0, 13)));
    expect(segmentFiles()).toEqual([log.leftovers[0]!.fileName]);
    expect(log.bytes).toBe(log.leftovers[0]!.bytes);
    await log.append(0, [bytes('new')], 1);
    await log.roll();
    expect(new Set(segmentFiles()).size).toBe(2);
  });

  test('are merged up to the size of a segment', async () => {
    await leaveSix();
    const { log } = await openLog({ segmentItems: 12 });
    // 1 + 2 + 3 + 4 fits, 5 + 6 doesn't go with them.
    expect(log.leftovers.map(({ items }) => items)).toEqual([10, 11]);
    expect(await allTexts(log)).toEqual(all);
  });

  test('stay as they are where they may be in the store, or are not whole', async () => {
    const names = await leaveSix();
    renameSync(join(dir, names[1]!), join(dir, names[1]!.replace(/seg$/, 'sent.seg')));
    truncateSync(join(dir, names[3]!), statSync(join(dir, names[3]!)).size - 1);
    const { log } = await openLog();
    expect(log.leftovers.map(({ items, isSent }) => [items, isSent])).toEqual([
      [1, false],
      [2, true],
      [3, false],
      [4, false],
      [11, false],
    ]);
    expect(await allTexts(log)).toEqual(['0:a', '1:b', '2:c', '1:e', '2:f']);
  });

  test.each([
    { name: 'while the merged file is written', kept: [0, 1, 2, 3, 4, 5], merged: 'new' },
    { name: 'when it is renamed', kept: [0, 1, 2, 3, 4, 5], merged: 'of' },
    { name: 'when some are removed', kept: [2, 4], merged: 'of' },
    { name: 'when all are removed', kept: [], merged: 'of' },
    { name: 'at the end', kept: [], merged: 'plain' },
  ])('are there once after a crash $name', async ({ kept, merged }) => {
    const names = await leaveSix();
    const files = names.map((name) => readFileSync(join(dir, name)));
    const first = await openLog();
    const [whole] = first.log.leftovers;
    const file = readFileSync(join(dir, whole!.fileName));
    await first.log.close();
    for (const name of segmentFiles()) rmSync(join(dir, name));
    for (const i of kept) writeFileSync(join(dir, names[i]!), new Uint8Array(files[i]!));
    const range = { first: names[0]!.split('.')[0]!, last: names[5]!.split('.')[0]! };
    const target = {
      new: `${whole!.id}.new`,
      of: mergedName(whole!.id, whole!.counts, range),
      plain: whole!.fileName,
    }[merged]!;
    writeFileSync(join(dir, target), new Uint8Array(merged === 'new' ? file.subarray(0, 60) : file));
    const second = await openLog();
    expect(await allTexts(second.log)).toEqual(all);
    expect(segmentFiles()).toEqual(second.log.leftovers.map(({ fileName }) => fileName));
    expect(second.log.leftovers.length).toBe(1);
    if (merged !== 'new') expect(second.log.leftovers[0]!.id).toBe(whole!.id);
  });

  test('are not merged a second time with what the store may have of them', async () => {
    await leaveSix();
    const first = await openLog();
    await first.log.markSent(first.log.leftovers[0]!);
    await first.log.append(0, [bytes('later')], 1);
    await first.log.close();
    const second = await openLog();
    expect(second.log.leftovers.map(({ id, isSent }) => [id === first.log.leftovers[0]!.id, isSent])).toEqual([
      [true, true],
      [false, false],
    ]);
    expect(await allTexts(second.log)).toEqual([...all, '0:later']);
  });
});

describe('segments that wait in a running process', () => {
  test('become one, which a later start takes as such', async () => {
    const { log, closed } = await openLog();
    for (const text of ['a', 'b', 'c']) {
      await log.append(0, [bytes(text)], 2);
      await log.roll();
    }
    await log.append(0, [bytes('still open')], 1);
    const before = log.bytes;
    const merged = (await log.merge(closed))!;
    expect(merged).toMatchObject({ items: 6, isSent: false, createdMs: closed[0]!.createdMs });
    expect((await log.read(merged)).frames.map(({ payload }) => Buffer.from(payload).toString())).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(log.segmentCount).toBe(2);
    expect(log.bytes).toBe(before - closed.reduce((sum, { bytes: size }) => sum + size, 0) + merged.bytes);
    await log.close();
    logs.length = 0;
    expect((await openLog()).log.bytes).toBeGreaterThan(0);
  });

  test('stay as they are where the open one would be taken for one of them, after a clock that was set back', async () => {
    const { log, closed } = await openLog();
    await log.append(0, [bytes('a')], 1);
    await log.roll();
    clock.jump(10_000);
    await log.append(0, [bytes('b')], 1);
    await log.roll();
    clock.jump(-5_000);
    await log.append(0, [bytes('between')], 1);
    expect(await log.merge(closed)).toBeUndefined();
    await log.roll();
    expect(closed.length).toBe(3);
    expect(log.segmentCount).toBe(3);
  });

  test('a segment that is begun meanwhile with an id of the past waits for the end of the merge', async () => {
    const { log, closed } = await openLog();
    await log.append(0, [bytes('a')], 1);
    await log.roll();
    clock.jump(10_000);
    await log.append(0, [bytes('b')], 1);
    await log.roll();
    clock.jump(-5_000);
    const merging = log.merge(closed.slice());
    await log.append(0, [bytes('between')], 1);
    expect((await merging)?.items).toBe(2);
    await log.roll();
    await log.close();
    logs.length = 0;
    const again = await openLog({ segmentItems: 2 });
    expect(again.log.leftovers.reduce((sum, { items }) => sum + items, 0)).toBe(3);
  });
});
