import { type Addresses, addressesIn } from '../addresses.ts';
import { builtinAddresses } from '../builtin.ts';
import type { Flags } from '../flags.ts';
import { type RunningRole, runRole } from '../role.ts';
import { sectionOf } from '../section.ts';
import { readerLogin } from '../store-login.ts';
import { signalboxVersion } from '../version.ts';

/** `signalbox server`: console and query APIs over a store that is elsewhere. */
export async function serverCommand(flags: Flags): Promise<number> {
  const addresses = addressesIn(await sectionOf(flags), flags);
  const { grpc, http } = builtinAddresses(flags);
  const ingest = { grpcPort: grpc.port, httpPort: http.port };
  return runRole(() => startServerRole(addresses, ingest), { 'http-address': addresses.server });
}

async function startServerRole(
  addresses: Addresses,
  ingest: { readonly grpcPort: number; readonly httpPort: number },
): Promise<RunningRole> {
  const { startServer } = await import('#api');
  const { server: address, storeUrl, login, allowedHosts } = addresses;
  const server = await startServer({
    host: address.host,
    port: address.port,
    engineUrl: storeUrl,
    version: signalboxVersion(),
    ...(login.database !== undefined && { database: login.database }),
    ...readerLogin(addresses, process.env),
    allowedHosts,
    ingest,
  });
  return { info: { url: server.url }, stop: () => server.close() };
}
