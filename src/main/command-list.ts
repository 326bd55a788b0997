import type { FlagName, WordRules } from './flags.ts';

/** What a person can read about a command, and the flags that have a meaning for it. */
export interface CommandText extends WordRules {
  readonly summary: string;
  /** Some sentences below the summary, one line each. */
  readonly details: readonly string[];
  readonly flags: readonly FlagName[];
}

const CONFIG = ['config', 'set'] as const;
const BUILTIN = [
  'listen',
  'otlp-grpc-address',
  'otlp-http-address',
  'health-address',
  'zpages-address',
  'span-metrics',
] as const;
/** All but `mode`: what `up` hands to its roles, and what a check of the same configuration needs. */
const ALL = [
  ...CONFIG,
  'data',
  'listen',
  'otlp-grpc-address',
  'otlp-http-address',
  'http-address',
  'grpc-address',
  'engine-address',
  'metrics-address',
  'health-address',
  'zpages-address',
  'span-metrics',
  'store-url',
  'allowed-hosts',
  'feature-gates',
  'rules',
  'loki-rules',
  'alertmanager',
  'external-url',
  'alertmanager-config',
  'allow-unsupported-receivers',
  'dashboards',
  'datasources',
  'store',
] as const;

export const COMMAND_NAMES = [
  'up',
  'collector',
  'engine',
  'server',
  'engine-access',
  'store',
  'validate',
  'lint',
  'test',
  'components',
  'schema',
  'print-config',
  'ottl',
  'query',
  'promql',
  'rules',
  'alertmanager',
  'tail',
  'trace',
  'mcp',
  'tap',
  'version',
  'help',
] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

