/**
 * The engine's data folder: who owns it, which version of Signalbox wrote it, and what is in it.
 *
 *   VERSION      the folder format, one number; a folder of a newer format is refused untouched
 *   engine.lock  the process that has it open
 *   clickhouse/  chDB's own files
 *   address      where it answers, while it does
 *   tmp/         request bodies and pipes of running queries; emptied at every start
 *   engine.xml   chDB's configuration, written anew at every start
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf, StartError } from '#base';
import { type FolderLock, type FolderUse, folderError, lockFolder, makeFolder } from '#base/folder.ts';
import { ADDRESS_FILE } from '#base/store-access.ts';

/** The format that this version writes. Raise it with every change that an older version can't read. */
const FOLDER_FORMAT = 1;

const USE: FolderUse = {
  kind: 'data folder',
  user: 'Signalbox engine',
  wayOut: 'choose another folder with --data or SIGNALBOX_DATA',
};

export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  readonly clickhousePath: string;
  readonly tmpPath: string;
  readonly configPath: string;
  /** Writes chDB's configuration file. Throws StartError. */
  writeConfig(text: string): void;
  /** Where the engine answers, for other processes of this user; gone after `release`. */
  writeAddress(url: string): void;
  /** Gives the folder back. Only after the engine is closed. */
  release(): void;
}

/**
 * Creates or opens the folder and locks it. Throws StartError: newer format, in use by another process, not writable,
 * full.
 */
export function openDataFolder(dataDir: string): DataFolder {
  const path = resolve(dataDir);
  if (/[*?{}]/.test(path)) {
    // chDB takes them for patterns in the names of the files that it reads rows from.
    throw new StartError(
      `data folder ${path}: its name holds one of * ? { }`,
      'choose another with --data or SIGNALBOX_DATA',
    );
  }
  checkFormat(path);
  const lock: FolderLock = lockFolder(path, USE, 'engine.lock');
  const clickhousePath = join(path, 'clickhouse');
  const tmpPath = join(path, 'tmp');
  const configPath = join(path, 'engine.xml');
  try {
    writeFileSync(join(path, 'VERSION'), `${FOLDER_FORMAT}\n`);
    makeFolder(clickhousePath);
    rmSync(tmpPath, { recursive: true, force: true });
    mkdirSync(tmpPath);
  } catch (error) {
    lock.release();
    throw folderError(path, USE, error);
  }
  return {
    path,
    clickhousePath,
    tmpPath,
    configPath,
    writeConfig(text): void {
      try {
        writeFileSync(configPath, text);
      } catch (error) {
        throw folderError(path, USE, error);
      }
    },
    writeAddress(url): void {
      try {
        writeFileSync(join(path, ADDRESS_FILE), `${url}\n`);
      } catch {
        // Only `signalbox engine-access` looks at it.
      }
    },
    release(): void {
      rmSync(join(path, ADDRESS_FILE), { force: true });
      rmSync(tmpPath, { recursive: true, force: true });
      lock.release();
    },
  };
}

function checkFormat(path: string): void {
  let text: string;
  try {
    text = readFileSync(join(path, 'VERSION'), 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return;
    throw folderError(path, USE, error);
  }
  const format = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (format <= FOLDER_FORMAT) return;
  throw new StartError(
    `data folder ${path}: its format is ${Number.isNaN(format) ? JSON.stringify(text.slice(0, 80)) : format}, ` +
      `this version of Signalbox reads up to ${FOLDER_FORMAT}`,
    'start the newer version of Signalbox that wrote it, or choose another folder with --data or SIGNALBOX_DATA',
  );
}

/** Creates the named pipes through which results leave chDB; see output-pipe.ts. Throws StartError. */
export function createPipes(folder: DataFolder, count: number): readonly string[] {
  const paths = Array.from({ length: count }, (_, i) => join(folder.tmpPath, `out-${i}`));
  try {
    execFileSync('mkfifo', ['-m', '600', ...paths], { stdio: ['ignore', 'ignore', 'pipe'] });
    for (const path of paths) closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  } catch (error) {
    throw new StartError(
      `data folder ${folder.path}: can't make named pipes in it: ${messageOf(error)}`,
      'its file system must support them, and the command mkfifo must be installed',
      { cause: error },
    );
  }
  return paths;
}
