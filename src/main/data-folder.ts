import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivate } from '#base/folder.ts';

/** What the errors of the folder of `--data` say; see `FolderUse`. */
export const DATA_FOLDER = {
  kind: 'data folder',
  wayOut: 'choose another one with --data or SIGNALBOX_DATA',
} as const;

/** The roles' own folders in the data folder. */
const ROLE_FOLDERS = ['collector', 'engine', 'server'] as const;

/**
 * What an earlier version, or a person, made with wider rights is its owner's alone from now on. The data folder itself too, unless it holds
 * other things as well and nothing of ours yet.
 */
export function keepPrivate(dataDir: string, say: (line: string) => void): void {
  if (!existsSync(dataDir)) return;
  const own = ROLE_FOLDERS.map((name) => join(dataDir, name)).filter((path) => existsSync(path));
  const isOurs = own.length > 0 || readdirSync(dataDir).length === 0;
  for (const folder of isOurs ? [dataDir, ...own] : own) {
    if (makePrivate(folder)) say(`data folder ${folder}: others could read it; now only its owner can (mode 700)`);
  }
}
