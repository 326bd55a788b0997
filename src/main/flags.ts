import { parseArgs } from 'node:util';
import { excerpt } from '#base';
import { isHostPattern } from '#base/host-guard.ts';
import { FEATURE_GATES } from '#config';
import { didYouMean, UsageError } from './usage.ts';

/** One flag of the command line. Every flag can be given as an environment variable too. */
export interface FlagDefinition {
  readonly env: string;
  readonly argument?: string;
  readonly multiple?: boolean;
  readonly short?: string;
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
  | 'grpc-address'
  | 'engine-address'
  | 'metrics-address'
  | 'health-address'
  | 'zpages-address'
  | 'span-metrics'
  | 'store-url'
  | 'allowed-hosts'
  | 'feature-gates'
  | 'rules'
  | 'loki-rules'
  | 'alertmanager'
  | 'external-url'
  | 'alertmanager-config'
  | 'allow-unsupported-receivers'
  | 'dashboards'
  | 'datasources'
  | 'mode'
  | 'input'
  | 'context'
  | 'write'
  | 'store'
  | 'format'
  | 'strict'
  | 'with'
  | 'fix'
  | 'diff'
  | 'in-place'
  | 'names-only'
  | 'junit'
  | 'server'
  | 'range'
  | 'step'
  | 'lint'
  | 'lint-fatal'
  | 'items'
  | 'time'
  | 'raw'
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
  'grpc-address': {
    env: 'SIGNALBOX_GRPC_ADDRESS',
    argument: 'HOST:PORT',
    help: 'query APIs over gRPC, besides the port of the console; off for none (port 16685)',
  },
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
  'span-metrics': {
    env: 'SIGNALBOX_SPAN_METRICS',
    argument: 'on|off',
    help: 'whether the built-in configuration makes metrics of spans: rates, errors, durations, who calls whom (on)',
  },
  'store-url': {
    env: 'SIGNALBOX_STORE_URL',
    argument: 'URL',
    help: 'a ClickHouse server to use in place of the embedded store',
  },
  'allowed-hosts': {
    env: 'SIGNALBOX_ALLOWED_HOSTS',
    argument: 'NAMES',
    help: 'names besides localhost that the listeners answer to, with commas between; *.NAME for all below it',
  },
  'feature-gates': {
    env: 'SIGNALBOX_FEATURE_GATES',
    argument: 'GATES',
    help: "otelcol's feature gates to turn on, with commas between: processor.tailsamplingprocessor.recordpolicy",
  },
  rules: {
    env: 'SIGNALBOX_RULES',
    argument: 'FILES',
    multiple: true,
    help: "files of Prometheus' rules, and of Grafana's: names, folders or patterns, with commas between; may repeat",
  },
  'loki-rules': {
    env: 'SIGNALBOX_LOKI_RULES',
    argument: 'FILES',
    multiple: true,
    help: "the same of Loki's rules, which ask in LogQL",
  },
  alertmanager: {
    env: 'SIGNALBOX_ALERTMANAGER',
    argument: 'URL',
    multiple: true,
    help: 'an Alertmanager that alerts are sent to; may repeat',
  },
  'external-url': {
    env: 'SIGNALBOX_EXTERNAL_URL',
    argument: 'URL',
    help: 'where people find this server: links in alerts begin with it',
  },
  'alertmanager-config': {
    env: 'SIGNALBOX_ALERTMANAGER_CONFIG',
    argument: 'FILE',
    help: "who is told of alerts: an Alertmanager configuration file, or a file or folder of Grafana's provisioning (nobody)",
  },
  'allow-unsupported-receivers': {
    env: '',
    help: 'starts although it has receivers of types that are not there, and sends an alert about each of them',
  },
  dashboards: {
    env: 'SIGNALBOX_DASHBOARDS',
    argument: 'FOLDERS',
    help: 'folders with dashboards of Grafana as JSON, with commas between; the console draws them',
  },
  datasources: {
    env: 'SIGNALBOX_DATASOURCES',
    argument: 'FILES',
    help: "files or folders of Grafana's data sources, with commas between; their derived fields are links of log records",
  },
  mode: { env: 'SIGNALBOX_PRINT_MODE', argument: 'MODE', help: 'print-config: redacted (default) or unredacted' },
  input: { env: '', argument: 'FILE', help: 'ottl: telemetry as OTLP/JSON (standard input)' },
  context: { env: '', argument: 'NAME', help: 'ottl: what the statement runs on, such as log or resource' },
  write: { env: '', help: 'engine-access: the user signalbox, who may write, in place of reader' },
  store: {
    env: 'SIGNALBOX_STORE',
    help: 'adds the exporter signalbox, which writes to the store, to every pipeline of the configuration',
  },
  format: {
    env: '',
    argument: 'FORMAT',
    help: 'lint, tap, tail, trace: text (default) or json; query: table, json, csv or chart, of logs and traces text',
  },
  server: { env: '', argument: 'URL', help: 'query, tail, trace, mcp: the server to ask (the one of this machine)' },
  range: { env: '', argument: 'TIME', help: 'query: how far back, such as 1h' },
  step: { env: '', argument: 'TIME', help: 'query: between two points of a range (as a terminal has room for)' },
  strict: { env: '', help: 'lint: exit code 1 for warnings too' },
  with: {
    env: '',
    argument: 'FILES',
    multiple: true,
    help: 'lint: dashboards, rules and Kubernetes manifests that are to fit the configuration; commas between, may repeat',
  },
  fix: { env: '', help: 'lint: prints the file that its author meant, and to stderr each change' },
  diff: { env: '', help: 'lint: prints the changes of --fix as a diff, and changes nothing' },
  'in-place': { env: '', help: 'lint: writes what --fix makes over the files, and says which' },
  'names-only': { env: '', help: 'lint: --fix changes outdated names alone, and nothing that the configuration does' },
  junit: { env: '', argument: 'FILE', help: 'test: a report in the form of JUnit, for CI' },
  lint: { env: '', argument: 'NAMES', help: 'rules check: all, duplicate-rules (default) or none' },
  'lint-fatal': { env: '', help: 'rules check: exit code 3 for what --lint finds' },
  items: {
    env: '',
    argument: 'COUNT',
    help: 'tap: ends after so many items (500); query, tail, trace: at most so many lines, traces, rows or spans',
  },
  time: {
    env: '',
    argument: 'TIME',
    help: 'tap: ends after so long, such as 5m (1m); query: a date with its time, Unix seconds, or 10m for so long ago (now)',
  },
  raw: { env: '', help: 'tap: masks nothing' },
  help: { env: '', short: 'h', help: 'this text' },
};

