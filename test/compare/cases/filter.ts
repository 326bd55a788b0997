import type { Signal } from '#pdata';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { metricStreams } from '../lib/metric-streams.ts';
import { logsSample, metricsSample, spansSample } from '../lib/samples.ts';

const STREAMS = [1, 2].flatMap((seed) =>
  metricStreams(seed, { temporality: 'cumulative', startMs: 0, requests: 1, hasHazards: false }),
);
const INPUT = { traces: [spansSample()], logs: [logsSample()], metrics: [metricsSample(), ...STREAMS] } as const;

function one(name: string, signal: Signal, config: object): CompareCase {
  return {
    name: `${signal} ${name}`,
    kind: 'processor',
    type: 'filter',
    config,
    signal,
    input: INPUT[signal],
    reads: 'whole',
    ignoresEmpty: true,
  };
}

/** Conditions by context, and the keys of the older form. */
const CONDITIONS: Readonly<Record<string, readonly string[]>> = {
  resource: [
    'attributes["service.name"] == "checkout"',
    'attributes["service.name"] == "other"',
    'attributes["host.cores"] > 7',
    'IsMatch(attributes["service.version"], "^1\\\\.")',
  ],
  span: [
    'name == "GET /health"',
    'attributes["http.status_code"] == 200',
    'attributes["http.status_code"] == "200"',
    'attributes["absent"] == nil',
    'IsMatch(name, "^SELECT")',
    'kind == SPAN_KIND_CLIENT or status.code == STATUS_CODE_ERROR',
    'not (kind == 3) and attributes["http.cached"]',
    'end_time - start_time > Duration("1s")',
    'resource.attributes["service.name"] == "checkout" and instrumentation_scope.name == "lib.http"',
    'true',
    'false',
  ],
  spanevent: [
    'name == "exception"',
    'attributes["attempt"] == 2',
    'name != "x"',
    'IsString(attributes["exception.type"])',
    'span.name == "SELECT users"',
    'Int(attributes["n"]) == 1',
  ],
  metric: [
    'name == "http.requests"',
    'type == METRIC_DATA_TYPE_GAUGE',
    'type == METRIC_DATA_TYPE_EXPONENTIAL_HISTOGRAM or unit == "s"',
    'aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE',
    'is_monotonic == true',
    'IsMatch(name, "\\\\.")',
    'HasAttrKeyOnDatapoint("method")',
    'HasAttrOnDatapoint("method", "GET")',
    'HasAttrOnDatapoint("n", "0")',
    'HasAttrKeyOnDatapoint("absent")',
    'description == ""',
  ],
  datapoint: [
    'attributes["method"] == "GET"',
    'metric.type == METRIC_DATA_TYPE_SUM and value_int > 50',
    'value_double == 0',
    'flags == 1',
    'count > 5',
    'metric.name == "rpc.size"',
    'attributes["host"] == "a"',
    'attributes["n"] == 0',
    'time_unix_nano > 0',
    'true',
  ],
  log: [
    'severity_number < SEVERITY_NUMBER_WARN',
    'severity_number >= SEVERITY_NUMBER_WARN',
    'IsMatch(body, "token=")',
    'body["code"] == 500',
    'attributes["log.file"] == "/var/log/other.log"',
    'severity_text == "WARN" or event_name == "user.login"',
    'trace_id == TraceID(0x0102030405060708090a0b0c0d0e0f10)',
    'IsMap(body)',
    'false',
  ],
};

const CONTEXTS: readonly { readonly signal: Signal; readonly context: string; readonly older: string }[] = [
  { signal: 'traces', context: 'resource', older: 'resource' },
  { signal: 'traces', context: 'span', older: 'span' },
  { signal: 'traces', context: 'spanevent', older: 'spanevent' },
  { signal: 'metrics', context: 'resource', older: 'resource' },
  { signal: 'metrics', context: 'metric', older: 'metric' },
  { signal: 'metrics', context: 'datapoint', older: 'datapoint' },
  { signal: 'logs', context: 'resource', older: 'resource' },
  { signal: 'logs', context: 'log', older: 'log_record' },
];
const KEYS: Readonly<Record<Signal, string>> = {
  traces: 'trace_conditions',
  metrics: 'metric_conditions',
  logs: 'log_conditions',
};