export const COMMAND_TEXTS: Readonly<Record<CommandName, CommandText>> = {
  up: {
    summary: 'everything: collector, store, query APIs and console',
    details: [
      'Without --config it takes OTLP on 4317 and 4318 and keeps all of it, with metrics of the spans (--span-metrics off for none).',
      'Ctrl-C or SIGTERM stops it in order, a second one at once. SIGHUP makes the collector and the server read their files again.',
    ],
    flags: ALL,
  },
  collector: {
    summary: 'the collector alone, from an OpenTelemetry Collector configuration (--config)',
    details: ['SIGHUP makes it read the configuration again; one with mistakes is reported and not used.'],
    flags: [
      ...CONFIG,
      'data',
      'metrics-address',
      'engine-address',
      'store-url',
      'allowed-hosts',
      'feature-gates',
      'store',
    ],
  },
  engine: {
    summary: 'the embedded store alone',
    details: [
      "ClickHouse's HTTP interface. It answers nobody without a password: signalbox engine-access prints it.",
      'The secret behind it is made at the first start, in the folder engine of the data folder.',
    ],
    flags: [...CONFIG, 'data', 'engine-address', 'allowed-hosts'],
  },
  server: {
    summary: 'query APIs and console alone',
    details: ['The OTLP addresses are those that the console shows to people who want to send data.'],
    flags: [
      ...CONFIG,
      'data',
      'listen',
      'http-address',
      'grpc-address',
      'engine-address',
      'store-url',
      'allowed-hosts',
      'alertmanager-config',
      'allow-unsupported-receivers',
      'dashboards',
      'datasources',
      'otlp-grpc-address',
      'otlp-http-address',
      'rules',
      'loki-rules',
      'alertmanager',
      'external-url',
    ],
  },
  'engine-access': {
    summary: 'prints address, user and password of the embedded store, for other tools',
    details: [
      'As variables for a shell: eval "$(signalbox engine-access)". The user is reader, who can change nothing; with --write it is signalbox,',
      'to whom the store belongs. Any tool that speaks ClickHouse over HTTP takes them.',
    ],
    flags: [...CONFIG, 'data', 'engine-address', 'write'],
  },
  store: {
    summary: 'store grants: prints the SQL of the two users for a ClickHouse server of your own',
    details: [
      'signalbox writes and changes the schema, reader only reads. Run the SQL as an administrator of the server. The passwords are those of',
      'SIGNALBOX_STORE_PASSWORD and SIGNALBOX_STORE_READER_PASSWORD; where a variable is not set, a new one is made and printed.',
    ],
    words: 1,
    flags: [...CONFIG],
  },
  validate: {
    summary: 'checks a configuration and reports every mistake; opens nothing',
    details: [
      'Each mistake has its file, line and column. Exit code 0: it can be used, perhaps with warnings; 1: it can not.',
    ],
    flags: ALL,
  },
  lint: {
    summary: 'lists what is outdated, does nothing, or means something else than it seems to',
    details: [
      'signalbox lint FILE prints one line for each thing, with its place and how it is written today; signalbox up prints the same at its start.',
      'With --with FILES it looks, too, at whether dashboards, rules and Kubernetes manifests fit the configuration. --fix prints the file that its',
      'author meant, --diff how it differs, --in-place writes it. Exit code 1 for mistakes, with --strict for warnings too.',
    ],
    words: 1,
    flags: [...CONFIG, 'format', 'strict', 'with', 'fix', 'diff', 'in-place', 'names-only'],
  },
  test: {
    summary: 'runs the cases of a file through the pipelines of a configuration, without a network and in no time',
    details: [
      'signalbox test FILE… takes YAML with items that go in and what is expected of them (docs/testing-a-configuration.md). Receivers and',
      'exporters are replaced, everything between them is real, and time is simulated: waiting costs nothing.',
      'Exit code 1: a case fails. 2: a file or its configuration can not be used.',
    ],
    words: Number.POSITIVE_INFINITY,
    flags: ['junit'],
  },
  components: {
    summary: 'lists the components with their stability',
    details: ['YAML, as otelcol prints it.'],
    flags: [],
  },
  schema: {
    summary: 'prints the JSON schema of a configuration, for editors',
    details: ['An editor that knows YAML completes and checks keys with it while a file is written.'],
    flags: [],
  },
  'print-config': {
    summary: 'prints the configuration after merging and expansion; secrets are hidden',
    details: ['Without --config it prints the built-in configuration.'],
    flags: [
      ...CONFIG,
      ...BUILTIN,
      'data',
      'engine-address',
      'metrics-address',
      'store-url',
      'allowed-hosts',
      'store',
      'mode',
    ],
  },
  ottl: {
    summary: "ottl 'STATEMENT': prints what telemetry becomes by a statement in OTTL",
    details: [
      'OTLP/JSON in (--input, or standard input), OTLP/JSON out. Mistakes in the statement are shown under the characters that caused them.',
      'Without --context it is what the paths of the statement say, else the items: spans, data points or log records.',
      'Exit code 1: there are mistakes, or the statement failed for an item.',
    ],
    words: 1,
    flags: ['input', 'context'],
  },
  query: {
    summary: "query [logql|traceql|sql] 'EXPR': asks a server, in PromQL without a word, and prints the answer",
    details: [
      'At this moment or at --time, or over the --range before it, which is drawn as a chart. The server is the one that runs here, or',
      '--server URL: any Prometheus. The expression - is read from standard input.',
      'Formats: table, json (the answer as it came), csv, chart. A chart has colours on a terminal, where NO_COLOR is not set; elsewhere a letter',
      'for each series. What the answer is to be read with goes to stderr, mistakes are shown under the characters that caused them.',
      "For example: signalbox query 'sum by (service_name) (rate(http_server_request_duration_seconds_count[5m]))' --range 6h",
      'logql and traceql look at the last hour without --range, and give --items lines or traces (100, 20), as text or json; what they count is',
      'printed as PromQL is. sql gives rows as table, json or csv, --items of them (1000); times are in the statement.',
      `For example: signalbox query sql "SELECT service, count() FROM spans WHERE time > now() - INTERVAL 1 HOUR GROUP BY service"`,
    ],
    words: 2,
    hasExpression: true,
    flags: [...CONFIG, 'listen', 'http-address', 'server', 'time', 'range', 'step', 'format', 'items'],
  },
  promql: {
    summary: "promql check|format|explain 'EXPR': looks at an expression, or at what a query of it takes",
    details: [
      "check says what is wrong and where, in Prometheus' words, and what only works where a feature is switched on; format breaks long ones into",
      'lines. The expression - is read from standard input. Exit code 1 for one with a mistake.',
      'explain asks a server, as query does, and prints what each part of the expression took, and the statements to the store.',
    ],
    words: 2,
    hasExpression: true,
    flags: [...CONFIG, 'listen', 'http-address', 'server', 'time', 'range', 'step', 'format'],
  },
  rules: {
    summary: "rules check|test FILE…: checks files of Prometheus' rules, and runs their unit tests",
    details: [
      "As promtool's check rules and test rules, with their words. check reads standard input where no file is given, and looks for rules that",
      'write the same series (--lint none for not). Exit code 1: a mistake, or a test that fails. 3: a finding, with --lint-fatal.',
    ],
    words: Number.POSITIVE_INFINITY,
    flags: ['lint', 'lint-fatal'],
  },
  alertmanager: {
    summary: 'alertmanager check FILE…: checks Alertmanager configuration files and their templates',
    details: [
      "As amtool's check-config, with every mistake and its line. Exit code 1: one of the files can't be used. Receivers of types that are not",
      'there are mistakes, unless --allow-unsupported-receivers is given.',
    ],
    words: Number.POSITIVE_INFINITY,
    flags: ['allow-unsupported-receivers'],
  },
  tail: {
    summary: "tail ['FILTER']: shows log records as they come in",
    details: [
      "The last --items records (10) and from then on each that arrives, late ones too, until Ctrl-C. The filter is the console's: service, severity,",
      'attributes, text; or a query in LogQL.',
      'The server is the one that runs here, or --server URL. --format json gives a record a line.',
      `For example: signalbox tail 'service=payments severity>=warn "refused"'`,
    ],
    words: 1,
    hasExpression: true,
    flags: [...CONFIG, 'listen', 'http-address', 'server', 'items', 'format'],
  },
  trace: {
    summary: 'trace ID: draws a trace as a waterfall',
    details: [
      'A row for each span, children below their parent, with a bar where and as long as it was; ✗ is one that failed. Of many spans the first',
      '--items (200) are shown. It is as wide as the terminal, or 100 columns, and has no colours where it is none or NO_COLOR is set.',
      'The server is the one that runs here, or --server URL. --format json gives what the server said.',
    ],
    words: 1,
    flags: [...CONFIG, 'listen', 'http-address', 'server', 'items', 'format'],
  },
  mcp: {
    summary: 'the Model Context Protocol on standard input and output, for programs with a language model',
    details: [
      'Such a program starts it and asks what is wrong: services, traces, logs, metrics, alerts (docs/mcp.md). It only reads. It hands each message',
      'to the server that runs here, or --server URL, whose /mcp can be asked directly, too.',
    ],
    flags: [...CONFIG, 'listen', 'http-address', 'server'],
  },
  tap: {
    summary: 'tap PIPELINE/COMPONENT: shows items before and after a component of the running collector',
    details: [
      'A line for each item, with what the component added, removed and changed, and what it left out. Some items of each batch are shown, up to 20',
      'a second. Values that this or a later component changes or removes are masked, so that nothing can be read here that is redacted there.',
      'It asks the collector that runs over the same data folder (--data), as the same user. Ctrl-C ends it.',
    ],
    words: 1,
    flags: [...CONFIG, 'data', 'format', 'items', 'time', 'raw'],
  },
  version: { summary: 'prints the version', details: [], flags: [] },
  help: { summary: 'this text; signalbox help COMMAND for one command', details: [], flags: [] },
};
