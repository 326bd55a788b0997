import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { StorageClient } from '#component';
import { fakeHost, fakeSettings } from '#component/testing.ts';
import { fileStorageSchema, validateFileStorage } from './config.ts';
import { fileStorageFactory } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-storage-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const newFolder = (): string => join(folder, String(count++));

async function opened(
  block: object,
  owner = { kind: 'receiver', id: 'filelog', name: '' },
): Promise<{ client: StorageClient; end: () => Promise<void> }> {
  const config = fileStorageSchema.parse({ create_directory: true, ...block });
  const extension = fileStorageFactory.create(fakeSettings({ id: 'file_storage' }), config);
  await extension.start(fakeHost());
  const client = await extension.capabilities!.storage!.open(owner);
  return { client, end: () => extension.shutdown(100) };
}

test.each([false, true])('values are there after a restart, whatever their keys (fsync: %s)', async (fsync) => {
  const directory = newFolder();
  const first = await opened({ directory, fsync });
  for (const key of ['a', '../b', 'ü/ %', '.']) await first.client.set(key, Buffer.from(`value of ${key}`));
  await first.client.set('a', Buffer.from('newer'));
  await first.client.delete('.');
  await first.client.delete('none');
  await first.end();
  const second = await opened({ directory, fsync });
  expect([...(await second.client.keys())].sort()).toEqual(['../b', 'a', 'ü/ %']);
  expect(String(Buffer.from((await second.client.get('a'))!))).toBe('newer');
  expect(String(Buffer.from((await second.client.get('../b'))!))).toBe('value of ../b');
  expect(await second.client.get('.')).toBeUndefined();
  await second.end();
  expect(readdirSync(directory)).toHaveLength(1);
});

test('each owner has a folder of its own, for nobody else to read', async () => {
  const directory = newFolder();
  const names = ['a/b', 'a_b', '../../a', 'x'.repeat(300)];
  for (const id of names) {
    const { client, end } = await opened({ directory }, { kind: 'exporter', id, name: 'traces' });
    expect(await client.keys()).toEqual([]);
    await client.set('k', Buffer.from(id));
    await end();
  }
  const folders = readdirSync(directory);
  expect(folders).toHaveLength(names.length);
  for (const name of folders) expect(statSync(join(directory, name)).mode & 0o077).toBe(0);
});

test('max_size bounds what one component keeps', async () => {
  const { client, end } = await opened({ directory: newFolder(), max_size: 10 });
  await client.set('a', new Uint8Array(6));
  await expect(client.set('b', new Uint8Array(6))).rejects.toThrow('has reached max_size');
  await client.set('a', new Uint8Array(10));
  await client.delete('a');
  await client.set('b', new Uint8Array(6));
  expect(await client.keys()).toEqual(['b']);
  await end();
});

test('a folder that is missing, and one that another has, stop the start', async () => {
  const directory = newFolder();
  await expect(opened({ directory, create_directory: false })).rejects.toThrow('directory must exist');
  const { end } = await opened({ directory });
  await expect(opened({ directory })).rejects.toThrow(/receiver filelog/);
  await end();
  expect(validateFileStorage(fileStorageSchema.parse({ directory_permissions: '9' }))[0]!.path).toEqual([
    'directory_permissions',
  ]);
});
