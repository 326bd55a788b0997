import { readFileSync } from 'node:fs';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '#base';
import { type Coding, deflate, inflate } from './codings.ts';

const CODINGS: readonly Coding[] = ['gzip', 'zlib', 'deflate', 'zstd', 'snappy', 'x-snappy-framed', 'lz4'];
const TEXT = 'hello '.repeat(8);
const LIMIT = 1024 * 1024;

async function inflated(coding: Coding, body: Uint8Array, limitBytes = LIMIT): Promise<string> {
  return Buffer.from(await inflate(coding, body, limitBytes)).toString();
}

/** Any text long enough to pass all block sizes. */
function sample(bytes: number): Uint8Array {
  const content = new Uint8Array(bytes);
  let state = 1;
  for (let i = 0; i < bytes; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    content[i] = i % 97 < 60 ? (content[i - 40] ?? 65) : state >>> 24;
  }
  return content;
}

describe('bytes that other programs wrote', () => {
  test.each<{ name: string; coding: Coding; hex: string; want: string }>([
    {
      name: 'framed snappy of golang/snappy',
      coding: 'x-snappy-framed',
      hex: 'ff060000734e6150705900150000fa92bccf351468656c6c6f20a6060010776f726c64',
      want: `${TEXT}world`,
    },
    {
      name: 'snappy of golang/snappy',
      coding: 'snappy',
      hex: '351468656c6c6f20a6060010776f726c64',
      want: `${TEXT}world`,
    },
    {
      name: 'zstd of klauspost/compress',
      coding: 'zstd',
      hex: '28b52ffd04009500005868656c6c6f20776f726c64015406032313a449ac78',
      want: `${TEXT}world`,
    },
    {
      name: 'lz4 of pierrec/lz4',
      coding: 'lz4',
      hex: '04224d186470b91c0000006f68656c6c6f20060009001e00000600b068656c6c6f20776f726c6400000000345cc241',
      want: `${TEXT}world`,
    },
    {
      name: 'lz4 of the lz4 program',
      coding: 'lz4',
      hex: '04224d186440a7100000006f68656c6c6f2006001750776f726c6400000000345cc241',
      want: `${TEXT}world`,
    },
  ])('$name', async ({ coding, hex, want }) => {
    expect(await inflated(coding, Buffer.from(hex, 'hex'))).toBe(want);
  });

  test('raw deflate under the name deflate, as some clients send it', async () => {
    expect(await inflated('deflate', zlib.deflateRawSync(TEXT))).toBe(TEXT);
  });

  test('gzip of several members', async () => {
    expect(await inflated('gzip', Buffer.concat([zlib.gzipSync('one '), zlib.gzipSync('two')]))).toBe('one two');
  });
});

describe.each(CODINGS)('%s', (coding) => {
  test.each([0, 1, 20, 70_000, 900_000])('gives back %i bytes', async (bytes) => {
    const content = sample(bytes);
    const body = await deflate(coding, content);
    const back = await inflate(coding, body, LIMIT);
    expect(Buffer.compare(back, content)).toBe(0);
    expect(back.buffer.byteLength).toBeLessThanOrEqual(bytes * 1.25 + 4096);
  });

  test('gives back any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (content) => {
        expect(Buffer.compare(await inflate(coding, await deflate(coding, content), 4096), content)).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  test('takes content of exactly the limit and refuses one byte more', async () => {
    const body = await deflate(coding, sample(5000));
    expect((await inflate(coding, body, 5000)).length).toBe(5000);
    await expect(async () => inflate(coding, body, 4999)).rejects.toThrow('http: request body too large');
  });

  test('stops a bomb', async () => {
    const bomb = await deflate(coding, new Uint8Array(64 * LIMIT), coding === 'zstd' ? 3 : 9);
    expect(bomb.length).toBeLessThan(4 * LIMIT);
    const before = process.memoryUsage().rss;
    await expect(async () => inflate(coding, bomb, LIMIT)).rejects.toThrow('http: request body too large');
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * LIMIT);
  });

  test('answers cut off and random bytes with a DecodeError or with bytes, never with another error', async () => {
    const body = await deflate(coding, sample(3000));
    const outcome = async (bytes: Uint8Array): Promise<unknown> => {
      try {
        return await inflate(coding, bytes, 100_000);
      } catch (error) {
        return error;
      }
    };
    const isFine = (result: unknown): boolean => result instanceof Uint8Array || result instanceof DecodeError;
    for (let length = 0; length < body.length; length += 37) {
      expect(isFine(await outcome(body.subarray(0, length)))).toBe(true);
    }
    await fc.assert(
      fc.asyncProperty(
        fc.nat(body.length - 1),
        fc.nat(255),
        fc.uint8Array({ maxLength: 60 }),
        async (at, byte, tail) => {
          const changed = Uint8Array.from(body);
          changed[at] = byte;
          expect(isFine(await outcome(changed))).toBe(true);
          expect(isFine(await outcome(tail))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('a gzip body that is cut off is an error', async () => {
  const body = zlib.gzipSync(sample(50_000)).subarray(0, 2000);
  await expect(async () => inflate('gzip', body, LIMIT)).rejects.toThrow(DecodeError);
});

test('a gzip length that lies does not make room for it', async () => {
  const body = Uint8Array.from(zlib.gzipSync('tiny'));
  body.set([0xff, 0xff, 0x0f, 0], body.length - 4);
  await expect(async () => inflate('gzip', body, LIMIT)).rejects.toThrow(DecodeError);
});

test('an lz4 frame of ours is as the format asks', async () => {
  const body = await deflate('lz4', Buffer.from(`${TEXT}world`));
  expect(Buffer.from(body.subarray(0, 7)).toString('hex')).toBe('04224d18607073');
});

test('this file inflates from what its own deflate wrote at each level', async () => {
  const source = readFileSync(import.meta.filename);
  for (const level of [1, 6, 9]) {
    expect(await inflated('gzip', await deflate('gzip', source, level))).toBe(source.toString());
    expect(await inflated('zstd', await deflate('zstd', source, level))).toBe(source.toString());
  }
});

test('where no level is named zstd takes level 1, large bodies or small', async () => {
  const text = readFileSync(import.meta.filename);
  for (const source of [text, Buffer.concat(Array.from({ length: 100 }, () => text))]) {
    const body = await deflate('zstd', source);
    expect(Buffer.compare(body, await deflate('zstd', source, 1))).toBe(0);
    expect(Buffer.compare(body, await deflate('zstd', source, 3))).not.toBe(0);
    expect(await inflated('zstd', body)).toBe(source.toString());
  }
});
