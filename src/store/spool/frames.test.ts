import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Counts,
  type Frame,
  frameHeadOf,
  HEAD_BYTES,
  MAGIC,
  markOf,
  NO_ITEMS,
  plus,
  readSegment,
  totalOf,
  writeHead,
} from './frames.ts';

const ID = '1763800000000-000000000-0123456789';

interface Written {
  readonly kind: number;
  readonly form?: number;
  readonly items: number;
  readonly payload: Uint8Array;
}

/** A segment file, and where its frames begin. */
function segmentFile(
  frames: readonly Written[],
  id = ID,
): { readonly file: Buffer; readonly starts: number[]; readonly written: Counts } {
  const parts: Uint8Array[] = [MAGIC];
  const starts: number[] = [];
  let written = NO_ITEMS;
  let at = MAGIC.length;
  for (const { kind, form = 0, items, payload } of frames) {
    starts.push(at);
    parts.push(writeHead(markOf(id), frameHeadOf(kind, items, [payload], form), written), payload);
    written = plus(written, kind, items);
    at += HEAD_BYTES + payload.length;
  }
  return { file: Buffer.concat(parts), starts, written };
}

const plain = (frames: readonly (Written | Frame)[]): unknown =>
  frames.map(({ kind, form = 0, items, payload }) => [kind, form, items, Buffer.from(payload).toString('latin1')]);
const countsOf = (frames: readonly (Written | Frame)[]): Counts =>
  frames.reduce<Counts>((counts, { kind, items }) => plus(counts, kind, items), NO_ITEMS);

const someFrames = fc.array(
  fc.record({
    kind: fc.nat(2),
    form: fc.nat(255),
    items: fc.integer({ min: 1, max: 900 }),
    payload: fc.uint8Array({ maxLength: 200 }),
  }),
  { minLength: 1, maxLength: 12 },
);

