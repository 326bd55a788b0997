import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * A segment file:
 *
 *   8 bytes  "SBSEG02\n"
 *   frames   a head of 40 bytes, then the payload
 *
 *   head     0  8 bytes     mark of the segment
 *            8  UInt8       kind
 *            9  UInt8       form of the payload, and two bytes of 0
 *           12  UInt32      length of the payload
 *           16  UInt32      CRC-32 of the payload
 *           20  UInt32      items in the frame
 *           24  UInt32 × 3  items of each kind in the frames before it
 *           36  UInt32      CRC-32 of bytes 0 to 35             (all little-endian)
 *
 * Behind damage, reading goes on at the next mark. The mark is made of the segment's id, which no client knows: what clients send can't look
 * like a frame. The items before each frame tell how much is missing, and no frame is taken twice.
 */
export const MAGIC: Uint8Array = new TextEncoder().encode('SBSEG02\n');
/** What files began with before frames had marks. */
const MAGIC_WITHOUT_MARKS = new TextEncoder().encode('SBSEG01\n');
export const HEAD_BYTES = 40;
const MARK_BYTES = 8;
export const KIND_COUNT = 3;

/** Items of each kind. */
export type Counts = readonly [number, number, number];
export const NO_ITEMS: Counts = [0, 0, 0];

/** What a segment's frames begin with. */
export function markOf(segmentId: string): Buffer {
  return createHash('sha256').update(`signalbox segment ${segmentId}`).digest().subarray(0, MARK_BYTES);
}

export interface FrameHead {
  readonly kind: number;
  /** What the payload is written in, as whoever appended it numbers that. */
  readonly form: number;
  readonly items: number;
  readonly payloadBytes: number;
  readonly payloadChecksum: number;
}

/**
 * The head of a frame whose payload is the concatenation of `parts`, but for its place in a segment. `kind` is 0 to 2, `items` 1 or more,
 * `form` 0 to 255.
 */
export function frameHeadOf(kind: number, items: number, parts: readonly Uint8Array[], form = 0): FrameHead {
  let payloadBytes = 0;
  let payloadChecksum = 0;
  for (const part of parts) {
    payloadBytes += part.length;
    payloadChecksum = crc32(part, payloadChecksum);
  }
  return { kind, form, items, payloadBytes, payloadChecksum };
}

/** The bytes of a head. `before` are the items of the frames before it. */
export function writeHead(mark: Uint8Array, head: FrameHead, before: Counts): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES);
  bytes.set(mark);
  bytes[8] = head.kind;
  bytes[9] = head.form;
  bytes.writeUInt32LE(head.payloadBytes, 12);
  bytes.writeUInt32LE(head.payloadChecksum, 16);
  bytes.writeUInt32LE(head.items, 20);
  for (let kind = 0; kind < KIND_COUNT; kind++) bytes.writeUInt32LE(before[kind]!, 24 + kind * 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 36)), 36);
  return bytes;
}

/** Counts with those of one more frame. */
export function plus(counts: Counts, kind: number, items: number): Counts {
  const [first, second, third] = counts;
  return [first + (kind === 0 ? items : 0), second + (kind === 1 ? items : 0), third + (kind === 2 ? items : 0)];
}

export function totalOf(counts: Counts): number {
  return counts[0] + counts[1] + counts[2];
}