/** Flags with one value. */
type ValueFlag = Exclude<
  FlagName,
  'config' | 'set' | 'with' | 'rules' | 'loki-rules' | 'alertmanager' | 'store' | SwitchFlag | 'help'
>;
/** Flags without a value and without a variable. */
type SwitchFlag =
  | 'write'
  | 'strict'
  | 'fix'
  | 'diff'
  | 'in-place'
  | 'names-only'
  | 'raw'
  | 'lint-fatal'
  | 'allow-unsupported-receivers';

export interface Flags {
  readonly config: readonly string[];
  readonly set: readonly string[];
  readonly help: boolean;
  readonly store: boolean;
  /** Files that are looked at together with the configuration. */
  readonly with: readonly string[];
  /** Patterns of files of rules. */
  readonly rules: readonly string[];
  readonly lokiRules: readonly string[];
  readonly alertmanagers: readonly string[];
  /** Whether a flag without a value was given. */
  has(name: SwitchFlag): boolean;
  /** Flags with one value: what was given on the command line, else in the environment. */
  get(name: ValueFlag): string | undefined;
  /** The flags as arguments again, for a child process; environment variables reach it by themselves. */
  readonly args: readonly string[];
}

export interface FlagRules {
  /** For messages. */
  readonly command: string;
  /** Besides `help`, which every command has. */
  readonly allowed: readonly FlagName[];
  /** The last argument of its own that the command has got, after which there is no place for another. */
  readonly lastWord?: string | undefined;
}

const ANY: FlagRules = { command: 'COMMAND', allowed: Object.keys(FLAGS) as FlagName[] };

