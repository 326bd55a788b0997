import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/**
 * No file exports what no other file names: it would look like a contract. Types that describe an exported function's arguments may stay,
 * because declarations need them; constants of one family (`KIND_…`) stay together; #pdata is for components still to come, and complete.
 */

const ROOT = join(import.meta.dirname, '..');
const WORD = /[A-Za-z_$][\w$]*/g;
const EXPORT = /^export (?:declare )?(?:async )?(?:abstract )?(const|function\*?|class|interface|type) (\w+)/gm;

function filesOf(): string[] {
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => /\.(ts|tsx|mjs)$/.test(file) && existsSync(join(ROOT, file)));
}

/** `KIND_` of KIND_BYTES; '' of what is no constant. */
const familyOf = (name: string): string => /^[A-Z0-9]+_(?=[A-Z0-9_]+$)/.exec(name)?.[0] ?? '';

test.runIf(existsSync(join(ROOT, '.git')))('every export is used by another file', () => {
  const texts = new Map(filesOf().map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));
  const users = new Map<string, number>();
  for (const text of texts.values()) {
    for (const word of new Set(text.match(WORD))) users.set(word, (users.get(word) ?? 0) + 1);
  }
  const isUsed = (name: string): boolean => users.get(name)! > 1;
  const dead = Array.from(texts).flatMap(([file, text]) => {
    if (!/^(src|ui\/src)\//.test(file) || file.startsWith('src/pdata/')) return [];
    const exported = Array.from(text.matchAll(EXPORT), ([, kind, name]) => ({ kind: kind!, name: name! }));
    return exported
      .filter(({ kind, name }) => {
        if (isUsed(name)) return false;
        if (kind === 'interface' || kind === 'type') return text.match(new RegExp(`\\b${name}\\b`, 'g'))!.length === 1;
        const family = familyOf(name);
        return family === '' || !exported.some((other) => other.name.startsWith(family) && isUsed(other.name));
      })
      .map(({ name }) => `${file}: ${name}`);
  });
  expect(dead).toEqual([]);
});
