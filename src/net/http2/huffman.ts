import { HTTP2_ERROR, Http2Error } from './protocol.ts';

/** How many bits the code of each byte has (RFC 7541, appendix B). The code is canonical: the lengths say all of it. */
const CODE_BITS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26,
];
const LONGEST_BITS = 30;

/** The code as a tree: two entries for each inner node, for the bits 0 and 1. At least 0 is another node, below it is ~ a byte, NOTHING the end. */
const NOTHING = -1000;
const TREE = treeOf(CODE_BITS);

function treeOf(bits: readonly number[]): Int16Array {
  const tree = new Int16Array(2 * 512).fill(NOTHING);
  let nodeCount = 1;
  let code = 0;
  for (let length = 1; length <= LONGEST_BITS; length++) {
    code *= 2;
    for (let byte = 0; byte < bits.length; byte++) {
      if (bits[byte] !== length) continue;
      let node = 0;
      for (let bit = length - 1; bit > 0; bit--) {
        const entry = 2 * node + ((code >>> bit) & 1);
        if (tree[entry] === NOTHING) tree[entry] = nodeCount++;
        node = tree[entry]!;
      }
      tree[2 * node + (code & 1)] = ~byte;
      code++;
    }
  }
  return tree;
}

/** Behind the last byte up to seven bits are filled with ones. */
const FILLING_BITS = 7;

/** Decodes bytes[from, to) into `target`, which must have room for 8/5 of them. Returns how many bytes there are. Throws an Http2Error. */
export function decodeHuffman(bytes: Uint8Array, from: number, to: number, target: Uint8Array): number {
  let node = 0;
  let length = 0;
  /** Bits since the last whole byte, and whether all of them were ones. */
  let openBits = 0;
  let isFilling = true;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    for (let shift = 7; shift >= 0; shift--) {
      const bit = (byte >>> shift) & 1;
      const next = TREE[2 * node + bit]!;
      if (next === NOTHING) throw new Http2Error(HTTP2_ERROR.compression, 'a code that stands for no byte');
      if (next >= 0) {
        node = next;
        openBits++;
        isFilling &&= bit === 1;
        continue;
      }
      target[length++] = ~next;
      node = 0;
      openBits = 0;
      isFilling = true;
    }
  }
  if (openBits > FILLING_BITS || !isFilling)
    throw new Http2Error(HTTP2_ERROR.compression, 'a text that ends within a code');
  return length;
}