/** What a command takes besides flags. */
export interface WordRules {
  /** At most so many words; default none. */
  readonly words?: number;
  /** Words may begin with one dash, as an expression does that begins with a minus. */
  readonly hasExpression?: boolean;
}

/** Parts the words of a command from its flags with their values, in whatever order they come. Behind `--` all are words. */
export function ownWords(
  args: readonly string[],
  { words: limit = 0, hasExpression = false }: WordRules,
): { readonly words: readonly string[]; readonly others: readonly string[] } {
  const words: string[] = [];
  const others: string[] = [];
  let areAllWords = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const isWord = areAllWords || arg === '-' || !arg.startsWith('-') || (hasExpression && /^-(?!-|h$)/.test(arg));
    if (arg === '--' && limit > 0 && !areAllWords) areAllWords = true;
    else if (isWord && words.length < limit) words.push(arg);
    else {
      others.push(arg);
      if (!isWord && takesNext(arg) && i + 1 < args.length) others.push(args[++i]!);
    }
  }
  return { words, others };
}

/** Whether what follows a flag is its value. */
function takesNext(arg: string): boolean {
  const name = arg.slice(2);
  return arg.startsWith('--') && Object.hasOwn(FLAGS, name) && FLAGS[name as FlagName].argument !== undefined;
}

/** Reads the arguments behind the command. Throws a UsageError that names the flag. */
export function readFlags(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  rules: FlagRules = ANY,
): Flags {
  const options = Object.fromEntries(
    Object.entries(FLAGS).map(([name, { argument, short, multiple }]) => [
      name,
      {
        type: argument === undefined ? ('boolean' as const) : ('string' as const),
        multiple: multiple ?? false,
        ...(short !== undefined && { short }),
      },
    ]),
  );
  const { values, tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  for (const token of tokens) checkToken(token, args, rules);
  const many = (
    name: 'config' | 'set' | 'rules' | 'loki-rules' | 'alertmanager',
    separator: string,
  ): readonly string[] => {
    const given = values[name] as readonly string[] | undefined;
    return given ?? env[FLAGS[name].env]?.split(separator).filter((part) => part !== '') ?? [];
  };
  return {
    config: many('config', ','),
    set: many('set', '\n'),
    rules: many('rules', ',').flatMap((value) => value.split(',')),
    lokiRules: many('loki-rules', ',').flatMap((value) => value.split(',')),
    alertmanagers: many('alertmanager', ','),
    help: values.help === true,
    with: ((values.with as readonly string[] | undefined) ?? [])
      .flatMap((value) => value.split(','))
      .filter((part) => part !== ''),
    has: (name) => values[name] === true,
    store: values.store === true || /^(1|true|yes)$/i.test(env[FLAGS.store.env] ?? ''),
    get: (name) => (values[name] as string | undefined) ?? (env[FLAGS[name].env] || undefined),
    args,
  };
}

/** The same flags with another configuration. */
export function withConfig(flags: Flags, uris: readonly string[]): Flags {
  const { tokens } = parseArgs({
    args: [...flags.args],
    options: { config: { type: 'string', multiple: true } },
    strict: false,
    tokens: true,
  });
  const old = new Set<number>();
  for (const token of tokens) {
    if (token.kind !== 'option' || token.name !== 'config') continue;
    old.add(token.index);
    if (!token.inlineValue) old.add(token.index + 1);
  }
  const others = flags.args.filter((_, index) => !old.has(index));
  return { ...flags, config: uris, args: [...others, ...uris.map((uri) => `--config=${uri}`)] };
}

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number];

