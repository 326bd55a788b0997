import { copyBytes, putVarint } from '#pdata';

/** Copies reach back within a block of this size only, so their offsets have two bytes. */
const BLOCK_BYTES = 65_536;
/** Shorter rests are not searched: reading a word there would leave the block. */
const MARGIN_BYTES = 15;
const HASH_BITS = 14;
const MULTIPLIER = 0x1e35a7bd;
/** Where nothing is found for so many looks, the next ones are a byte further apart. */
const PATIENCE = 32;
/** Room that is kept for the next call. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** Of the bytes at a place their last place before, from the block's beginning. */
const places = new Uint16Array(1 << HASH_BITS);
let room = new Uint8Array(0);

/**
 * Writes Snappy's block format (google/snappy format_description.txt) as its authors' own encoder does: the length of the content, then literals, and
 * copies of four bytes and more that stand within the same 64 KiB before.
 */
export function compressSnappy(content: Uint8Array): Uint8Array {
  // What nothing is found in grows by the tags of its literals.
  const most = 32 + content.length + Math.ceil(content.length / 6);
  const target = room.length >= most ? room : new Uint8Array(most);
  if (most <= KEPT_BYTES) room = target;
  let end = putVarint(target, 0, content.length);
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  for (let from = 0; from < content.length; from += BLOCK_BYTES) {
    end = writeBlock(content, view, from, Math.min(content.length, from + BLOCK_BYTES), target, end);
  }
  return target.slice(0, end);
}

/** Compresses content[from, to) to the target at `end`; gives where that ends then. */
function writeBlock(
  content: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  target: Uint8Array,
  end: number,
): number {
  // A small block needs few places, which are cleared faster.
  const bits = Math.max(8, Math.min(HASH_BITS, 32 - Math.clz32(to - from)));
  const shift = 32 - bits;
  places.fill(0, 0, 1 << bits);
  const last = to - MARGIN_BYTES;
  let literalFrom = from;
  let looks = PATIENCE;
  for (let at = from + 1; at <= last; ) {
    const word = view.getInt32(at, true);
    const place = Math.imul(word, MULTIPLIER) >>> shift;
    const before = from + places[place]!;
    places[place] = at - from;
    if (view.getInt32(before, true) !== word) {
      at += looks++ >>> 5;
      continue;
    }
    end = writeLiteral(content, literalFrom, at, target, end);
    const length = sameBytes(content, view, before + 4, at + 4, to) + 4;
    end = writeCopy(at - before, length, target, end);
    at += length;
    literalFrom = at;
    looks = PATIENCE;
    if (at <= last) places[Math.imul(view.getInt32(at - 1, true), MULTIPLIER) >>> shift] = at - 1 - from;
  }
  return writeLiteral(content, literalFrom, to, target, end);
}

/** How many bytes from `one` on are those from `other` on, which lies behind it and before `to`. */
function sameBytes(content: Uint8Array, view: DataView, one: number, other: number, to: number): number {
  let count = 0;
  while (other + count + 4 <= to && view.getInt32(one + count, true) === view.getInt32(other + count, true)) count += 4;
  while (other + count < to && content[one + count] === content[other + count]) count++;
  return count;
}

function writeLiteral(content: Uint8Array, from: number, to: number, target: Uint8Array, end: number): number {
  const count = to - from;
  if (count === 0) return end;
  const less = count - 1;
  if (less < 60) target[end++] = less << 2;
  else {
    // Its length stands in one byte behind the tag, or in two: a block has no more.
    target[end++] = (less < 0x100 ? 60 : 61) << 2;
    target[end++] = less & 0xff;
    if (less >= 0x100) target[end++] = less >>> 8;
  }
  copyBytes(content, from, to, target, end);
  return end + count;
}

/** In several where it is longer than the 64 bytes of one; none has fewer than four. */
function writeCopy(offset: number, length: number, target: Uint8Array, end: number): number {
  let rest = length;
  while (rest > 64) {
    const part = rest >= 68 ? 64 : 60;
    end = writeOneCopy(offset, part, target, end);
    rest -= part;
  }
  return writeOneCopy(offset, rest, target, end);
}

function writeOneCopy(offset: number, length: number, target: Uint8Array, end: number): number {
  if (length < 12 && offset < 2048) {
    target[end] = 1 | ((length - 4) << 2) | ((offset >>> 8) << 5);
    target[end + 1] = offset & 0xff;
    return end + 2;
  }
  target[end] = 2 | ((length - 1) << 2);
  target[end + 1] = offset & 0xff;
  target[end + 2] = offset >>> 8;
  return end + 3;
}
