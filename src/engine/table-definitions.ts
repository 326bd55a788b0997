/**
 * ClickHouse keeps a table's definition in a file `<name>.sql`, and changes it in a way that a full disk can leave empty. One such file
 * keeps the whole engine from opening. So whole definitions are copied, and what is empty at a start gets its copy back.
 */
import { copyFileSync, globSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const COPIES = 'definitions';

/** Relative to the folder of chDB. */
function definitionsIn(clickhousePath: string): string[] {
  return globSync(['metadata/*.sql', 'store/*/*/*.sql'], { cwd: clickhousePath });
}

/** A definition is `ATTACH TABLE …` or `ATTACH DATABASE …`; a file of zeros is what a power cut leaves. */
function isWhole(path: string): boolean {
  return /^\s*ATTACH\s/.test(readFileSync(path, 'utf8').slice(0, 1000));
}

/** Copies definitions that have changed. A full disk is for another time. */
export function keepDefinitions(dataPath: string, clickhousePath: string): void {
  for (const name of definitionsIn(clickhousePath)) {
    const path = join(clickhousePath, name);
    const copy = join(dataPath, COPIES, name);
    try {
      const known = statSync(copy, { throwIfNoEntry: false });
      if (known !== undefined && known.mtimeMs >= statSync(path).mtimeMs) continue;
      if (!isWhole(path)) continue;
      mkdirSync(dirname(copy), { recursive: true, mode: 0o700 });
      copyFileSync(path, `${copy}.new`);
      if (isWhole(`${copy}.new`)) renameSync(`${copy}.new`, copy);
    } catch {
      // The table was dropped meanwhile, or the disk is full: the copy before it stays.
    }
  }
}

/**
 * Before chDB opens its folder: definitions that aren't whole get their copies, or are moved out of the way where there is none, as in the
 * moments after a table was made. Gives a line about each.
 */
export function mendDefinitions(dataPath: string, clickhousePath: string): string[] {
  const lines: string[] = [];
  for (const name of definitionsIn(clickhousePath)) {
    const path = join(clickhousePath, name);
    if (isWhole(path)) continue;
    const copy = join(dataPath, COPIES, name);
    // chDB takes no other files in its folders.
    mkdirSync(dirname(copy), { recursive: true, mode: 0o700 });
    renameSync(path, `${copy}.broken`);
    if (statSync(copy, { throwIfNoEntry: false }) !== undefined && isWhole(copy)) {
      copyFileSync(copy, path);
      lines.push(`the definition ${name} was not whole and is restored from its copy`);
    } else
      lines.push(
        `the definition ${name} is not whole, there is no copy of it, and it was moved to ${COPIES}/${name}.broken`,
      );
  }
  return lines;
}
