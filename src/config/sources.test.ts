// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what is tested
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ConfigErrors } from '#base';
import { loadConfig, toPlain } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-sources-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function outcome(uri: string): Promise<unknown> {
  try {
    return toPlain((await loadConfig({ uris: [uri] })).root);
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error;
    return error.message;
  }
}

function huge(): string {
  const path = join(folder, 'huge.yaml');
  writeFileSync(path, '');
  // All of it is a hole: whoever reads it, reads long.
  truncateSync(path, 2 ** 34);
  return path;
}

function pipe(): string {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

test.each([
  { name: 'a device without end', path: () => '/dev/zero', want: 'it is a device or a pipe; only files are read' },
  { name: 'a pipe nobody writes to', path: pipe, want: 'it is a device or a pipe; only files are read' },
  { name: 'a folder', path: () => folder, want: 'it is a folder' },
  { name: 'nothing', path: () => join(folder, 'none'), want: 'no such file' },
  {
    name: 'a huge file',
    path: huge,
    want: 'it has 17179869184 bytes; a configuration may have 1048576 (1 MiB)',
  },
])('$name is refused in words, as the configuration and in a value', async ({ path, want }) => {
  const at = path();
  expect(await outcome(at)).toBe(`unable to read the file ${at}: ${want}`);
  expect(await outcome(`yaml:{a: "\${file:${at}}"}`)).toBe(`unable to read the file ${at}: ${want}`);
});

test('a file is read to its end, one whose size is not told, too', async () => {
  const path = join(folder, 'large.yaml');
  const text = 'x'.repeat(1_000_000);
  writeFileSync(path, `a: ${text}`);
  expect(await outcome(path)).toEqual({ a: text });
  expect(await outcome('yaml:{a: "${file:/proc/self/comm}"}')).toEqual({ a: expect.stringMatching(/./) });
});

test('a server that sends without end is left', async () => {
  const server = createServer((_, response) => {
    const more = (): void => {
      while (response.write('x'.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect(await outcome(uri)).toMatch(/^unable to read the file http:.*: it has \d+ bytes; a configuration may have/);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
