import { createHash } from 'node:crypto';
import { converterFunction, type OttlFunction } from '../function.ts';
import { murmur3, murmur3x64 } from '../hash/murmur3.ts';
import { xxh3, xxh3x128 } from '../hash/xxh3.ts';
import { optional, text, value } from '../parameters.ts';
import { int64 } from '../values.ts';
import { decoded, encodedBase64 } from './encodings.ts';

const hex = (bytes: bigint, count: number): string =>
  BigInt.asUintN(count * 8, bytes)
    .toString(16)
    .padStart(count * 2, '0');

/** The bytes of a number the other way round. */
function reversed(digits: string): string {
  return Buffer.from(digits, 'hex').reverse().toString('hex');
}

function hash(name: string, what: string, of: (bytes: Buffer) => string): OttlFunction {
  return converterFunction(
    name,
    `The ${what} of a text, in hexadecimal.`,
    [text('value')],
    (target) => (at) => of(Buffer.from(target.get(at))),
  );
}

const digest =
  (algorithm: string) =>
  (bytes: Buffer): string =>
    createHash(algorithm).update(bytes).digest('hex');

/** Hashes and encodings. */
export const HASH_FUNCTIONS: readonly OttlFunction[] = [
  converterFunction(
    'FNV',
    'The 64-bit FNV-1a hash of a text, as a whole number.',
    [text('value')],
    (target) => (at) => fnv1a64(Buffer.from(target.get(at))),
  ),
  hash('MD5', 'MD5 hash', digest('md5')),
  hash('SHA1', 'SHA-1 hash', digest('sha1')),
  hash('SHA256', 'SHA-256 hash', digest('sha256')),
  hash('SHA512', 'SHA-512 hash', digest('sha512')),
  hash('Murmur3Hash', '32-bit MurmurHash3, lowest byte first,', (bytes) => reversed(hex(BigInt(murmur3(bytes)), 4))),
  hash('Murmur3Hash128', '128-bit MurmurHash3, lowest bytes first,', (bytes) =>
    murmur3x64(bytes)
      .map((half) => reversed(hex(half, 8)))
      .join(''),
  ),
  hash('XXH3', '64-bit XXH3 hash', (bytes) => hex(xxh3(bytes), 8)),
  hash('XXH128', '128-bit XXH3 hash', (bytes) =>
    xxh3x128(bytes)
      .map((half) => hex(half, 8))
      .join(''),
  ),
  converterFunction(
    'Base64Encode',
    'A text in base64. The variant is base64, base64-raw, base64-url or base64-raw-url.',
    [text('value'), optional(text('variant'))],
    (target, variant) => (at) => encodedBase64(target.get(at), variant?.get(at) ?? 'base64'),
  ),
  converterFunction(
    'Decode',
    'The text that bytes or a text write in an encoding: base64 in its variants, utf-8, utf-16, iso-8859-1, …',
    [value('value'), text('encoding')],
    (target, encoding) => {
      if (encoding.literal !== undefined) decoded('', encoding.literal);
      return (at) => decoded(target.get(at), encoding.get(at));
    },
  ),
];

const PRIME = 0x100000001b3n;

function fnv1a64(bytes: Uint8Array): number | bigint {
  let result = 0xcbf29ce484222325n;
  for (const byte of bytes) result = BigInt.asUintN(64, (result ^ BigInt(byte)) * PRIME);
  return int64(result);
}