const SINGLE: readonly CompareCase[] = CONTEXTS.flatMap(({ signal, context, older }) =>
  CONDITIONS[context]!.flatMap((condition) => [
    one(`group ${context}: ${condition}`, signal, { [KEYS[signal]]: [{ context, conditions: [condition] }] }),
    one(`older ${older}: ${condition}`, signal, { [signal]: { [older]: [condition] } }),
  ]),
);

const FAILING = 'ParseInt("x", 10) == 1';
const MIXED: readonly CompareCase[] = [
  one('flat', 'traces', { trace_conditions: ['span.name == "SELECT users"', 'spanevent.name == "retry"'] }),
  one('flat, of a resource', 'traces', { trace_conditions: ['resource.attributes["host.cores"] == 8'] }),
  one('flat', 'metrics', {
    metric_conditions: ['metric.name == "memory.used"', 'datapoint.attributes["method"] == "POST"'],
  }),
  one('flat', 'logs', { log_conditions: ['log.severity_number == 9', 'log.attributes["attempt"] == 4'] }),
  one('flat without a prefix', 'logs', { log_conditions: ['severity_number == 9'] }),
  one('several older ones', 'metrics', {
    metrics: { metric: ['name == "memory.used"'], datapoint: ['attributes["method"] == "POST"'] },
  }),
  one('several older ones', 'traces', { traces: { span: ['name == "SELECT users"'], spanevent: ['name == "retry"'] } }),
  one('several conditions', 'logs', { logs: { log_record: ['severity_number == 9', 'severity_number == 13'] } }),
  ...(['ignore', 'silent', 'propagate'] as const).flatMap((error_mode) => [
    one(`a failing condition with ${error_mode}`, 'logs', { error_mode, logs: { log_record: [FAILING] } }),
    one(`a failing condition and others with ${error_mode}`, 'logs', {
      error_mode,
      logs: { log_record: [FAILING, 'severity_number == 9'] },
    }),
    one(`a failing condition of spans with ${error_mode}`, 'traces', { error_mode, traces: { span: [FAILING] } }),
    one(`a failing condition of points with ${error_mode}`, 'metrics', {
      error_mode,
      metrics: { datapoint: [FAILING] },
    }),
    one(`a failing condition with ${error_mode} of its own`, 'logs', {
      log_conditions: [{ context: 'log', error_mode, conditions: [FAILING] }],
    }),
  ]),
  ...[
    { logs: { log_record: ['name =='] } },
    { logs: { log_record: ['absent == 1'] } },
    { logs: { log_record: ['NoFunction()'] } },
    { logs: { log_record: ['set(body, "x")'] } },
    { logs: { span: ['true'] } },
    { log_conditions: [{ context: 'span', conditions: ['true'] }] },
    { log_conditions: [{ conditions: ['log.severity_number == 9'] }] },
    { log_conditions: [{ conditions: ['severity_number == 9'] }] },
    { log_conditions: ['log.severity_number == 9', { conditions: ['true'] }] },
    { log_conditions: ['log.severity_number == 9'], logs: { log_record: ['true'] } },
    { error_mode: 'loud', logs: { log_record: ['true'] } },
    { error_mode: 'ignore' },
    {},
    { nonsense: [] },
  ].map((block) => one(`the block ${JSON.stringify(block)}`, 'logs', block)),
];

/** Conditions of every context, in both forms. */
export const filterSuite: CompareSuite = { name: 'filter', cases: [...SINGLE, ...MIXED] };
