import type { Signal } from '#pdata';
import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import {
  atMs,
  d,
  i,
  id,
  list,
  logsSample,
  map,
  metricsSample,
  pairs,
  s,
  spansSample,
  TRACE_ID,
} from '../lib/samples.ts';

const SPANS = {
  resourceSpans: ['a', 'b'].map((host) => ({
    resource: { attributes: pairs({ host: s(host), zone: s('z') }) },
    scopeSpans: ['one', 'two'].map((scope, at) => ({
      scope: { name: scope, attributes: pairs({ library: s(scope), zone: s('of the scope') }) },
      spans: [0, 1, 2].map((n) => ({
        traceId: id(TRACE_ID),
        spanId: id(`111213141516171${n}`),
        name: `span ${n}`,
        kind: n + 1,
        startTimeUnixNano: atMs(10 + n + at),
        endTimeUnixNano: n === 2 ? '0' : atMs(100 - n),
        attributes: pairs({
          code: n === 1 ? s('200') : i(200),
          ratio: d(2),
          ...(n === 0 && { list: list(i(1), d(1)), map: map({ a: d(3) }) }),
        }),
        events:
          n === 1 ? [{ name: 'e', timeUnixNano: atMs(50), attributes: pairs({ code: i(7) }) }, { name: 'f' }] : [],
        status: { code: n },
      })),
    })),
  })),
};
/** Without times. */
const BARE = {
  resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: s('x') }, { body: s('y'), severityNumber: 17 }] }] }],
};
const INPUT: Readonly<Record<Signal, ReferenceObject>> = {
  traces: SPANS,
  metrics: metricsSample(),
  logs: logsSample(),
};

/** Where nothing has a time, that of the batch counts. */
const NO_TIMES = /imeUnixNano$/;

function one(
  config: object | null,
  signal: Signal = 'traces',
  input: ReferenceObject = INPUT[signal],
  name: string = `${signal} ${JSON.stringify(config)}`,
): CompareCase {
  const isTimed = signal !== 'metrics' && !name.endsWith('without a time');
  return {
    name,
    kind: 'connector',
    type: 'count',
    config,
    signal,
    gives: 'metrics',
    input: [input],
    unordered: ['metrics', 'dataPoints'],
    ...(!isTimed && { ignored: NO_TIMES }),
  };
}

const by = (...keys: (string | [string, unknown])[]): object => ({
  attributes: keys.map((key) => (typeof key === 'string' ? { key } : { key: key[0], default_value: key[1] })),
});
const when = (...conditions: string[]): object => ({ conditions });
/** So that events do not blur what spans do. */
const spans = (info: object): CompareCase =>
  one({ spans: { n: info }, spanevents: { e: when('spanevent.name == "none"') } });

const DEFAULTS = ['text', 5, 2.5, 2.0, true, '', null, [1, 'a'], { a: { b: 1 } }];
const CONDITIONS: Readonly<Record<string, readonly string[]>> = {
  spans: [
    'name == "span 1"',
    'span.name == "span 1"',
    'resource.attributes["host"] == "a"',
    'instrumentation_scope.name == "two"',
    'scope.name == "two"',
    'IsMatch(resource.attributes["host"], "a|b")',
    'attributes["code"] == 200',
    'attributes["nope"] == nil',
    'status.code == STATUS_CODE_ERROR',
    'spanevent.name == "e"',
    'IsRootSpan()',
    'Int(attributes["code"]) / 0 == 1',
    'HasAttrKeyOnDatapoint("a")',
    'nonsense',
  ],
  spanevents: [
    'name == "e"',
    'spanevent.name == "e"',
    'span.name == "span 1"',
    'spanevent.attributes["code"] == 7',
    'spanevent.event_index == 1',
    'event_index == 0',
  ],
  metrics: [
    'name == "memory.used"',
    'metric.type == METRIC_DATA_TYPE_SUM',
    'HasAttrKeyOnDatapoint("method")',
    'HasAttrOnDatapoint("method", "GET")',
    'resource.attributes["service.name"] == "checkout"',
    'datapoint.attributes["a"] == 1',
  ],
  datapoints: [
    'metric.name == "memory.used"',
    'attributes["method"] == "GET"',
    'datapoint.value_int > 10',
    'metric.type == METRIC_DATA_TYPE_SUM',
  ],
  logs: [
    'severity_number >= SEVERITY_NUMBER_WARN',
    'log.body == "x"',
    'IsMap(body)',
    'log.attributes["log.file"] != nil',
  ],
};
const SIGNAL_OF: Readonly<Record<string, Signal>> = {
  spans: 'traces',
  spanevents: 'traces',
  metrics: 'metrics',
  datapoints: 'metrics',
  logs: 'logs',
};

/** Counts of everything, by attributes and by conditions, and when they were. */
export const countSuite: CompareSuite = {
  name: 'count',
  cases: [
    ...(['traces', 'metrics', 'logs'] as const).flatMap((signal) => [one({}, signal), one(null, signal)]),
    one({}, 'traces', spansSample(), 'the sample of spans'),
    one({}, 'logs', BARE, 'logs without a time'),
    one(
      {},
      'traces',
      {
        resourceSpans: [
          { scopeSpans: [{ spans: [{ name: 'x', traceId: id(TRACE_ID), spanId: id('1112131415161718') }] }] },
        ],
      },
      'spans without a time',
    ),
    one({ spans: {}, logs: null }, 'traces'),
    one({ spans: { 'my.count': { description: 'mine' } } }),
    one({ spans: { 'my.count': null } }),
    one({ spans: { a: {}, b: { description: 'b' }, c: when('name == "span 2"') } }),
    ...[
      by('code'),
      by('ratio'),
      by('library'),
      by('host'),
      by('zone'),
      by('list'),
      by('map'),
      by('nope'),
      by('code', 'host', 'library'),
      by('list', ['nope', 'x']),
      by(['code', 'no']),
      by(['list', 'no']),
      by('code', 'code'),
      by(''),
      ...DEFAULTS.map((value) => by(['nope', value])),
      { ...by('code'), ...when('name != "span 0"') },
      { ...by(['nope', 'd'], 'zone'), ...when('name == "span 0"', 'status.code == 2') },
    ].map(spans),
    ...[by('code'), by('zone'), by(['code', 'none'])].map((info) =>
      one({ spans: { s: when('name == "none"') }, spanevents: { e: info } }),
    ),
    ...[by('method'), by(['state', 'none']), by('service.name'), by('scope.kind')].map((info) =>
      one({ datapoints: { p: info } }, 'metrics'),
    ),
    one({ metrics: { m: by('method') } }, 'metrics'),
    ...[by('log.file'), by('attempt'), by(['attempt', 9]), by('nested'), by('host.cores')].map((info) =>
      one({ logs: { l: info } }, 'logs'),
    ),
    ...Object.entries(CONDITIONS).flatMap(([section, conditions]) =>
      conditions.map((condition) => one({ [section]: { counted: when(condition) } }, SIGNAL_OF[section])),
    ),
    one({ spans: { a: when('name == "span 0"', 'name == "span 1"', 'nope["x"] == 1') } }),
    one({ spans: { '': {} } }),
    one({ spans: { a: { conditions: 'name == "x"' } } }),
    one({ profiles: { p: { description: 'x' } } }),
    one({ span: { a: {} } }),
    one({ spans: { a: { condition: [] } } }),
  ],
};
