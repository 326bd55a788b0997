import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { droppableMappings, trimProcessMemory } from './trim-memory.ts';

function mapping(head: string, rssKb: number, anonymousKb: number): string {
  return `${head}\nSize: 9999 kB\nRss: ${rssKb} kB\nPss: 1 kB\nAnonymous: ${anonymousKb} kB\nVmFlags: rd ex`;
}

test('only private, unwritable mappings of files without a changed page may go', () => {
  const smaps = [
    mapping('1000-2000 r-xp 00000000 fe:00 77 /lib/program text.so', 900, 0),
    mapping('2000-3000 r--p 00000000 fe:00 77 /lib/relocated.so', 900, 4),
    mapping('3000-4000 rw-p 00000000 fe:00 77 /lib/data.so', 900, 0),
    mapping('4000-5000 rw-p 00000000 00:00 0 [heap]', 900, 900),
    mapping('5000-6000 r--s 00000000 fe:00 78 /shared', 900, 0),
    mapping('6000-7000 r--p 00000000 fe:00 79 /lib/small.so', 100, 0),
    mapping('7000-8000 r--p 00000000 fe:00 79 /lib/rodata.so', 512, 0),
  ].join('\n');
  expect(droppableMappings(smaps)).toEqual([
    { start: 0x1000n, end: 0x2000n },
    { start: 0x7000n, end: 0x8000n },
  ]);
});

test.skipIf(!existsSync('/proc/self/smaps_rollup'))('the process gets smaller and goes on', () => {
  // Only Linux has the file that tells.
  const residentKb = (): number =>
    Number(/^Rss:\s+(\d+)/m.exec(readFileSync('/proc/self/smaps_rollup', 'latin1'))?.[1]);
  const beforeKb = residentKb();
  expect(trimProcessMemory()).toBeGreaterThan(0);
  expect(residentKb()).toBeLessThan(beforeKb);
  expect(JSON.parse('{"a":[1]}')).toEqual({ a: [1] });
});
