import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HeldResult } from './held-result.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-held-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function contentOf(held: HeldResult): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of held.chunks()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('a small result stays in memory', async () => {
  const held = new HeldResult(10, join(folder, 'result'));
  await held.add(Buffer.from('01234'));
  await held.add(Buffer.from('56789'));
  expect(held.small!.toString()).toBe('0123456789');
  expect(await contentOf(held)).toBe('0123456789');
  expect(readdirSync(folder)).toEqual([]);
  await held.remove();
});

test('a larger one goes to a file, which is removed', async () => {
  const path = join(folder, 'result');
  const held = new HeldResult(10, path);
  const parts = Array.from({ length: 100 }, (_, i) => `part ${i};`);
  for (const part of parts) await held.add(Buffer.from(part));
  expect(held.small).toBeUndefined();
  expect(await contentOf(held)).toBe(parts.join(''));
  await held.remove();
  expect(existsSync(path)).toBe(false);
});

test('a disk that does not take it is an error that says so', async () => {
  const held = new HeldResult(10, join(folder, 'missing/result'));
  await expect(held.add(Buffer.alloc(11))).rejects.toMatchObject({
    codeName: 'NOT_ENOUGH_SPACE',
    message: expect.stringContaining("can't keep the result in the data folder: ENOENT"),
  });
  await held.remove();
});
