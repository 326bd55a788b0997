import { addressesIn } from '../addresses.ts';
import type { Flags } from '../flags.ts';
import { type RunningRole, runRole } from '../role.ts';
import { sectionOf } from '../section.ts';
import { signalboxVersion } from '../version.ts';

/** `signalbox server`: console and query APIs over a store that is elsewhere. */
export async function serverCommand(flags: Flags): Promise<number> {
  return runRole(() => startServerRole(flags));
}

async function startServerRole(flags: Flags): Promise<RunningRole> {
  const { startServer } = await import('#api');
  const { server: address, storeUrl } = addressesIn(await sectionOf(flags), flags);
  const server = await startServer({
    host: address.host,
    port: address.port,
    engineUrl: storeUrl,
    version: signalboxVersion(),
  });
  return { info: { url: server.url }, stop: () => server.close() };
}
