import { StartError } from '#base';
import { readEngineAddress, readStoreAccess } from '#base/store-access.ts';
import { addressesIn } from '../addresses.ts';
import type { Flags } from '../flags.ts';
import { sectionOf } from '../section.ts';
import { engineFolder } from '../store-login.ts';

/** `signalbox engine-access`: what another tool needs to ask the embedded store. */
export async function engineAccessCommand(flags: Flags): Promise<number> {
  const addresses = addressesIn(await sectionOf(flags), flags);
  if (addresses.isStoreExternal) {
    throw new StartError(
      'the store is a ClickHouse server of your own, whose passwords are not kept here',
      'signalbox store grants prints the SQL that makes its users',
    );
  }
  const folder = engineFolder(addresses);
  const access = readStoreAccess(folder);
  if (access === undefined) {
    throw new StartError(
      `no store was ever started in ${folder}`,
      'name the data folder with --data, or start signalbox up',
    );
  }
  const { username, password } = flags.has('write') ? access.signalbox : access.reader;
  // One that runs on another address said so.
  const url = readEngineAddress(folder) ?? addresses.storeUrl;
  process.stdout.write(`CLICKHOUSE_URL=${url}\nCLICKHOUSE_USER=${username}\nCLICKHOUSE_PASSWORD=${password}\n`);
  return 0;
}
