import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type FakeSettings, fakeHost, fakeSettings, sampleBatch, sampleBody } from '#component/testing.ts';
import { inflate } from '#net';
import { Batch, SIGNALS } from '#pdata';
import { LogsBuilder } from '#wire';
import { fileExporterSchema, validateFileExporter } from './config.ts';
import type { FileExporter } from './file.ts';
import { fileExporterFactory } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
function newFolder(): string {
  const path = join(folder, String(count++));
  mkdirSync(path);
  return path;
}

async function start(block: object): Promise<{ exporter: FileExporter; settings: FakeSettings }> {
  const settings = fakeSettings({ id: 'file' });
  const exporter = fileExporterFactory.create(settings, fileExporterSchema.parse(block), 'logs') as FileExporter;
  await exporter.start(fakeHost());
  return { exporter, settings };
}

test.each(SIGNALS)('%s: a line of OTLP/JSON for each batch, there when it is answered', async (signal) => {
  const path = join(newFolder(), 'out.json');
  const { exporter } = await start({ path });
  await exporter.consume(sampleBatch(signal, 2));
  await Promise.all([exporter.consume(sampleBatch(signal, 3)), exporter.consume(sampleBatch(signal, 1))]);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => Object.keys(JSON.parse(line) as object))).toEqual(
    Array(3).fill([`resource${signal === 'traces' ? 'Spans' : signal === 'logs' ? 'Logs' : 'Metrics'}`]),
  );
  await exporter.shutdown(100);
});

test('a shutdown waits for what is being written, and what comes after it is refused and changes nothing', async () => {
  const path = join(newFolder(), 'out.json');
  const { exporter } = await start({ path });
  await exporter.consume(sampleBatch('logs', 2));
  const written = exporter.consume(sampleBatch('logs', 1));
  await exporter.shutdown(100);
  await written;
  await expect(exporter.consume(sampleBatch('logs', 1))).rejects.toMatchObject({ reason: 'shutdown' });
  expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(2);
});

test('protobuf stands behind its length, and so does what is compressed', async () => {
  const [plain, packed] = [join(newFolder(), 'a'), join(newFolder(), 'b')];
  for (const block of [
    { path: plain, format: 'proto' },
    { path: packed, format: 'proto', compression: 'zstd' },
  ]) {
    const { exporter } = await start(block);
    await exporter.consume(sampleBatch('logs', 3));
    await exporter.shutdown(100);
  }
  const bytes = readFileSync(plain);
  expect(bytes.readUInt32BE(0)).toBe(bytes.length - 4);
  expect(Buffer.compare(bytes.subarray(4), sampleBody('logs', 3))).toBe(0);
  const compressed = readFileSync(packed);
  expect(compressed.readUInt32BE(0)).toBe(compressed.length - 4);
  expect(Buffer.compare(await inflate('zstd', compressed.subarray(4), 1e6), sampleBody('logs', 3))).toBe(0);
});

test.each([
  [false, 1],
  [true, 2],
])('append %s', async (append, lines) => {
  const path = join(newFolder(), 'a.json');
  writeFileSync(path, '{}\n');
  const { exporter } = await start({ path, append });
  await exporter.consume(sampleBatch('logs', 1));
  await exporter.shutdown(100);
  expect(readFileSync(path, 'utf8').match(/\n/g)).toHaveLength(lines);
});

test('large files are set aside whole, and the oldest of them removed', async () => {
  const directory = newFolder();
  const path = join(directory, 'a.json');
  const { exporter, settings } = await start({ path, rotation: { max_megabytes: 1, max_backups: 2 } });
  const logs = new LogsBuilder();
  logs.group({}).add({ body: 'x'.repeat(400_000) });
  for (let i = 0; i < 12; i++) {
    await exporter.consume(new Batch('logs', [logs.chunk()]));
    await settings.clock.advance(1000);
  }
  await exporter.shutdown(100);
  const names = readdirSync(directory).sort();
  expect(names).toHaveLength(3);
  expect(names[0]).toMatch(/^a-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.json$/);
  for (const name of names) {
    const lines = readFileSync(join(directory, name), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) JSON.parse(line);
  }
});

describe('group_by', () => {
  const batchOf = (values: readonly (string | undefined)[]): Batch => {
    const logs = new LogsBuilder();
    for (const value of values)
      logs.group({ resource: value === undefined ? {} : { team: value } }).add({ body: String(value) });
    return new Batch('logs', [logs.chunk()]);
  };
  const block = (directory: string): object => ({
    path: `${directory}/out/*.json`,
    group_by: { enabled: true, resource_attribute: 'team', max_open_files: 2 },
  });

  test('a file for each value, of which some are open at a time; what has none is counted', async () => {
    const directory = newFolder();
    const { exporter, settings } = await start(block(directory));
    for (let round = 0; round < 2; round++) await exporter.consume(batchOf(['a', 'b', 'c/d', undefined]));
    await exporter.shutdown(100);
    for (const name of ['a', 'b', 'c/d']) {
      expect(readFileSync(join(directory, `out/${name}.json`), 'utf8').match(/\n/g)).toHaveLength(2);
    }
    expect(settings.account.sum('lost', 'unwanted')).toBe(2);
  });

  test('no value leads out of the folder', async () => {
    const directory = newFolder();
    const { exporter, settings } = await start(block(directory));
    await exporter.consume(batchOf(['../../evil', '../outer', '/etc/evil', './x', 'a\0b', 'y'.repeat(5000)]));
    await exporter.shutdown(100);
    expect(readdirSync(directory)).toEqual(['out']);
    expect(readdirSync(join(directory, 'out')).sort()).toEqual(['etc', 'evil.json', 'outer.json', 'x.json']);
    expect(settings.account.sum('lost', 'unwanted')).toBe(2);
  });
});

test('a folder that is not there stops the start, unless it is to be made', async () => {
  const path = join(newFolder(), 'deep/er/a.json');
  await expect(start({ path })).rejects.toThrow(/exporters::file::path: can't write ".*": ENOENT/);
  const { exporter } = await start({ path, create_directory: true });
  await exporter.shutdown(100);
});

test.each([
  [{}, 'path'],
  [{ path: 'a', append: true, rotation: {} }, 'append'],
  [{ path: 'a', group_by: { enabled: true } }, 'path'],
  [{ path: 'a', directory_permissions: '0755' }, 'directory_permissions'],
])('a mistake: %j', (block, key) => {
  expect(validateFileExporter(fileExporterSchema.parse(block))[0]!.path).toEqual([key]);
});
