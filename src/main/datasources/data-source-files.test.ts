import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LogRecord } from '#query';
import { DataSourceFiles } from './data-source-files.ts';

const ID = '0af7651916cd43dd8448eb211c80319c';
const ARTICLE = new URL('../../../../shared/article/', import.meta.url);

const LINE = { body: `{"trace_id": "${ID}"}`, attributes: {}, resource: {} } as unknown as LogRecord;

let folder: string;
let said: string[];
let nowMs: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-datasources-'));
  said = [];
  nowMs = 0;
});
afterEach(() => rm(folder, { recursive: true }));

function files(...paths: string[]): DataSourceFiles {
  return new DataSourceFiles({ paths, say: (problem) => said.push(problem), nowMs: () => nowMs });
}

async function linksIn(sources: DataSourceFiles, log = LINE): Promise<LogRecord['links']> {
  nowMs += 10_000;
  return (await sources.link([log]))[0]!.links;
}

function source(pattern: string, uid = 'jaeger'): string {
  return `datasources:
  - name: Loki
    type: loki
    jsonData:
      derivedFields: [{name: TraceID, matcherRegex: '${pattern}', url: '$\${__value.raw}', datasourceUid: ${uid}}]
`;
}

test.skipIf(!existsSync(ARTICLE))("the article's file, as it is and as its text prints it", async () => {
  const file = new URL('grafana-loki-datasource.yaml', ARTICLE).pathname;
  const sources = files(file);
  expect(await linksIn(sources)).toEqual([{ name: 'TraceID', traceId: ID }]);
  expect(said).toEqual([]);
  const printed = join(folder, 'printed.yaml');
  await writeFile(printed, (await readFile(file, 'utf8')).replace('\\w', 'w'));
  expect(await linksIn(files(printed))).toEqual([{ name: 'TraceID', traceId: ID }]);
  expect(said).toEqual([
    `${printed}: datasources[0].jsonData.derivedFields[0].matcherRegex: (w+) takes one letter alone; read as (\\w+)`,
  ]);
});

test('a folder of files; a change is read, and a mistake is said once while the rest stays', async () => {
  await writeFile(join(folder, 'a.yaml'), source('"trace_id":"(\\w+)"'));
  await writeFile(join(folder, 'b.yml'), source('trace_id.+?([0-9a-f]{32})', 'tempo'));
  await writeFile(join(folder, 'notes.txt'), 'no YAML');
  const sources = files(folder);
  expect(await linksIn(sources)).toHaveLength(2);
  await writeFile(join(folder, 'b.yml'), 'datasources: {');
  expect(await linksIn(sources)).toHaveLength(1);
  expect(await linksIn(sources)).toHaveLength(1);
  expect(said).toEqual([expect.stringContaining('b.yml: ')]);
  await writeFile(join(folder, 'b.yml'), 'apiVersion: 1');
  expect(await linksIn(sources)).toHaveLength(1);
  expect(said[1]).toBe(
    `${join(folder, 'b.yml')}: datasources is missing: this is no file that provisions data sources`,
  );
});

test('a file that is not there is said, and read when it has come', async () => {
  const file = join(folder, 'later.yaml');
  const sources = files(file);
  expect(await linksIn(sources)).toBeUndefined();
  expect(said).toEqual([expect.stringContaining(`${file}: ENOENT`)]);
  await writeFile(file, source('"trace_id":"(\\w+)"'));
  expect(await linksIn(sources)).toHaveLength(1);
});

test('a record without such a field is left as it is', async () => {
  await writeFile(join(folder, 'a.yaml'), source('"trace_id":"(\\w+)"'));
  const log = { ...LINE, body: 'nothing' };
  nowMs += 10_000;
  expect((await files(folder).link([log]))[0]).toBe(log);
});

test('the source that a field leads to may stand in another file', async () => {
  await writeFile(join(folder, 'a.yaml'), source('"trace_id":"(\\w+)"', 'where'));
  await writeFile(join(folder, 'b.yaml'), 'datasources: [{name: Metrics, uid: where, type: prometheus}]');
  expect(await linksIn(files(folder))).toBeUndefined();
  expect(said).toEqual([expect.stringContaining('datasourceUid: where is of type prometheus')]);
});
