import type { Signal } from '#pdata';
import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { atMs, i, id, metricsSample, pairs, s, TRACE_ID } from '../lib/samples.ts';

const HOSTS = ['a', 'b'];
const SCOPES = ['one', 'two'];

const resource = (host: string): ReferenceObject => ({ attributes: pairs({ host: s(host), zone: s('z') }) });

const INPUT: Readonly<Record<Signal, ReferenceObject>> = {
  traces: {
    resourceSpans: HOSTS.map((host) => ({
      resource: resource(host),
      schemaUrl: 'resource',
      scopeSpans: SCOPES.map((name) => ({
        scope: { name },
        schemaUrl: 'scope',
        spans: [0, 1, 2].map((n) => ({
          traceId: id(TRACE_ID),
          spanId: id(`111213141516171${n}`),
          name: `span ${n}`,
          kind: n + 1,
          startTimeUnixNano: atMs(n),
          attributes: pairs({ n: i(n), secret: s('x') }),
          status: { code: n },
        })),
      })),
    })),
  },
  logs: {
    resourceLogs: HOSTS.map((host) => ({
      resource: resource(host),
      scopeLogs: SCOPES.map((name) => ({
        scope: { name },
        logRecords: [0, 1, 2].map((n) => ({
          timeUnixNano: atMs(n),
          severityNumber: 9 + n * 4,
          body: s(`line ${n}`),
          attributes: pairs({ n: i(n), secret: s('x') }),
        })),
      })),
    })),
  },
  metrics: metricsSample(),
};

function one(config: object, signal: Signal = 'traces'): CompareCase {
  return {
    name: `${signal} ${JSON.stringify(config)}`,
    kind: 'connector',
    type: 'routing',
    config,
    signal,
    gives: signal,
    input: [INPUT[signal]],
    reads: 'whole',
  };
}

const pipelines = ['PIPELINE'];
type Route = { readonly [key: string]: unknown };
const table = (...routes: Route[]): object => ({ table: routes.map((route) => ({ pipelines, ...route })) });

const CONDITIONS: Readonly<Record<Signal, readonly Route[]>> = {
  traces: [
    { condition: 'attributes["host"] == "a"' },
    { condition: 'resource.attributes["host"] == "a"' },
    { context: 'resource', condition: 'attributes["host"] == "b"' },
    { statement: 'route() where attributes["host"] == "b"' },
    { statement: 'route()' },
    { statement: 'route() where resource.attributes["host"] != "a"' },
    { condition: 'span.name == "span 1"' },
    { context: 'span', condition: 'name == "span 1"' },
    { context: 'span', statement: 'route() where attributes["n"] == 2' },
    { context: 'span', condition: 'span.status.code == STATUS_CODE_ERROR and resource.attributes["host"] == "a"' },
    { condition: 'span.attributes["n"] == 1 or resource.attributes["host"] == "a"' },
    { condition: 'IsMatch(span.name, "[02]")' },
    { context: 'span', condition: 'instrumentation_scope.name == "two"' },
    { condition: 'span.kind == SPAN_KIND_SERVER' },
    { context: 'span', condition: 'IsRootSpan()' },
    { context: 'span', statement: 'delete_key(attributes, "secret") where attributes["n"] == 1' },
    { context: 'span', statement: 'delete_matching_keys(span.attributes, "^s")' },
    { statement: 'delete_key(resource.attributes, "zone") where resource.attributes["host"] == "a"' },
    { context: 'resource', statement: 'delete_key(attributes, "zone")', action: 'copy' },
    { context: 'span', statement: 'set(attributes["x"], 1)' },
    { condition: 'otelcol.client.metadata["x"][0] == "y"' },
    { context: 'otelcol', condition: 'otelcol.client.metadata["x"] == nil' },
    { context: 'request', condition: 'request["x"] == "y"' },
    { context: 'request', condition: 'request["x"] != "y"' },
    { context: 'request', statement: 'route()' },
    { context: 'request', condition: 'x' },
    { context: 'request', condition: 'request["x"] == "y" == "z"' },
    { context: 'log', condition: 'severity_number > 9' },
    { context: 'log', condition: 'log.severity_number > 9' },
    { context: 'nonsense', condition: 'true' },
    { condition: 'true' },
    { condition: 'false' },
    { condition: 'nope["x"] == 1' },
    { condition: 'span.nope == 1' },
    { condition: 'attributes[' },
    { condition: 'Int(resource.attributes["host"]) / 0 == 1' },
    { context: 'span', condition: 'attributes["n"] / 0 == 1' },
    { condition: 'attributes["host"] == "a"', action: 'drop' },
    { condition: 'attributes["host"] == "a"', statement: 'route()' },
    {},
    { condition: 'attributes["host"] == "a"', pipelines: [] },
    { condition: 'attributes["host"] == "a"', pipelines: ['traces/nowhere'] },
    { condition: 'attributes["host"] == "a"', pipeline: 'x' },
  ],
  logs: [
    { condition: 'log.severity_number >= SEVERITY_NUMBER_WARN' },
    { context: 'log', condition: 'body == "line 1"' },
    { context: 'log', statement: 'delete_key(attributes, "secret") where attributes["n"] == 0' },
    { condition: 'attributes["host"] == "a"' },
    { condition: 'log.body == "line 0" and resource.attributes["host"] == "b"' },
  ],
  metrics: [
    { condition: 'metric.name == "http.requests"' },
    { context: 'metric', condition: 'type == METRIC_DATA_TYPE_GAUGE' },
    { condition: 'datapoint.attributes["method"] == "GET"' },
    { context: 'datapoint', condition: 'attributes["state"] == "free"' },
    { context: 'datapoint', condition: 'metric.type == METRIC_DATA_TYPE_SUM' },
    { context: 'datapoint', statement: 'delete_key(attributes, "method") where attributes["code"] == 200' },
    { condition: 'attributes["service.name"] == "checkout"' },
    { context: 'metric', statement: 'route() where name == "queue.wait"' },
  ],
};