/** Damage to some bytes of a file. Each returns the file and which of its old bytes are as they were, by their place. */
const someDamage = fc.oneof(
  fc.record({ what: fc.constant('flip' as const), at: fc.nat(), length: fc.constant(1) }),
  fc.record({ what: fc.constant('zero' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ what: fc.constant('noise' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ what: fc.constant('remove' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ what: fc.constant('insert' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ what: fc.constant('repeat' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ what: fc.constant('cut' as const), at: fc.nat(), length: fc.constant(0) }),
);

function damaged(file: Buffer, { what, at, length }: { what: string; at: number; length: number }): Buffer {
  const from = at % file.length;
  const to = Math.min(file.length, from + length);
  const [before, hit, after] = [file.subarray(0, from), file.subarray(from, to), file.subarray(to)];
  switch (what) {
    case 'cut':
      return before;
    case 'remove':
      return Buffer.concat([before, after]);
    case 'insert':
      return Buffer.concat([before, Buffer.alloc(length, 0xa5), hit, after]);
    case 'repeat':
      return Buffer.concat([before, hit, hit, after]);
    case 'zero':
      return Buffer.concat([before, Buffer.alloc(hit.length), after]);
    default:
      return Buffer.concat([before, hit.map((byte) => byte ^ 0x5a), after]);
  }
}

test('an undamaged file gives its frames', () => {
  fc.assert(
    fc.property(someFrames, fc.boolean(), (frames, isClosed) => {
      const { file, written } = segmentFile(frames);
      const reading = readSegment(file, { id: ID, written: isClosed ? written : undefined, wasOpen: !isClosed });
      expect(plain(reading.frames)).toEqual(plain(frames));
      expect(reading).toMatchObject({ damage: undefined, tornBytes: 0 });
    }),
  );
});

test('whatever is damaged, every whole frame is read once and every other one is accounted for', () => {
  fc.assert(
    fc.property(someFrames, fc.array(someDamage, { minLength: 1, maxLength: 3 }), (frames, hits) => {
      const { file, starts, written } = segmentFile(frames);
      const broken = hits.reduce((bytes, hit) => (bytes.length === 0 ? bytes : damaged(bytes, hit)), file);
      const reading = readSegment(broken, { id: ID, written, wasOpen: false });
      // A frame is whole where its bytes are still in the file.
      const whole = frames.filter((frame, i) =>
        broken.includes(file.subarray(starts[i]!, starts[i]! + HEAD_BYTES + frame.payload.length)),
      );
      const order = (read: readonly (Written | Frame)[]): string[] => (plain(read) as unknown[]).map(String).sort();
      expect(order(reading.frames)).toEqual(order(whole));
      const lost = reading.damage?.lost ?? NO_ITEMS;
      expect(totalOf(lost) + totalOf(countsOf(whole))).toBe(totalOf(written));
      expect(lost.map((count, kind) => count + countsOf(whole)[kind]!)).toEqual([...written]);
      if (!broken.equals(file)) expect(reading.damage).toBeDefined();
    }),
    { numRuns: 2000 },
  );
});

test('a file that begins with a frame lost what stood before it', () => {
  const { file, written } = segmentFile([{ kind: 0, items: 1, payload: new Uint8Array(3) }]);
  const reading = readSegment(file.subarray(MAGIC.length), { id: ID, written, wasOpen: false });
  expect(reading.frames).toHaveLength(1);
  expect(reading.damage).toMatchObject({ lost: NO_ITEMS, places: `bytes 0 to 0 of ${file.length - MAGIC.length}` });
});

test('of a segment that was open at a crash only the last frame may be cut off; all else is damage', () => {
  fc.assert(
    fc.property(someFrames, fc.nat(), (frames, place) => {
      const { file, starts } = segmentFile(frames);
      const cut = MAGIC.length + (place % (file.length - MAGIC.length));
      const reading = readSegment(file.subarray(0, cut), { id: ID, written: undefined, wasOpen: true });
      const count = starts.filter((start, i) => start + HEAD_BYTES + frames[i]!.payload.length <= cut).length;
      expect(plain(reading.frames)).toEqual(plain(frames.slice(0, count)));
      expect(reading).toMatchObject({ damage: undefined, tornBytes: cut - (starts[count] ?? cut) });
    }),
  );
  const three = [1, 2, 3].map((items) => ({ kind: 0, items, payload: new Uint8Array(100) }));
  const { file, starts } = segmentFile(three);
  for (const [place, lost] of [
    [starts[0]! + 60, 1],
    [starts[1]! + 3, 2],
    [starts[2]! + 60, 3],
  ] as const) {
    const broken = damaged(file, { what: 'flip', at: place, length: 1 });
    expect(readSegment(broken, { id: ID, written: undefined, wasOpen: true })).toMatchObject({
      damage: { lost: [lost, 0, 0], isMoreLost: false },
      tornBytes: 0,
    });
  }
});

describe('damage is told', () => {
  const frames = [4, 5].map((items) => ({ kind: 1, items, payload: new Uint8Array(100) }));
  const { file, written } = segmentFile(frames);
  const closed = { id: ID, written, wasOpen: false };

  test.each([
    { name: 'a file of zeros', bytes: Buffer.alloc(file.length), facts: closed, lost: 9, more: false },
    { name: 'an empty file', bytes: Buffer.alloc(0), facts: closed, lost: 9, more: false },
    {
      name: 'zeros in a file of which nobody noted what it held',
      bytes: Buffer.alloc(300),
      facts: { ...closed, written: undefined, wasOpen: true },
      lost: 0,
      more: true,
    },
    {
      name: 'the beginning',
      bytes: damaged(file, { what: 'flip', at: 0, length: 1 }),
      facts: closed,
      lost: 0,
      more: false,
    },
    {
      name: 'the last head of all',
      bytes: file.subarray(0, file.length - 100 - 20),
      facts: closed,
      lost: 5,
      more: false,
    },
    { name: 'another segment under its name', bytes: file, facts: { ...closed, id: `${ID}0` }, lost: 9, more: false },
  ])('$name', ({ bytes, facts, lost, more }) => {
    const { damage, frames: read } = readSegment(bytes, facts);
    expect(damage).toMatchObject({ lost: [0, lost, 0], isMoreLost: more });
    expect(totalOf(countsOf(read))).toBe(bytes === file ? 0 : facts.written === undefined ? 0 : 9 - lost);
    expect(damage!.places).not.toBe('');
  });

  test('a file of the format before is named as such', () => {
    const old = Buffer.concat([new TextEncoder().encode('SBSEG01\n'), Buffer.alloc(50)]);
    const { damage } = readSegment(old, { id: ID, written: undefined, wasOpen: false });
    expect(damage).toMatchObject({ isMoreLost: true, places: expect.stringContaining('earlier version (SBSEG01)') });
  });
});

test('what a client sends is never taken for a frame, though it has one in it', () => {
  const other = segmentFile([{ kind: 0, items: 900, payload: new Uint8Array(10) }], 'guessed');
  const frames = [
    { kind: 0, items: 1, payload: new Uint8Array(other.file) },
    { kind: 0, items: 2, payload: new Uint8Array(5) },
  ];
  const { file, starts, written } = segmentFile(frames);
  const broken = damaged(file, { what: 'flip', at: starts[0]!, length: 1 });
  const { frames: read, damage } = readSegment(broken, { id: ID, written, wasOpen: false });
  expect(plain(read)).toEqual(plain(frames.slice(1)));
  expect(damage!.lost).toEqual([1, 0, 0]);
});
