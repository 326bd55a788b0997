/**
 * Who may ask the embedded store: two users, whose passwords come from one secret in the store's folder. Not part of `#base`, which runs
 * in browsers too: import it as `#base/store-access.ts`.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { chmodSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from './errors.ts';
import { makeFolder, makePrivate } from './folder.ts';

export interface StoreLogin {
  readonly username: string;
  readonly password: string;
}

/** `signalbox` writes and changes the schema, `reader` only reads. */
export interface StoreAccess {
  readonly signalbox: StoreLogin;
  readonly reader: StoreLogin;
}

/** Beside the store's database the one with the views that people ask in SQL. */
export function viewsDatabase(database: string): string {
  return `${database}_views`;
}

const WRITER_NAME = 'signalbox';
const READER_NAME = 'reader';

/** In the store's folder: where the engine answers. */
export const ADDRESS_FILE = 'address';
const SECRET_FILE = 'secret';
const SECRET_BYTES = 32;

/**
 * Reads the secret of a store's folder, and makes folder and secret where there are none: whichever role is first does, and all get the
 * same. Both are for the owner of the process alone. Throws a StartError where the secret is damaged, else what the file system says.
 */
export function openStoreAccess(folder: string): StoreAccess {
  makeFolder(folder);
  makePrivate(folder);
  const path = join(folder, SECRET_FILE);
  const found = readSecret(path);
  if (found !== undefined) {
    closeToOthers(path);
    return accessOf(found);
  }
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(draft, `${randomBytes(SECRET_BYTES).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
    // Linking fails where another process was faster: its secret counts.
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return accessOf(readSecret(path)!);
}

/** As `openStoreAccess`, but undefined where the store has never been started, and nothing is made. */
export function readStoreAccess(folder: string): StoreAccess | undefined {
  const secret = readSecret(join(folder, SECRET_FILE));
  return secret === undefined ? undefined : accessOf(secret);
}

/** Where the engine of this folder answers. Undefined while none runs. */
export function readEngineAddress(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, ADDRESS_FILE), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

function readSecret(path: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new StartError(
    `${path}: expected a secret of 64 hex digits, found ${text.length} characters of something else`,
    'remove the file: a new secret is made at the next start, and other tools need the new password then',
  );
}

function closeToOthers(path: string): void {
  const { mode, uid } = statSync(path);
  if ((mode & 0o077) !== 0 && uid === process.getuid?.()) chmodSync(path, 0o600);
}

function accessOf(secret: string): StoreAccess {
  const login = (username: string): StoreLogin => ({
    username,
    password: createHmac('sha256', Buffer.from(secret, 'hex')).update(username).digest('base64url'),
  });
  return { signalbox: login(WRITER_NAME), reader: login(READER_NAME) };
}
