import { Readable, type Transform } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBlockDecoder, createBlockEncoder } from './block-codec.ts';
import { createLz4Decoder, createLz4Encoder } from './lz4-frame-stream.ts';
import type { EngineProcess } from './spawn.ts';
import { fetchEngine, startTestEngine, temporaryFolder } from './testing.ts';

const folder = temporaryFolder();
let engine: EngineProcess;

beforeAll(async () => {
  engine = await startTestEngine({ dataDir: folder.path, flags: ['--inline-bytes', '65536'] });
});

afterAll(async () => {
  await engine?.stop();
  folder.remove();
});

async function through(stream: Transform, bytes: Uint8Array): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of Readable.from([Buffer.from(bytes)]).compose(stream)) parts.push(part);
  return Buffer.concat(parts);
}

/** A request whose answer is not unpacked by the client: fetch knows nothing of LZ4. */
async function ask(query: string, body: Uint8Array, parameters: string, headers = {}): Promise<Response> {
  const path = `/?query=${encodeURIComponent(query)}&${parameters}`;
  return fetchEngine(engine.address, path, { method: 'POST', body: new Uint8Array(body), headers });
}

const ROWS = 'SELECT number, toString(number) FROM numbers(100000)';
const none = new Uint8Array(0);

describe('LZ4, as JDBC and clickhouse-connect send and ask for it', () => {
  test('an answer in compressed blocks is the plain one', async () => {
    const plain = Buffer.from(await (await ask(ROWS, none, '')).arrayBuffer());
    const packed = Buffer.from(await (await ask(ROWS, none, 'compress=1')).arrayBuffer());
    expect(packed.length).toBeLessThan(plain.length);
    expect((await through(createBlockDecoder(), packed)).equals(plain)).toBe(true);
  });

  test('an answer in LZ4 frames, where HTTP compression is on', async () => {
    const answer = await ask('SELECT 42', none, 'enable_http_compression=1', { 'Accept-Encoding': 'lz4' });
    expect(answer.headers.get('content-encoding')).toBe('lz4');
    expect((await through(createLz4Decoder(), Buffer.from(await answer.arrayBuffer()))).toString()).toBe('42\n');
  });

  test('blocks and an encoding of HTTP at once', async () => {
    // fetch undoes gzip by itself.
    const answer = await ask('SELECT 42', none, 'compress=1&enable_http_compression=1', { 'Accept-Encoding': 'gzip' });
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    const blocks = Buffer.from(await answer.arrayBuffer());
    expect((await through(createBlockDecoder(), blocks)).toString()).toBe('42\n');
    expect(() => gunzipSync(blocks)).toThrow();
  });

  test.each([
    { name: 'compressed blocks', parameters: 'decompress=1', headers: {}, encoder: createBlockEncoder },
    { name: 'LZ4 frames', parameters: '', headers: { 'Content-Encoding': 'lz4' }, encoder: createLz4Encoder },
  ])('an insert in $name, small and beyond what is kept in memory', async ({ parameters, headers, encoder }) => {
    await ask('CREATE OR REPLACE TABLE numbers (n UInt64, t String) ENGINE = Memory', none, '');
    for (const count of [3, 60_000]) {
      const lines = Buffer.from(Array.from({ length: count }, (_, i) => `${i}\ttext ${i * 7919}\n`).join(''));
      const packed = await through(encoder(), lines);
      const answer = await ask('INSERT INTO numbers FORMAT TabSeparated', packed, parameters, headers);
      expect([answer.status, await answer.text()]).toEqual([200, '']);
    }
    expect(await (await ask('SELECT count(), sum(n) FROM numbers', none, '')).text()).toBe('60003\t1799970003\n');
  });

  test('a query that fails before its answer begins says so in plain text', async () => {
    const answer = await ask('SELECT missing', none, 'compress=1');
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringMatching(/^Code: 47\./)]);
  });

  test('a query that fails in the middle of its answer says so within the compression', async () => {
    const late = 'SELECT number, throwIf(number = 3000000) FROM numbers(4000000) SETTINGS max_block_size = 10000';
    const answer = await ask(late, none, 'compress=1');
    expect(answer.status).toBe(200);
    const parts: Buffer[] = [];
    await expect(
      (async () => {
        for await (const part of answer.body!) parts.push(Buffer.from(part));
      })(),
    ).rejects.toThrow();
    expect((await through(createBlockDecoder(), Buffer.concat(parts))).toString('latin1')).toMatch(
      /__exception__[\s\S]*Code: 395/,
    );
  });

  test('damaged blocks are refused, and nothing is inserted', async () => {
    await ask('CREATE OR REPLACE TABLE damaged (n UInt64) ENGINE = Memory', none, '');
    const packed = await through(createBlockEncoder(), Buffer.from('1\n2\n3\n'));
    packed[packed.length - 1]! += 1;
    const answer = await ask('INSERT INTO damaged FORMAT TabSeparated', packed, 'decompress=1');
    expect(await answer.text()).toMatch(/^Code: 271\. .*checksum/);
    expect(await (await ask('SELECT count() FROM damaged', none, '')).text()).toBe('0\n');
  });
});
