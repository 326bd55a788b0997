import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStoreAccess, readStoreAccess } from './store-access.ts';

let parent: string;
let folder: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'signalbox-access-'));
  folder = join(parent, 'engine');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

test('the first who opens it makes a secret for the owner alone, and all later get the same', () => {
  expect(readStoreAccess(folder)).toBeUndefined();
  const first = openStoreAccess(folder);
  expect(readdirSync(folder)).toEqual(['secret']);
  expect([modeOf(folder), modeOf(join(folder, 'secret'))]).toEqual(['700', '600']);
  expect(openStoreAccess(folder)).toEqual(first);
  expect(readStoreAccess(folder)).toEqual(first);
});

test('two users with two passwords, of which none is the secret, and other folders have others', () => {
  const { signalbox, reader } = openStoreAccess(folder);
  const secret = readFileSync(join(folder, 'secret'), 'utf8').trim();
  const other = openStoreAccess(join(parent, 'other'));
  const passwords = [secret, signalbox.password, reader.password, other.signalbox.password, other.reader.password];
  expect(new Set(passwords).size).toBe(5);
  expect(passwords.every((password) => password.length >= 43)).toBe(true);
  expect([signalbox.username, reader.username]).toEqual(['signalbox', 'reader']);
});

test('a folder and a secret that others could read are closed to them', () => {
  const first = openStoreAccess(folder);
  chmodSync(folder, 0o755);
  chmodSync(join(folder, 'secret'), 0o644);
  expect(openStoreAccess(folder)).toEqual(first);
  expect([modeOf(folder), modeOf(join(folder, 'secret'))]).toEqual(['700', '600']);
});

test('what is no secret is not taken for one', () => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'secret'), 'password');
  expect(() => openStoreAccess(folder)).toThrow(/expected a secret of 64 hex digits/);
});
