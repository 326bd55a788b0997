import { globSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

/** What bad memory, bad disks and bad cables do to a file; `at` in [0, 1) is the place. Files that were open may end anywhere, so cutting is for closed ones. */
const DAMAGES: readonly { readonly name: string; readonly hit: (path: string, at: number) => void }[] = [
  { name: 'a bit of the first frame', hit: (path) => flip(path, 120) },
  { name: 'a bit anywhere', hit: (path, at) => flip(path, Math.floor(at * statSync(path).size)) },
  { name: 'a bit of the magic', hit: (path) => flip(path, 3) },
  { name: 'a hole', hit: (path, at) => zero(path, at, 600) },
  { name: 'all zero', hit: (path) => zero(path, 0, Number.POSITIVE_INFINITY) },
  { name: 'the tail cut off', hit: (path) => truncateSync(path, Math.max(0, statSync(path).size - 1000)) },
];

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[Math.min(at, bytes.length - 1)]! ^= 0x10;
  writeFileSync(path, bytes);
}

function zero(path: string, at: number, length: number): void {
  const bytes = readFileSync(path);
  const from = Math.floor(at * bytes.length);
  writeFileSync(path, bytes.fill(0, from, Math.min(bytes.length, from + length)));
}

/** Damages one closed segment of a spool. Gives what was done; undefined where there is none. */
export function damageSegment(dataDir: string, random: () => number): string | undefined {
  const files = globSync(`${dataDir}/**/spool/*.seg`)
    .filter((path) => !path.endsWith('.open.seg') && statSync(path).size > 2000)
    .sort();
  if (files.length === 0) return undefined;
  const path = files[Math.floor(random() * files.length)]!;
  const { name, hit } = DAMAGES[Math.floor(random() * DAMAGES.length)]!;
  hit(path, random());
  return `${name} of ${basename(path)}`;
}
