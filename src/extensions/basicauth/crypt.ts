import { createHash } from 'node:crypto';

/** The older ways to hash passwords that htpasswd files have: crypt(3) with MD5 and SHA-2, in the alphabet of crypt. */
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

type Hash = 'md5' | 'sha256' | 'sha512';

/** `$1$` and Apache's `$apr1$`: the hash behind the salt (FreeBSD's crypt-md5; APR's apr_md5.c). */
export function md5Crypt(password: string, salt: string, magic: '$1$' | '$apr1$'): string {
  const [key, saltBytes] = [Buffer.from(password), Buffer.from(salt)];
  const first = digest('md5', key, saltBytes, key);
  const start: Uint8Array[] = [key, Buffer.from(magic), saltBytes, repeated(first, key.length)];
  for (let length = key.length; length > 0; length >>= 1) {
    start.push((length & 1) === 1 ? Buffer.of(0) : key.subarray(0, 1));
  }
  let sum = digest('md5', ...start);
  for (let round = 0; round < 1000; round++) sum = mixedRound('md5', round, sum, key, saltBytes);
  const triples = [0, 1, 2, 3, 4].map((i) => [i, i + 6, i === 4 ? 5 : i + 12] as const);
  return triples.map(([a, b, c]) => letters(sum[a]!, sum[b]!, sum[c]!, 4)).join('') + letters(0, 0, sum[11]!, 2);
}

/** `$5$` and `$6$`: the hash behind the salt (Drepper: "Unix crypt using SHA-256 and SHA-512"). `rounds` is in [1000, 999999999]. */
export function sha2Crypt(password: string, salt: string, hash: 'sha256' | 'sha512', rounds: number): string {
  const [key, saltBytes] = [Buffer.from(password), Buffer.from(salt)];
  const size = hash === 'sha256' ? 32 : 64;
  const first = digest(hash, key, saltBytes, key);
  const start: Uint8Array[] = [key, saltBytes, repeated(first, key.length)];
  for (let length = key.length; length > 0; length >>= 1) start.push((length & 1) === 1 ? first : key);
  let sum = digest(hash, ...start);
  const keySum = digest(hash, ...Array<Buffer>(key.length).fill(key));
  const saltSum = digest(hash, ...Array<Buffer>(16 + sum[0]!).fill(saltBytes));
  const [p, s] = [repeated(keySum, key.length), repeated(saltSum, saltBytes.length)];
  for (let round = 0; round < rounds; round++) sum = mixedRound(hash, round, sum, p, s);
  return size === 32 ? printed(sum, 10, 21) : printed(sum, 21, 22);
}

/** A round of all of them. */
function mixedRound(hash: Hash, round: number, sum: Buffer, key: Uint8Array, salt: Uint8Array): Buffer {
  const parts: Uint8Array[] = [(round & 1) === 1 ? key : sum];
  if (round % 3 !== 0) parts.push(salt);
  if (round % 7 !== 0) parts.push(key);
  parts.push((round & 1) === 1 ? sum : key);
  return digest(hash, ...parts);
}

/** Three bytes at a time: the places of the first triple are 0, `step`, 2 * `step`, and each next is the one before turned and moved by `turn`. */
function printed(sum: Buffer, step: number, turn: number): string {
  const whole = sum.length - (sum.length % 3);
  const period = step === 10 ? 30 : 63;
  let text = '';
  let [a, b, c] = [0, step, 2 * step];
  for (let i = 0; i < whole; i += 3) {
    text += letters(sum[a]!, sum[b]!, sum[c]!, 4);
    [a, b, c] = [(a + turn) % period, (b + turn) % period, (c + turn) % period];
  }
  return text + (sum.length === 32 ? letters(0, sum[31]!, sum[30]!, 3) : letters(0, 0, sum[63]!, 2));
}

function letters(high: number, middle: number, low: number, count: number): string {
  let bits = (high << 16) | (middle << 8) | low;
  let text = '';
  for (let i = 0; i < count; i++) {
    text += ALPHABET[bits & 63]!;
    bits >>>= 6;
  }
  return text;
}

function repeated(bytes: Buffer, length: number): Buffer {
  return Buffer.alloc(length, length === 0 ? 0 : bytes);
}

function digest(hash: Hash, ...parts: readonly Uint8Array[]): Buffer {
  const running = createHash(hash);
  for (const part of parts) running.update(part);
  return running.digest();
}
