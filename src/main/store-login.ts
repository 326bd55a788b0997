import { join } from 'node:path';
import { folderError } from '#base/folder.ts';
import { openStoreAccess, type StoreAccess, type StoreLogin } from '#base/store-access.ts';
import type { Addresses } from './addresses.ts';
import { DATA_FOLDER } from './data-folder.ts';

/** The folder of the embedded store, where its secret is. */
export function engineFolder({ dataDir }: Pick<Addresses, 'dataDir'>): string {
  return join(dataDir, 'engine');
}

/**
 * As whom the collector writes: in the embedded store with its secret. Undefined where the store is a server of somebody else's, or the
 * configuration names a user: then that holds, or the environment.
 */
export function writerLogin(addresses: Addresses): StoreLogin | undefined {
  if (addresses.isStoreExternal || addresses.login.username !== undefined) return undefined;
  return embeddedAccess(addresses).signalbox;
}

/** As whom the server reads. Nothing of it stands on a command line, which every process of the machine can see. */
export function readerLogin(
  addresses: Addresses,
  env: Readonly<Record<string, string | undefined>>,
): Partial<StoreLogin> {
  const { login, readerLogin: own } = addresses;
  if (own.username !== undefined) return own;
  const username = env.SIGNALBOX_STORE_READER_USERNAME || undefined;
  const password = own.password ?? env.SIGNALBOX_STORE_READER_PASSWORD;
  if (username !== undefined || password !== undefined)
    return { username: username ?? 'reader', password: password ?? '' };
  if (addresses.isStoreExternal || login.username !== undefined) {
    return {
      ...(login.username !== undefined && { username: login.username }),
      ...(login.password !== undefined && { password: login.password }),
    };
  }
  return embeddedAccess(addresses).reader;
}

/** Whichever role comes first makes the secret. */
function embeddedAccess(addresses: Addresses): StoreAccess {
  const folder = engineFolder(addresses);
  try {
    return openStoreAccess(folder);
  } catch (error) {
    throw folderError(folder, DATA_FOLDER, error);
  }
}
