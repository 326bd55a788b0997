import { ConfigErrors } from '#base';
import { controlSocketIn } from '#base/local-socket.ts';
import type { MapNode } from '#config';
import { type Addresses, addressesIn } from '../addresses.ts';
import { builtinAddresses } from '../builtin.ts';
import type { Flags } from '../flags.ts';
import { ThreadedPlayground } from '../playground/playground.ts';
import { type RunningRole, runRole } from '../role.ts';
import { sectionOf } from '../section.ts';
import { readerLogin } from '../store-login.ts';
import { signalboxVersion } from '../version.ts';

/** `signalbox server`: console and query APIs over a store that is elsewhere. */
export async function serverCommand(flags: Flags): Promise<number> {
  const root = await sectionOf(flags);
  const addresses = addressesIn(root, flags);
  const ingest = await ingestPorts(root, flags);
  return runRole(async () => startServerRole(addresses, ingest, await readLimitsIn(root)), {
    'http-address': addresses.server,
  });
}

interface IngestPorts {
  readonly grpcPort?: number;
  readonly httpPort?: number;
}

/** Where the collector of the same configuration takes OTLP. */
async function ingestPorts(root: MapNode | undefined, flags: Flags): Promise<IngestPorts> {
  if (root === undefined) {
    const { grpc, http } = builtinAddresses(flags);
    return { grpcPort: grpc.port, httpPort: http.port };
  }
  const { otlpAddresses, otlpPorts } = await import('../otlp-addresses.ts');
  return otlpPorts(otlpAddresses(root));
}

/** `signalbox::query`; other mistakes of the section are said where all of it is checked. */
async function readLimitsIn(root: MapNode | undefined): Promise<ReadLimits> {
  if (root === undefined) return {};
  const { readBlock, signalboxSchema } = await import('#config');
  const section = readBlock(signalboxSchema, { root, path: ['signalbox'] });
  if ('value' in section) return { rows: section.value.query.maxReadRows, bytes: section.value.query.maxReadBytes };
  const own = section.errors.filter(({ message }) => message.startsWith('signalbox::query'));
  if (own.length > 0) throw new ConfigErrors(own);
  return {};
}

interface ReadLimits {
  readonly rows?: number;
  readonly bytes?: number;
}

async function startServerRole(
  addresses: Addresses,
  ingest: IngestPorts,
  readLimits: ReadLimits,
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
    readLimits,
    ingest,
    collectorSocket: controlSocketIn(addresses.dataDir),
    ottl: new ThreadedPlayground(),
  });
  return { info: { url: server.url }, stop: () => server.close() };
}
