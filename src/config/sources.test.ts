// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what is tested
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ConfigErrors } from '#base';
import { loadConfig, toPlain } from './index.ts';
import { processEnvironment, readConfigFile } from './sources.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-sources-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const environment = { ...processEnvironment, readFile: (path: string) => readConfigFile(path, 500) };

async function outcome(uri: string): Promise<unknown> {
  try {
    return toPlain((await loadConfig({ uris: [uri], environment })).root);
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

let pipeCount = 0;
function pipe(): string {
  const path = join(folder, `pipe-${pipeCount++}`);
  execFileSync('mkfifo', [path]);
  return path;
}

test.each([
  { name: 'a device without end', path: () => '/dev/zero', want: 'it is a device; only files and pipes are read' },
  { name: 'a pipe nobody writes to', path: pipe, want: 'it is a pipe, and after 0.5 s nothing came through it' },
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

test('a pipe is read, however late and slowly its writer comes, and only so much', async () => {
  const within = (script: string, path: string): Promise<unknown> => {
    const writer = spawn('sh', ['-c', script], { env: { ...process.env, PIPE: path }, stdio: 'ignore' });
    const ended = once(writer, 'exit');
    const slow = { ...processEnvironment, readFile: (file: string) => readConfigFile(file, 30_000) };
    const read = loadConfig({ uris: [path], environment: slow }).then(
      ({ root }) => toPlain(root),
      (error: ConfigErrors) => error.message,
    );
    return Promise.all([read, ended]).then(([value]) => value);
  };
  const text = 'x'.repeat(200_000);
  writeFileSync(join(folder, 'piped.yaml'), `a: ${text}\nb: 1\n`);
  expect(await within(`sleep 0.2; (echo; sleep 0.1; cat ${join(folder, 'piped.yaml')}) > "$PIPE"`, pipe())).toEqual({
    a: text,
    b: 1,
  });
  expect(await within('head -c 2000000 /dev/zero > "$PIPE"', pipe())).toContain(
    'a configuration may have 1048576 (1 MiB)',
  );
});

test('a pipe that stays open is left', async () => {
  const path = pipe();
  const writer = spawn('sh', ['-c', 'exec 3> "$PIPE"; echo "a: 1" >&3; sleep 30'], {
    env: { ...process.env, PIPE: path },
  });
  try {
    const slow = { ...processEnvironment, readFile: (file: string) => readConfigFile(file, 3000) };
    const read = loadConfig({ uris: [path], environment: slow });
    await expect(read).rejects.toThrow(/after 3 s (its other end is still open|nothing came through it)/);
  } finally {
    writer.kill();
  }
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
