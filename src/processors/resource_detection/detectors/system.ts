import { lookup, resolveCname, reverse } from 'node:dns/promises';
import { arch, networkInterfaces, platform, release, version } from 'node:os';
import { list, oneOf } from '#config';
import { attributes, type Detector, type Found, putAll } from '../detector.ts';
import type { World } from '../world.ts';

const SOURCES = ['os', 'dns', 'cname', 'lookup'] as const;
/** Go's names of what Node calls otherwise. */
const OS_TYPES: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' };
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: 'x86', arm: 'arm32' };
const LAST_DOT = /\.$/;

export const system: Detector = {
  type: 'system',
  what: 'the host: its name, system, addresses and processors',
  attributes: attributes(
    `host.arch- host.cpu.cache.l2.size- host.cpu.family- host.cpu.model.id- host.cpu.model.name- host.cpu.stepping- host.cpu.vendor.id-
    host.id- host.interface- host.ip- host.mac- host.name os.build.id- os.description- os.name- os.type os.version-`,
  ),
  keys: {
    hostname_sources: list(oneOf(SOURCES), ['dns', 'os']).describe(
      'where `host.name` comes from: the first of these that has one. `dns` and `cname` give the full name, `lookup` the name of the address',
    ),
  },
  detect: async (world, { hostnameSources, enabled }, note) => {
    const wants = (name: string): boolean => enabled.includes(name);
    const found: Found = {
      'host.name': await nameOf(world, hostnameSources as readonly (typeof SOURCES)[number][], note),
      'os.type': OS_TYPES[platform()] ?? platform(),
      'host.arch': ARCHITECTURES[arch()] ?? arch(),
    };
    if (wants('host.ip')) found['host.ip'] = addresses().map(({ address }) => address);
    if (wants('host.mac')) {
      found['host.mac'] = [...new Set(addresses().map(({ mac }) => mac.toUpperCase().replaceAll(':', '-')))];
    }
    if (wants('host.interface')) found['host.interface'] = Object.keys(networkInterfaces());
    if (wants('host.id')) await attempt(note, 'host.id', async () => putAll(found, { 'host.id': await idOf(world) }));
    if (['os.version', 'os.name', 'os.description', 'os.build.id'].some(wants)) putAll(found, await osOf(world));
    if (enabled.some((name) => name.startsWith('host.cpu.'))) putAll(found, await cpuOf(world));
    return found;
  },
};

async function attempt(note: (message: string) => void, what: string, run: () => Promise<void>): Promise<void> {
  await run().catch((error: Error) => note(`no ${what}: ${error.message}`));
}

async function nameOf(
  world: World,
  sources: readonly (typeof SOURCES)[number][],
  note: (message: string) => void,
): Promise<string> {
  for (const source of sources) {
    try {
      const name = await NAMES[source](world);
      if (name !== '') return name;
    } catch (error) {
      note(`hostname source ${source}: ${(error as Error).message}`);
    }
  }
  throw new Error('all hostname sources failed to get hostname');
}

const NAMES: Readonly<Record<(typeof SOURCES)[number], (world: World) => Promise<string>>> = {
  os: (world) => Promise.resolve(world.hostname()),
  dns: async (world) => (await fromHosts(world)) ?? byAddress(world.hostname()),
  cname: async (world) => {
    const [name = world.hostname()] = await resolveCname(world.hostname()).catch((): string[] => []);
    return name.replace(LAST_DOT, '');
  },
  lookup: (world) => byAddress(world.hostname()),
};

/** The full name in a line of /etc/hosts that has the short one. */
async function fromHosts(world: World): Promise<string | undefined> {
  const text = await world.readText('/etc/hosts').catch(() => '');
  for (const line of text.split('\n')) {
    const [, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (names.includes(world.hostname())) return names[0];
  }
  return undefined;
}

async function byAddress(hostname: string): Promise<string> {
  for (const { address } of await lookup(hostname, { all: true })) {
    const [name] = await reverse(address).catch((): string[] => []);
    if (name !== undefined) return name.replace(LAST_DOT, '');
  }
  throw new Error(`no address of ${hostname} has a name`);
}

function addresses(): { address: string; mac: string }[] {
  return Object.values(networkInterfaces()).flatMap((each) => (each ?? []).filter(({ internal }) => !internal));
}

async function idOf(world: World): Promise<string> {
  const read = (path: string): Promise<string> => world.readText(path).then((text) => text.trim());
  return read('/etc/machine-id').catch(() => read('/var/lib/dbus/machine-id'));
}

async function osOf(world: World): Promise<Found> {
  const text = await world.readText('/etc/os-release').catch(() => '');
  const value = (key: string): string => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  const pretty = value('PRETTY_NAME');
  return {
    'os.name': value('ID') || platform(),
    'os.version': value('VERSION_ID') || release(),
    'os.build.id': value('BUILD_ID') || release(),
    'os.description': `${pretty === '' ? platform() : pretty} (${version()})`,
  };
}

/** What Linux says of the first processor. */
async function cpuOf(world: World): Promise<Found> {
  const [first = ''] = (await world.readText('/proc/cpuinfo')).split('\n\n', 1);
  const value = (key: string): string => new RegExp(`^${key}\\s*: (.*)$`, 'm').exec(first)?.[1] ?? '';
  const cache = Number.parseInt(value('cache size'), 10);
  return {
    'host.cpu.vendor.id': value('vendor_id'),
    'host.cpu.family': value('cpu family'),
    'host.cpu.model.id': value('model'),
    'host.cpu.model.name': value('model name'),
    'host.cpu.stepping': value('stepping'),
    ...(Number.isSafeInteger(cache) && { 'host.cpu.cache.l2.size': cache }),
  };
}
