import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { DecodeError } from '#base';
import { ByteBudget, Share } from './budget.ts';
import { Busy } from './busy.ts';
import { inflateWithin } from './inflate-within.ts';

const MIB = 1024 * 1024;
const inflated = async (share: Share, body: Uint8Array, limitBytes: number): Promise<number> =>
  (await inflateWithin(share, 'gzip', body, limitBytes)).length;

test('what is inflated stays taken, and nothing beyond it', async () => {
  const budget = new ByteBudget(8 * MIB);
  const share = new Share(budget);
  expect(await inflated(share, gzipSync(new Uint8Array(MIB)), 4 * MIB)).toBe(MIB);
  expect(budget.usedBytes).toBe(MIB);
  share.release();
  expect(budget.usedBytes).toBe(0);
});

test('a bomb for which there is no room is refused before it grows', () => {
  const budget = new ByteBudget(MIB);
  expect(() => inflateWithin(new Share(budget), 'gzip', gzipSync(new Uint8Array(2 * MIB)), 4 * MIB)).toThrow(Busy);
  expect(budget.usedBytes).toBe(0);
});

test('a body that is longer than it says is inflated up to the limit', async () => {
  const budget = new ByteBudget(8 * MIB);
  const share = new Share(budget);
  const two = Buffer.concat([gzipSync(new Uint8Array(MIB)), gzipSync(new Uint8Array(10))]);
  expect(await inflated(share, two, 4 * MIB)).toBe(MIB + 10);
  expect(budget.usedBytes).toBe(MIB + 10);
});

test('one beyond the limit is a DecodeError, after which the share can be released', async () => {
  const budget = new ByteBudget(8 * MIB);
  const share = new Share(budget);
  await expect(inflated(share, gzipSync(new Uint8Array(2 * MIB)), MIB)).rejects.toThrow(DecodeError);
  share.release();
  expect(budget.usedBytes).toBe(0);
});