export interface Frame {
  readonly kind: number;
  readonly form: number;
  readonly items: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** What a segment file gave. */
export interface SegmentReading {
  /** The whole frames, in order. */
  readonly frames: readonly Frame[];
  /** What was written and can't be read any more. Undefined where nothing is damaged. */
  readonly damage: SegmentDamage | undefined;
  /** Bytes of a last frame that a crash cut off while it was being written: it was never acknowledged. */
  readonly tornBytes: number;
}

export interface SegmentDamage {
  readonly lost: Counts;
  /** Whether more may be lost than `lost` says, because what would tell is damaged too. */
  readonly isMoreLost: boolean;
  /** Where, in words. */
  readonly places: string;
}

export interface SegmentFacts {
  readonly id: string;
  /** What was written in all. Undefined where nobody noted it, because the segment was open at a crash. */
  readonly written: Counts | undefined;
  /** Whether the segment was open at a crash: then, and only then, its last frame may be cut off. */
  readonly wasOpen: boolean;
}

const PLACES_LIMIT = 5;

/** Reads the frames of a segment file, whatever is between them. */
export function readSegment(bytes: Buffer, facts: SegmentFacts): SegmentReading {
  const mark = markOf(facts.id);
  const frames: Frame[] = [];
  const places: { from: number; to: number }[] = [];
  /** Frames that were read, by the items before them: damage can double bytes, too. */
  const known = new Set<number>();
  let stored = NO_ITEMS;
  /** By the heads: what was written, at least. */
  let seen = NO_ITEMS;
  let tornBytes = 0;
  let isEndKnown = true;
  let at = bytes.subarray(0, MAGIC.length).equals(MAGIC) ? MAGIC.length : 0;
  // Where the first bytes are gone, a frame may stand there at once.
  if (at === 0 && headAt(bytes, 0, mark) !== undefined) places.push({ from: 0, to: 0 });
  while (at < bytes.length || at === 0) {
    const head = headAt(bytes, at, mark);
    const end = at + HEAD_BYTES + (head?.payloadBytes ?? 0);
    if (head !== undefined && end <= bytes.length && isPayloadWhole(bytes, at, end, head)) {
      const { kind, form, items } = head;
      const place = totalOf(head.before);
      if (known.has(place)) places.push({ from: at, to: end });
      else {
        known.add(place);
        frames.push({ kind, form, items, payload: new Uint8Array(bytes.subarray(at + HEAD_BYTES, end)) });
        stored = plus(stored, kind, items);
      }
      seen = later(seen, plus(head.before, kind, items));
      isEndKnown = true;
      at = end;
      continue;
    }
    const mayBeTorn = facts.wasOpen && at > 0;
    const next = nextMark(bytes, at, mark);
    if (mayBeTorn && next === bytes.length && isCutOff(bytes, at, head, mark)) {
      tornBytes = bytes.length - at;
      break;
    }
    if (head !== undefined) seen = later(seen, plus(head.before, head.kind, head.items));
    isEndKnown = head !== undefined;
    places.push({ from: at, to: next });
    if (next === bytes.length) break;
    at = next;
  }
  const written = facts.written ?? seen;
  const lost = written.map((count, kind) => Math.max(0, count - stored[kind]!)) as unknown as Counts;
  if (places.length === 0 && totalOf(lost) === 0) return { frames, damage: undefined, tornBytes };
  const isMoreLost = facts.written === undefined && !isEndKnown;
  return { frames, damage: { lost, isMoreLost, places: describe(places, bytes) }, tornBytes };
}

interface PlacedHead extends FrameHead {
  readonly before: Counts;
}

function headAt(bytes: Buffer, at: number, mark: Uint8Array): PlacedHead | undefined {
  if (at + HEAD_BYTES > bytes.length || !bytes.subarray(at, at + MARK_BYTES).equals(mark)) return undefined;
  if (crc32(bytes.subarray(at, at + 36)) !== bytes.readUInt32LE(at + 36)) return undefined;
  const kind = bytes[at + 8]!;
  const before: Counts = [bytes.readUInt32LE(at + 24), bytes.readUInt32LE(at + 28), bytes.readUInt32LE(at + 32)];
  if (kind >= KIND_COUNT) return undefined;
  const items = bytes.readUInt32LE(at + 20);
  return {
    kind,
    form: bytes[at + 9]!,
    items,
    payloadBytes: bytes.readUInt32LE(at + 12),
    payloadChecksum: bytes.readUInt32LE(at + 16),
    before,
  };
}

function later(a: Counts, b: Counts): Counts {
  return totalOf(b) > totalOf(a) ? b : a;
}

function isPayloadWhole(bytes: Buffer, at: number, end: number, head: FrameHead): boolean {
  return crc32(bytes.subarray(at + HEAD_BYTES, end)) === head.payloadChecksum;
}

function nextMark(bytes: Buffer, at: number, mark: Uint8Array): number {
  const next = bytes.indexOf(mark, at + 1);
  return next < 0 ? bytes.length : next;
}

/** Whether the last bytes are the beginning of a frame, as far as can be seen, and not all of it. */
function isCutOff(bytes: Buffer, at: number, head: FrameHead | undefined, mark: Uint8Array): boolean {
  const length = bytes.length - at;
  if (head !== undefined) return length < HEAD_BYTES + head.payloadBytes;
  const known = Math.min(length, MARK_BYTES);
  return length < HEAD_BYTES && bytes.subarray(at, at + known).equals(mark.subarray(0, known));
}

function describe(places: readonly { readonly from: number; readonly to: number }[], bytes: Buffer): string {
  if (bytes.length === 0) return 'the file is empty';
  if (bytes.subarray(0, MAGIC.length).equals(MAGIC_WITHOUT_MARKS)) {
    return 'the file has the format of an earlier version (SBSEG01), which this version does not read';
  }
  if (places.length === 0) return `the end is missing, behind byte ${bytes.length}`;
  const texts = places.slice(0, PLACES_LIMIT).map(({ from, to }) => `${from} to ${to}`);
  const more = places.length > PLACES_LIMIT ? ` and ${places.length - PLACES_LIMIT} more places` : '';
  return `bytes ${texts.join(', ')}${more} of ${bytes.length}`;
}
