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

/** What `include` and `exclude` can say, by the key that they stand under. */
const MATCHES: Readonly<Record<string, readonly object[]>> = {
  spans: [
    { match_type: 'strict', services: ['checkout'] },
    { match_type: 'strict', services: ['other', 'checkout'] },
    { match_type: 'regexp', services: ['^check'] },
    { match_type: 'strict', span_names: ['SELECT users'] },
    { match_type: 'regexp', span_names: ['^SEL', 'health$'] },
    { match_type: 'strict', span_kinds: ['SPAN_KIND_CLIENT'] },
    { match_type: 'regexp', span_kinds: ['SERVER|INTERNAL'] },
    { match_type: 'strict', span_kinds: ['CLIENT'] },
    { match_type: 'strict', attributes: [{ key: 'http.status_code', value: 200 }] },
    { match_type: 'strict', attributes: [{ key: 'http.status_code', value: '200' }] },
    { match_type: 'strict', attributes: [{ key: 'http.method' }] },
    { match_type: 'regexp', attributes: [{ key: 'http.status_code', value: '^2' }] },
    { match_type: 'regexp', attributes: [{ key: 'http.method', value: 'G.T' }, { key: 'absent' }] },
    { match_type: 'strict', resources: [{ key: 'service.name', value: 'checkout' }] },
    { match_type: 'regexp', resources: [{ key: 'service.version', value: '^1' }] },
    { match_type: 'strict', libraries: [{ name: 'lib.http' }] },
    { match_type: 'strict', libraries: [{ name: 'lib.http', version: '0.4.0' }] },
    { match_type: 'strict', libraries: [{ name: 'lib.http', version: '' }] },
    { match_type: 'regexp', libraries: [{ name: '^lib', version: '^0' }] },
    { match_type: 'strict', services: ['checkout'], span_names: ['SELECT users'] },
    { match_type: 'regexp', span_names: ['('] },
    { match_type: 'strict' },
    { match_type: 'nope', services: ['checkout'] },
    { services: ['checkout'] },
    { match_type: 'strict', log_bodies: ['x'] },
    { match_type: 'strict', metric_names: ['x'], services: ['checkout'] },
    {},
  ],
  metrics: [
    { match_type: 'strict', metric_names: ['http.requests'] },
    { match_type: 'strict', metric_names: ['http.requests', 'memory.used', 'absent'] },
    { match_type: 'regexp', metric_names: ['^http', 'size$'] },
    { match_type: 'regexp', metric_names: ['.*'], regexp: { cacheenabled: true, cachemaxnumentries: 10 } },
    { match_type: 'strict', resource_attributes: [{ key: 'service.name', value: 'checkout' }] },
    { match_type: 'strict', resource_attributes: [{ key: 'service.name', value: 'other' }] },
    { match_type: 'regexp', resource_attributes: [{ key: 'service.name', value: '^che' }, { key: 'host.cores' }] },
    {
      match_type: 'strict',
      metric_names: ['http.requests'],
      resource_attributes: [{ key: 'service.name', value: 'checkout' }],
    },
    {
      match_type: 'strict',
      metric_names: ['http.requests'],
      resource_attributes: [{ key: 'service.name', value: 'other' }],
    },
    { match_type: 'regexp', metric_names: ['('] },
    { match_type: 'nope', metric_names: ['a'] },
    { metric_names: ['http.requests'] },
    { match_type: 'strict' },
    { match_type: 'strict', expressions: ['true'] },
    { match_type: 'expr', expressions: ['MetricName == "http.requests"'] },
    {},
  ],
  logs: [
    { match_type: 'strict', resource_attributes: [{ key: 'service.name', value: 'checkout' }] },
    { match_type: 'regexp', resource_attributes: [{ key: 'service.name', value: 'out$' }] },
    { match_type: 'strict', record_attributes: [{ key: 'log.file' }] },
    { match_type: 'regexp', record_attributes: [{ key: 'log.file', value: 'other' }] },
    { match_type: 'strict', record_attributes: [{ key: 'attempt', value: 4 }] },
    { match_type: 'strict', severity_texts: ['WARN'] },
    { match_type: 'regexp', severity_texts: ['WARN|ERROR', '^$'] },
    { match_type: 'strict', bodies: ['user logged in'] },
    { match_type: 'regexp', bodies: ['token=', 'code'] },
    { match_type: 'regexp', bodies: ['.*'] },
    { severity_number: { min: 'INFO' } },
    { severity_number: { min: 'warn', match_undefined: true } },
    { severity_number: { min: '13' } },
    { severity_number: { min: 'Error2' } },
    { severity_number: { min: 'INFO', match_undefined: true } },
    { severity_number: { match_undefined: false } },
    { severity_number: { min: 'INFO1' } },
    { severity_number: { min: '25' } },
    { severity_number: { min: 'loud' } },
    { match_type: 'strict', severity_number: { min: 'INFO' }, severity_texts: ['WARN'] },
    { match_type: 'regexp', bodies: ['('] },
    { match_type: 'nope', bodies: ['a'] },
    { bodies: ['a'] },
    { match_type: 'strict' },
    {},
  ],
};
const SIGNAL_OF: Readonly<Record<string, Signal>> = { spans: 'traces', metrics: 'metrics', logs: 'logs' };

const OLDEST: readonly CompareCase[] = Object.entries(MATCHES).flatMap(([key, matches]) => {
  const signal = SIGNAL_OF[key]!;
  return [
    ...matches.flatMap((match) => [
      one(`include ${JSON.stringify(match)}`, signal, { [key]: { include: match } }),
      one(`exclude ${JSON.stringify(match)}`, signal, { [key]: { exclude: match } }),
    ]),
    ...[0, 2, 4].map((first) =>
      one(`include and exclude ${first}`, signal, {
        [key]: { include: matches[first], exclude: matches[first + 1] },
      }),
    ),
  ];
});

const TOGETHER: readonly CompareCase[] = [
  one('include beside conditions', 'metrics', { metrics: { include: MATCHES.metrics![0], metric: ['true'] } }),
  one('include beside conditions', 'logs', { logs: { include: MATCHES.logs![0], log_record: ['true'] } }),
  one('include beside conditions', 'traces', { spans: { include: MATCHES.spans![0] }, traces: { span: ['true'] } }),
  one('include beside conditions of today', 'logs', { logs: { include: MATCHES.logs![0] }, log_conditions: ['true'] }),
  one('options of regular expressions', 'metrics', { metrics: { regexp: { cacheenabled: true } } }),
];

/** Conditions of every context, in all forms. */
export const filterSuite: CompareSuite = { name: 'filter', cases: [...SINGLE, ...MIXED, ...OLDEST, ...TOGETHER] };
