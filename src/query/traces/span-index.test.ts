import { expect, test } from 'vitest';
import { keyedHashOfWords, PROBE_LIMIT } from '#base';
import { slowdown } from '../../base/testing/collisions.ts';
import { SpanIndex } from './span-index.ts';

const bytesOf = (words: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(words).buffer);

test('ids that were chosen to fall on one place under a known hash are as fast as any', () => {
  const mixed = (first: number, second: number): number => {
    const hash = Math.imul(first ^ (first >>> 15), 0x85ebca6b) ^ Math.imul(second ^ (second >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) & 0xffff;
  };
  const chosen: number[] = [];
  for (let i = 1; chosen.length < 8192; i++) if (mixed(i, 5) === 0) chosen.push(i, 5);
  const ordinary = chosen.map((_, i) => (i % 2 === 0 ? i * 40503 : 5));
  const findAll = (words: readonly number[]): number => {
    const index = new SpanIndex(bytesOf(words));
    let found = 0;
    for (let i = 0; i < words.length; i += 2) found += +(index.find(words[i]! >>> 0, words[i + 1]!) === i / 2);
    return found;
  };
  expect(findAll(chosen)).toBe(4096);
  expect(slowdown(chosen, ordinary, findAll)).toBeLessThan(30);
});

test('who knows even the key of the process makes no lookup long: what finds no place is not found', () => {
  const key = { low: 1, high: 2 };
  const words: number[] = [];
  for (let i = 1; words.length < 600; i++) if ((keyedHashOfWords(i, 5, 0, 0, key) & 0x7ff) === 0) words.push(i, 5);
  const index = new SpanIndex(bytesOf(words), key);
  const found = words.filter((_, i) => i % 2 === 0 && index.find(words[i]!, 5) === i / 2);
  expect(found.length).toBe(PROBE_LIMIT + 1);
  expect(index.find(0, 0)).toBe(-1);
});