function checkToken(token: Token, args: readonly string[], { command, allowed, lastWord }: FlagRules): void {
  const hint = `signalbox ${command} --help lists its flags`;
  if (token.kind === 'option-terminator') return;
  if (token.kind === 'positional') {
    if (lastWord !== undefined) {
      throw new UsageError(`${command}: ${excerpt(token.value)} is one argument too many`, hint);
    }
    const isFile = /\.ya?ml$/.test(token.value) && allowed.includes('config');
    throw new UsageError(
      `signalbox ${command} takes no argument of its own, got ${excerpt(token.value)}`,
      isFile ? `signalbox ${command} --config ${token.value}` : hint,
    );
  }
  const flag = Object.hasOwn(FLAGS, token.name) ? FLAGS[token.name as FlagName] : undefined;
  if (flag === undefined) {
    const known = [...allowed, 'help'].map((name) => `--${name}`);
    const message = `unknown flag: ${token.rawName}${didYouMean(`--${token.name}`, known)}`;
    throw new UsageError(message, hint);
  }
  if (token.name !== 'help' && !allowed.includes(token.name as FlagName)) {
    throw new UsageError(`--${token.name} means nothing to signalbox ${command}`, hint);
  }
  if (flag.argument === undefined) {
    if (token.value !== undefined)
      throw new UsageError(`--${token.name} takes no value, got ${excerpt(token.value)}`, hint);
    return;
  }
  const wanted = `--${token.name} ${flag.argument}`;
  if (token.value === undefined || token.value === '') {
    throw new UsageError(`--${token.name} needs a value`, `${wanted}: ${flag.help}`);
  }
  if (!token.inlineValue && token.value.startsWith('-')) {
    throw new UsageError(
      `--${token.name} needs a value, and ${excerpt(args[token.index + 1]!)} looks like the next flag`,
      `${wanted}; a value that begins with a dash goes behind "=": --${token.name}=${token.value}`,
    );
  }
}

/** What `--allowed-hosts` lists; undefined where it isn't given. Throws a UsageError. */
export function allowedHostsOf(flags: Flags): readonly string[] | undefined {
  const names = flags
    .get('allowed-hosts')
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const wrong = names?.find((name) => !isHostPattern(name));
  if (wrong === undefined) return names;
  throw new UsageError(
    `--allowed-hosts: expected names without scheme and port, got ${excerpt(wrong)}`,
    'for example --allowed-hosts box.example.com,*.team.example.com',
  );
}

/** Which of otelcol's feature gates `--feature-gates` turns on: `+name` or `name`; `-name` leaves one off. Throws a UsageError. */
export function featureGatesOf(flags: Flags): readonly string[] | undefined {
  const given = flags
    .get('feature-gates')
    ?.split(',')
    .map((gate) => gate.trim())
    .filter((gate) => gate !== '');
  const unknown = given?.find((gate) => !Object.hasOwn(FEATURE_GATES, gate.replace(/^[-+]/, '')));
  if (unknown !== undefined) {
    throw new UsageError(
      `--feature-gates: no feature gate ${excerpt(unknown)} changes anything here`,
      `known: ${Object.keys(FEATURE_GATES).join(', ')}`,
    );
  }
  return given?.filter((gate) => !gate.startsWith('-')).map((gate) => gate.replace(/^\+/, ''));
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** An address flag as host and port. `host:port`, `:port` or just a port. */
export function addressOf(flags: Flags, name: ValueFlag, fallback: HostPort): HostPort {
  const value = flags.get(name);
  if (value === undefined) return fallback;
  const parsed = parseAddress(value, fallback);
  if (parsed === undefined) {
    throw new UsageError(
      `--${name}: expected HOST:PORT, got "${value}"`,
      `for example --${name} ${printAddress(fallback)}`,
    );
  }
  return parsed;
}

/** A flag that holds the address of an HTTP server. */
export function urlOf(flags: Flags, name: 'store-url'): string | undefined {
  const value = flags.get(name);
  if (value === undefined || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))) return value;
  throw new UsageError(
    `--${name} (${FLAGS[name].env}): expected http://HOST:PORT, got ${excerpt(value.replace(/^.*@/s, '…@'))}`,
    `for example --${name} http://clickhouse.example.com:8123`,
  );
}

export function parseAddress(text: string, fallback: HostPort): HostPort | undefined {
  const match = /^(?:(?:\[([^\]]+)\]|([^:]*)):)?(\d{1,5})$/.exec(text);
  if (match === null || Number(match[3]) > 65_535) return undefined;
  return { host: match[1] ?? (match[2] || fallback.host), port: Number(match[3]) };
}

export function printAddress({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
