import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { DashboardFolders } from './dashboard-folders.ts';
import { ServerDashboards } from './dashboard-shelf.ts';
import { type SavedDashboardsOptions, StoredDashboards } from './saved-dashboards.ts';

/** Those of files alone, as the list has them. */
async function filesOf(folders: DashboardFolders) {
  const { dashboards } = await new ServerDashboards(folders, undefined).list();
  return dashboards.filter(({ origin }) => origin === 'file');
}

const folders: string[] = [];

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'dashboards-'));
  folders.push(folder);
  mkdirSync(join(folder, 'below'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const dashboard = (title: string, more: object = {}): string =>
  JSON.stringify({ title, panels: [{ type: 'stat' }], ...more });

test('lists the dashboards of folders by title, and what is none as a problem', async () => {
  const folder = folderWith({
    'b.json': dashboard('Zebra'),
    'below/a.json': dashboard('Ant', { uid: 'ant', tags: ['x'] }),
    'c.json': dashboard('Other', { uid: 'ant' }),
    'broken.json': '{',
    'notes.txt': 'no dashboard',
  });
  const source = new DashboardFolders([folder, join(folder, 'none')]);
  expect(await filesOf(source)).toEqual([
    {
      ...{ uid: 'ant', title: 'Ant', tags: ['x'], panelCount: 1, file: join('below', 'a.json') },
      ...{ folder: 'below', origin: 'file', problems: [] },
    },
    {
      ...{ uid: 'ant-2', title: 'Other', tags: [], panelCount: 1, file: 'c.json', folder: '', origin: 'file' },
      problems: ["c.json: uid: ant is another dashboard's, too; this one is ant-2 here"],
    },
    {
      ...{ uid: 'zebra', title: 'Zebra', tags: [], panelCount: 1, file: 'b.json', folder: '', origin: 'file' },
      problems: [],
    },
  ]);
  expect((await source.list()).problems).toEqual([
    expect.stringContaining('ENOENT'),
    expect.stringMatching(/^broken\.json:1: no JSON: /),
  ]);
});

test('reads again what changed, when a second has gone by', async () => {
  let nowMs = 0;
  const folder = folderWith({ 'a.json': dashboard('One') });
  const source = new DashboardFolders([folder], () => nowMs);
  const titles = async (): Promise<string[]> => (await filesOf(source)).map(({ title }) => title);
  expect(await titles()).toEqual(['One']);
  writeFileSync(join(folder, 'a.json'), dashboard('Second'));
  utimesSync(join(folder, 'a.json'), 1, 1);
  expect(await titles()).toEqual(['One']);
  nowMs = 1_000;
  expect(await titles()).toEqual(['Second']);
});

test("files of Grafana's provisioning say where dashboards are and how they are sorted", async () => {
  const folder = folderWith({
    'below/a.json': dashboard('Ant'),
    'providers.yaml': `apiVersion: 1
providers:
  - { name: one, folder: Animals, type: file, options: { path: /etc/grafana/provisioning/below } }
  - { name: two, type: ftp, options: { path: x } }
  - { name: three, options: { path: /nowhere/at/all } }
`,
    'other.yaml': 'a: 1',
  });
  const source = new DashboardFolders([join(folder, 'providers.yaml'), join(folder, 'other.yaml')]);
  expect((await filesOf(source)).map(({ title, folder: sorted }) => [title, sorted])).toEqual([['Ant', 'Animals']]);
  expect((await source.list()).problems).toEqual([
    expect.stringMatching(/providers\.yaml: providers\[1\]\.type: is "ftp"; only file is known$/),
    expect.stringMatching(/providers\.yaml: providers\[2\]\.options\.path: there is no \/nowhere\/at\/all,/),
    expect.stringMatching(/other\.yaml: providers is missing/),
  ]);
  // A folder of dashboards may hold both.
  expect((await filesOf(new DashboardFolders([folder]))).map(({ folder: sorted }) => sorted)).toEqual(['Animals']);
});

/** The store's documents, in memory. */
function documentsInMemory(): SavedDashboardsOptions['documents'] & { isAway: boolean } {
  const kept = new Map<string, { key: string; version: number; body: unknown }>();
  return {
    isAway: false,
    async mayWrite() {
      return true;
    },
    async list(kind, prefix = '') {
      if (this.isAway) throw new Error('nobody answers');
      return [...kept].flatMap(([id, document]) => (id.startsWith(`${kind} ${prefix}`) ? [document] : []));
    },
    async put(kind, key, body) {
      kept.set(`${kind} ${key}`, { key, version: 1, body });
    },
    async remove(kind, key) {
      kept.delete(`${kind} ${key}`);
    },
  };
}

test('what is saved hides the file with its uid, has versions, and is there while the store is away', async () => {
  let nowMs = 1_700_000_000_000;
  const documents = documentsInMemory();
  const folder = folderWith({ 'below/a.json': dashboard('Ant') });
  const saved = new StoredDashboards({ documents, nowMs: () => nowMs });
  const shelf = new ServerDashboards(new DashboardFolders([folder]), saved);
  const builtinCount = (await shelf.list()).dashboards.filter(({ origin }) => origin === 'built-in').length;
  expect(builtinCount).toBeGreaterThanOrEqual(10);
  const saving = (message: string, base?: number | null) => ({ message, author: 'Ada', base });
  await expect(saved.save('{"title": 1}', saving(''))).rejects.toThrow(/panels: is missing/);
  for (const title of ['Red ant', 'Blue ant']) {
    nowMs += 5_000;
    expect(await saved.save(dashboard(title, { uid: 'ant' }), saving(title))).toEqual({ uid: 'ant', savedMs: nowMs });
  }
  expect((await shelf.get('ant'))?.entry).toMatchObject({ title: 'Blue ant', origin: 'saved', folder: 'below' });
  const versions = await saved.versions('ant');
  expect(versions.map(({ message, author }) => [message, author])).toEqual([
    ['Blue ant', 'Ada'],
    ['Red ant', 'Ada'],
  ]);
  expect(await saved.version('ant', versions[1]!.savedMs)).toBe(dashboard('Red ant', { uid: 'ant' }));
  documents.isAway = true;
  nowMs += 5_000;
  const { dashboards, problems } = await shelf.list();
  expect(dashboards.filter(({ uid }) => uid === 'ant').map(({ title }) => title)).toEqual(['Blue ant']);
  expect(problems).toEqual(['dashboards that were saved in the console could not be read: nobody answers']);
  documents.isAway = false;
  nowMs += 5_000;
  expect(await saved.remove('ant')).toBe(true);
  expect((await shelf.get('ant'))?.entry).toMatchObject({ title: 'Ant', origin: 'file' });
  expect(await saved.versions('ant')).toEqual([]);
  expect(await saved.remove('ant')).toBe(false);
});

test('who saves what somebody else saved meanwhile is told, also of two at once; nothing is lost', async () => {
  const saved = new StoredDashboards({ documents: documentsInMemory(), nowMs: () => 1_700_000_000_000 });
  const save = (title: string, base: number | null | undefined) =>
    saved.save(dashboard(title, { uid: 'ant' }), { message: title, author: '', base });
  const [first, second] = await Promise.all([save('One', null), save('Other', null)]);
  expect(first).toEqual({ uid: 'ant', savedMs: 1_700_000_000_000 });
  expect(second).toEqual({ uid: 'ant', conflict: { savedMs: 1_700_000_000_000, message: 'One', author: '' } });
  // In the same millisecond, and yet a version of its own.
  expect(await save('Two', 1_700_000_000_000)).toEqual({ uid: 'ant', savedMs: 1_700_000_000_001 });
  expect(await save('Late', 1_700_000_000_000)).toMatchObject({ conflict: { message: 'Two' } });
  expect(await save('Imported', undefined)).toMatchObject({ savedMs: 1_700_000_000_002 });
  expect((await saved.versions('ant')).map(({ message }) => message)).toEqual(['Imported', 'Two', 'One']);
  await saved.remove('ant');
  expect(await save('After', 1_700_000_000_002)).toEqual({ uid: 'ant', conflict: undefined });
});
