import { parseArgs } from 'node:util';
import { StartError } from '#base';

/** One flag of the command line. Every flag can be given as an environment variable too. */
export interface FlagDefinition {
  readonly env: string;
  readonly argument?: string;
  readonly multiple?: boolean;
  readonly help: string;
}

export type FlagName =
  | 'config'
  | 'set'
  | 'data'
  | 'listen'
  | 'otlp-grpc-address'
  | 'otlp-http-address'
  | 'http-address'
  | 'engine-address'
  | 'metrics-address'
  | 'health-address'
  | 'zpages-address'
  | 'store-url'
  | 'mode'
  | 'help';

export const FLAGS: Readonly<Record<FlagName, FlagDefinition>> = {
  config: {
    env: 'SIGNALBOX_CONFIG',
    argument: 'FILE',
    multiple: true,
    help: 'configuration: a file, or file:, env:, yaml:, http(s):; may repeat, later ones win',
  },
  set: {
    env: 'SIGNALBOX_SET',
    argument: 'KEY=VALUE',
    multiple: true,
    help: 'one more value: a.b=c or a::b=c; may repeat',
  },
  data: { env: 'SIGNALBOX_DATA', argument: 'DIR', help: 'folder for everything that is kept (./signalbox-data)' },
  listen: {
    env: 'SIGNALBOX_LISTEN',
    argument: 'HOST',
    help: 'where the built-in configuration takes OTLP, and the console listens (127.0.0.1)',
  },
  'otlp-grpc-address': {
    env: 'SIGNALBOX_OTLP_GRPC_ADDRESS',
    argument: 'HOST:PORT',
    help: 'OTLP over gRPC (port 4317)',
  },
  'otlp-http-address': {
    env: 'SIGNALBOX_OTLP_HTTP_ADDRESS',
    argument: 'HOST:PORT',
    help: 'OTLP over HTTP (port 4318)',
  },
  'http-address': { env: 'SIGNALBOX_HTTP_ADDRESS', argument: 'HOST:PORT', help: 'console and query APIs (port 4300)' },
  'engine-address': {
    env: 'SIGNALBOX_ENGINE_ADDRESS',
    argument: 'HOST:PORT',
    help: 'the embedded store (127.0.0.1:4380); keep it on loopback',
  },
  'metrics-address': {
    env: 'SIGNALBOX_METRICS_ADDRESS',
    argument: 'HOST:PORT',
    help: "the collector's own metrics (localhost:8888)",
  },
  'health-address': {
    env: 'SIGNALBOX_HEALTH_ADDRESS',
    argument: 'HOST:PORT',
    help: 'health check of the built-in configuration (localhost:13133)',
  },
  'zpages-address': {
    env: 'SIGNALBOX_ZPAGES_ADDRESS',
    argument: 'HOST:PORT',
    help: 'zPages of the built-in configuration (localhost:55679)',
  },
  'store-url': {
    env: 'SIGNALBOX_STORE_URL',
    argument: 'URL',
    help: 'a ClickHouse server to use in place of the embedded store',
  },
  mode: { env: 'SIGNALBOX_PRINT_MODE', argument: 'MODE', help: 'print-config: redacted (default) or unredacted' },
  help: { env: '', help: 'this text' },
};

export interface Flags {
  readonly config: readonly string[];
  readonly set: readonly string[];
  readonly help: boolean;
  /** Flags with one value: what was given on the command line, else in the environment. */
  get(name: Exclude<FlagName, 'config' | 'set' | 'help'>): string | undefined;
  /** The flags as arguments again, for a child process; environment variables reach it by themselves. */
  readonly args: readonly string[];
}

/** Reads the arguments behind the command. Throws a StartError that names the flag. */
export function readFlags(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Flags {
  const options = Object.fromEntries(
    Object.entries(FLAGS).map(([name, flag]) => [
      name,
      {
        type: flag.argument === undefined ? ('boolean' as const) : ('string' as const),
        multiple: flag.multiple ?? false,
      },
    ]),
  );
  let values: Record<string, unknown>;
  try {
    values = parseArgs({
      args: [...args],
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      strict: true,
    }).values;
  } catch (error) {
    const message = (error as Error).message.split('. To specify')[0]!;
    throw new StartError(message.charAt(0).toLowerCase() + message.slice(1), 'signalbox help lists all flags', {
      cause: error,
    });
  }
  const many = (name: 'config' | 'set', separator: string): readonly string[] => {
    const given = values[name] as readonly string[] | undefined;
    return given ?? env[FLAGS[name].env]?.split(separator).filter((part) => part !== '') ?? [];
  };
  return {
    config: many('config', ','),
    set: many('set', '\n'),
    help: values.help === true,
    get: (name) => (values[name] as string | undefined) ?? (env[FLAGS[name].env] || undefined),
    args,
  };
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** An address flag as host and port. `host:port`, `:port` or just a port. */
export function addressOf(
  flags: Flags,
  name: Exclude<FlagName, 'config' | 'set' | 'help'>,
  fallback: HostPort,
): HostPort {
  const value = flags.get(name);
  if (value === undefined) return fallback;
  const parsed = parseAddress(value, fallback);
  if (parsed === undefined) {
    throw new StartError(
      `--${name}: expected HOST:PORT, got "${value}"`,
      `for example --${name} ${printAddress(fallback)}`,
    );
  }
  return parsed;
}

export function parseAddress(text: string, fallback: HostPort): HostPort | undefined {
  const match = /^(?:(?:\[([^\]]+)\]|([^:]*)):)?(\d{1,5})$/.exec(text);
  if (match === null || Number(match[3]) > 65_535) return undefined;
  return { host: match[1] ?? (match[2] || fallback.host), port: Number(match[3]) };
}

export function printAddress({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
