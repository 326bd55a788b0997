import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { madeDocuments } from './docs/pages.ts';

/** `npm run docs`: writes what is made from factories and schemas. docs.test.ts fails while some of it is stale. */

const ROOT = join(import.meta.dirname, '..');
const made = await madeDocuments();
let changed = 0;
for (const [file, text] of made) {
  const path = join(ROOT, file);
  mkdirSync(dirname(path), { recursive: true });
  if (readOr(path) === text) continue;
  writeFileSync(path, text);
  console.log(`wrote ${file}`);
  changed++;
}
for (const file of globSync('docs/components/**/*.md', { cwd: ROOT })) {
  if (made.has(file)) continue;
  rmSync(join(ROOT, file));
  console.log(`removed ${file}`);
  changed++;
}
console.log(`docs: ${made.size} documents, ${changed} changed`);

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
