import { isIPv4, isIPv6 } from 'node:net';
import { fail } from './values.ts';

/** The bytes of an address: 4, also of an IPv4 address in the form of IPv6, or 16; undefined where it is none. */
export function addressBytes(address: string): Uint8Array | undefined {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number);
  // Go knows no zones in addresses.
  if (!isIPv6(address) || address.includes('%')) return undefined;
  const bytes = ipv6Bytes(address);
  const isMapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return isMapped ? bytes.slice(12) : bytes;
}

function ipv6Bytes(address: string): Uint8Array {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const [head = '', tail] = (dotted === null ? address : `${dotted[1]}${groupsOf(dotted[2]!)}`).split('::');
  const words = (part: string | undefined): number[] =>
    part ? part.split(':').map((word) => Number.parseInt(word, 16)) : [];
  const before = words(head);
  const after = words(tail);
  const all = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}

function groupsOf(dotted: string): string {
  const [a, b, c, d] = dotted.split('.').map(Number) as [number, number, number, number];
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

export interface Network {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** `10.0.0.0/8`. */
export function readNetwork(text: string): Network {
  const [, address = '', bits = ''] = /^(.+)\/(\d{1,3})$/.exec(text) ?? [];
  const bytes = address.includes(':') && isIPv6(address) ? ipv6Bytes(address) : addressBytes(address);
  if (bytes === undefined || Number(bits) > bytes.length * 8)
    return fail(`not a network: "${text.slice(0, 80)}"; write for example 10.0.0.0/8`);
  return { bytes, bits: Number(bits) };
}

export function contains({ bytes, bits }: Network, address: Uint8Array): boolean {
  if (bytes.length !== address.length) return false;
  for (let i = 0; i * 8 < bits; i++) {
    const mask = bits - i * 8 >= 8 ? 0xff : (0xff << (8 - (bits - i * 8))) & 0xff;
    if ((bytes[i]! & mask) !== (address[i]! & mask)) return false;
  }
  return true;
}
