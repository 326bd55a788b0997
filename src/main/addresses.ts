import { resolve } from 'node:path';
import { isHostPattern } from '#base/host-guard.ts';
import type { MapNode, NodePath } from '#config';
import { addressOf, allowedHostsOf, type Flags, type HostPort, parseAddress, printAddress, urlOf } from './flags.ts';

const ENGINE_DEFAULT: HostPort = { host: '127.0.0.1', port: 4380 };
const SERVER_PORT = 4300;
const GRPC_PORT = 16_685;
export const METRICS_DEFAULT: HostPort = { host: 'localhost', port: 8888 };

/** What the command line and the `signalbox:` section say together; flags win. */
export interface Addresses {
  readonly dataDir: string;
  readonly engine: HostPort;
  readonly server: HostPort;
  /** Where query APIs speak gRPC besides the server's port; undefined for nowhere. */
  readonly grpc: HostPort | undefined;
  /** Nobody asked for that address: the server starts without, where another program has it. */
  readonly isGrpcDefault: boolean;
  readonly storeUrl: string;
  /** The store is a server of somebody else's: no engine is started. */
  readonly isStoreExternal: boolean;
  /** Names besides their own that the listeners answer to. */
  readonly allowedHosts: readonly string[];
  /** Folders with dashboards. */
  readonly dashboards: readonly string[];
  /** Files and folders of data sources. */
  readonly datasources: readonly string[];
  /** From `signalbox::storage`, where it says so. */
  readonly login: { readonly database?: string; readonly username?: string; readonly password?: string };
  /** The same for whoever only reads. */
  readonly readerLogin: { readonly username?: string; readonly password?: string };
}

/** Looks at the raw tree, so that it works before the rest is checked, and without loading the schemas. */
export function addressesIn(root: MapNode | undefined, flags: Flags): Addresses {
  const text = (...path: NodePath): string | undefined => textAt(root, ['signalbox', ...path]);
  const inFile = (path: NodePath, fallback: HostPort): HostPort =>
    parseAddress(text(...path) ?? '', fallback) ?? fallback;
  const engine = addressOf(flags, 'engine-address', inFile(['engine', 'endpoint'], ENGINE_DEFAULT));
  const listen = { host: flags.get('listen') ?? '127.0.0.1', port: SERVER_PORT };
  const server = addressOf(flags, 'http-address', inFile(['server', 'endpoint'], listen));
  const grpc = grpcAddress(flags, text('server', 'grpc_endpoint'), server);
  const external = urlOf(flags, 'store-url') ?? text('storage', 'url');
  return {
    dataDir: resolve(flags.get('data') ?? text('data_dir') ?? 'signalbox-data'),
    engine,
    server,
    ...grpc,
    storeUrl: external ?? `http://${printAddress(engine)}`,
    isStoreExternal: external !== undefined,
    allowedHosts: allowedHostsOf(flags) ?? textsIn(root, 'allowed_hosts').filter(isHostPattern),
    dashboards: pathsIn(root, flags, 'dashboards'),
    datasources: pathsIn(root, flags, 'datasources'),
    login: Object.fromEntries(
      ['database', 'username', 'password'].flatMap((key) => {
        const value = text('storage', key);
        return value === undefined ? [] : [[key, value]];
      }),
    ),
    readerLogin: Object.fromEntries(
      ['username', 'password'].flatMap((key) => {
        const value = text('storage', `reader_${key}`);
        return value === undefined ? [] : [[key, value]];
      }),
    ),
  };
}

/** As Jaeger's, on the host of the console; where that has another port than its own, there may be several servers, and 16685 is nobody's. */
function grpcAddress(
  flags: Flags,
  inFile: string | undefined,
  server: HostPort,
): Pick<Addresses, 'grpc' | 'isGrpcDefault'> {
  const given = flags.get('grpc-address') ?? inFile;
  if (given === 'off') return { grpc: undefined, isGrpcDefault: false };
  const usual = { host: server.host, port: GRPC_PORT };
  if (given === undefined) return { grpc: server.port === SERVER_PORT ? usual : undefined, isGrpcDefault: true };
  const inText = parseAddress(inFile ?? '', usual) ?? usual;
  return { grpc: addressOf(flags, 'grpc-address', inText), isGrpcDefault: false };
}

function pathsIn(root: MapNode | undefined, flags: Flags, name: 'dashboards' | 'datasources'): readonly string[] {
  return (flags.get(name)?.split(',') ?? textsIn(root, name)).map((path) => resolve(path.trim()));
}

/** A list of texts in the section; what is wrong there is said where the section is checked. */
function textsIn(root: MapNode | undefined, key: string): readonly string[] {
  const section = root?.entries.get('signalbox')?.node;
  const list = section?.kind === 'map' ? section.entries.get(key)?.node : undefined;
  if (list?.kind !== 'list') return [];
  return list.items.flatMap((item) => (item.kind === 'scalar' && typeof item.value === 'string' ? [item.value] : []));
}

function textAt(root: MapNode | undefined, path: NodePath): string | undefined {
  let node: MapNode['entries'] extends ReadonlyMap<string, infer E> ? E | undefined : never;
  let map = root;
  for (const step of path) {
    node = map?.entries.get(String(step));
    map = node?.node.kind === 'map' ? node.node : undefined;
    if (node === undefined) return undefined;
  }
  const scalar = node?.node;
  return scalar?.kind === 'scalar' && typeof scalar.value === 'string' ? scalar.value : undefined;
}