/** Two routes to the same pipeline: what both take comes out twice with copy. */
const TWO: readonly [Route, Route][] = [
  [{ condition: 'span.name == "span 1"' }, { condition: 'attributes["host"] == "a"' }],
  [{ condition: 'attributes["host"] == "a"' }, { condition: 'span.name == "span 1"' }],
  [{ condition: 'span.attributes["n"] < 2' }, { condition: 'span.attributes["n"] > 0' }],
  [{ condition: 'attributes["host"] == "a"' }, { context: 'resource', condition: 'attributes["host"] == "a"' }],
  [
    { context: 'span', statement: 'delete_key(attributes, "secret")' },
    { condition: 'span.attributes["secret"] != nil' },
  ],
  [
    { context: 'request', condition: 'request["x"] == "y"' },
    { context: 'request', condition: 'request["x"] == "y"' },
  ],
];

/** Which items take a route, what is done with them there, and what is left. A connector has one pipeline behind it here. */
export const routingSuite: CompareSuite = {
  name: 'routing',
  casesAtOnce: 1,
  cases: [
    one({}),
    one({ table: [] }),
    ...(['traces', 'logs', 'metrics'] as const).flatMap((signal) =>
      CONDITIONS[signal].flatMap((route) => [
        one(table(route), signal),
        one({ ...table(route), default_pipelines: pipelines }, signal),
      ]),
    ),
    ...CONDITIONS.traces
      .slice(0, 12)
      .map((route) => one({ ...table({ ...route, action: 'copy' }), default_pipelines: pipelines })),
    ...TWO.flatMap(([first, second]) => [
      one(table(first, second)),
      one(table({ ...first, action: 'copy' }, second)),
      one(table({ ...first, action: 'copy' }, { ...second, action: 'copy' })),
      one({ ...table({ ...first, action: 'copy' }, second), default_pipelines: pipelines }),
    ]),
    ...['ignore', 'silent', 'propagate', 'nonsense'].flatMap((error_mode) => [
      one({ error_mode, ...table({ context: 'span', condition: 'attributes["n"] / 0 == 1' }) }),
      one({
        error_mode,
        default_pipelines: pipelines,
        ...table({ context: 'span', condition: 'Int(attributes["secret"]) / attributes["n"] == 1' }),
      }),
      one({ error_mode, default_pipelines: pipelines, ...table({ condition: '1 / attributes["nope"] == 1' }) }),
    ]),
    one({ ...table({ condition: 'true' }), match_once: false }),
    one({ ...table({ condition: 'true' }), default_pipelines: ['traces/nowhere'] }),
  ],
};
