import { type Addresses, addressesIn } from '../addresses.ts';
import { keepPrivate } from '../data-folder.ts';
import type { Flags } from '../flags.ts';
import { type RunningRole, runRole } from '../role.ts';
import { sectionOf } from '../section.ts';
import { engineFolder } from '../store-login.ts';

/** `signalbox engine`: the embedded store. Must be a process of its own, and this its main thread. */
export async function engineCommand(flags: Flags): Promise<number> {
  const addresses = addressesIn(await sectionOf(flags), flags);
  return runRole(() => startEngineRole(addresses), { 'engine-address': addresses.engine });
}

async function startEngineRole(addresses: Addresses): Promise<RunningRole> {
  const { startEngine } = await import('#engine');
  const { engine: address, allowedHosts, login } = addresses;
  keepPrivate(addresses.dataDir, (line) => void process.stderr.write(`signalbox: ${line}\n`));
  const engine = await startEngine({
    dataDir: engineFolder(addresses),
    ...(login.database !== undefined && { readerDatabase: login.database }),
    host: address.host,
    port: address.port,
    allowedHosts,
    log: (level, message) => process.stderr.write(`${new Date().toISOString()}\t${level}\tengine: ${message}\n`),
  });
  return { info: { url: engine.address }, stop: () => engine.close() };
}
