import type { Signal } from '#pdata';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { logsSample, metricsSample, spansSample } from '../lib/samples.ts';

const SAMPLE = { traces: [spansSample()], logs: [logsSample()], metrics: [metricsSample()] } as const;

function one(name: string, config: unknown, signal: Signal = 'traces'): CompareCase {
  return { name, kind: 'processor', type: 'attributes', config, signal, input: SAMPLE[signal] };
}

/** One action on spans. */
function action(block: object, name: string = JSON.stringify(block)): CompareCase {
  return one(name, { actions: [block] });
}

const KEYS = [
  'http.method',
  'http.status_code',
  'http.ratio',
  'http.cached',
  'blob',
  'tags',
  'nested',
  'number_text',
  'empty',
];
const VALUES = ['text', '', 7, -3, 2.5, true, [1, 'two', 2.5, false], { a: 1, b: { c: 'd' } }];
const MARK = [{ action: 'insert', key: 'seen', value: true }];

const ACTIONS: readonly CompareCase[] = [
  ...['insert', 'update', 'upsert'].flatMap((word) => [
    ...['http.method', 'new', 'http.status_code'].flatMap((key) =>
      VALUES.map((value) => action({ action: word, key, value })),
    ),
    ...[...KEYS, 'absent'].map((from) => action({ action: word, key: 'copy', from_attribute: from })),
    action({ action: word, key: 'http.method', from_attribute: 'http.status_code' }),
    action({ action: word, key: 'copy', from_attribute: 'absent', default_value: 'd' }),
    action({ action: word, key: 'copy', default_value: 5 }),
    action({ action: word, key: 'copy', from_context: 'metadata.absent' }),
    action({ action: word, key: 'copy', from_context: 'metadata.absent', default_value: 'd' }),
    action({ action: word, key: 'x' }),
    action({ action: word, value: 'x' }),
    action({ action: word, key: 'x', value: 1, from_attribute: 'y' }),
    action({ action: word, key: 'x', value: 1, pattern: 'y' }),
    action({ action: word, key: 'x', value: 1, converted_type: 'int' }),
  ]),
  ...[...KEYS, 'absent'].map((key) => action({ action: 'delete', key })),
  ...[...KEYS, 'absent'].map((key) => action({ action: 'hash', key })),
  ...['^http\\.', 'http', '.*', 'e$', '^$', '(?i)HTTP', 'number_[a-z]+'].flatMap((pattern) => [
    action({ action: 'delete', pattern }),
    action({ action: 'hash', pattern }),
    action({ action: 'delete', pattern, key: 'empty' }),
  ]),
  ...['int', 'double', 'string'].flatMap((type) =>
    [...KEYS, 'absent', 'http.url'].map((key) => action({ action: 'convert', key, converted_type: type })),
  ),
  ...[
    '(?P<scheme>.*):\\/\\/(?P<domain>.*)\\/(?P<path>.*)(\\?|\\&)(?P<query>.*)',
    '(?P<scheme>[a-z]+)://(?P<host>[^/]+)/(?P<rest>.*)',
    '^(?P<number>\\d+)$',
    '(?P<first>.)(?P<last>.)?',
    '(unnamed)',
    'none',
    '(?P<a>',
  ].flatMap((pattern) =>
    ['http.url', 'number_text', 'http.status_code', 'absent'].map((key) => action({ action: 'extract', key, pattern })),
  ),
  action({ action: 'convert', key: 'a', converted_type: 'bool' }),
  action({ action: 'convert', key: 'a' }),
  action({ action: 'extract', key: 'a' }),
  action({ action: 'nonsense', key: 'a' }),
  action({ action: 'delete' }),
  action({ action: 'hash' }),
  action({ action: 'DELETE', key: 'http.method' }),
  one('no actions', { actions: [] }),
  one('unknown key', { actions: MARK, acitons: [] }),
  one('in order', {
    actions: [
      { action: 'insert', key: 'a', value: 1 },
      { action: 'update', key: 'a', value: 2 },
      { action: 'upsert', key: 'b', from_attribute: 'a' },
      { action: 'delete', key: 'a' },
      { action: 'convert', key: 'b', converted_type: 'string' },
      { action: 'hash', key: 'b' },
    ],
  }),
];

function match(signal: Signal, include: object): CompareCase[] {
  const name = `${signal} ${JSON.stringify(include)}`;
  return [
    one(`include ${name}`, { include, actions: MARK }, signal),
    one(`exclude ${name}`, { exclude: include, actions: MARK }, signal),
  ];
}

const MATCHES: readonly CompareCase[] = [
  ...['strict', 'regexp'].flatMap((match_type) => [
    ...match('traces', { match_type, services: ['checkout'] }),
    ...match('traces', { match_type, services: ['check.*', 'other'] }),
    ...match('traces', { match_type, span_names: ['GET /health'] }),
    ...match('traces', { match_type, span_names: ['^GET', 'POST'] }),
    ...match('traces', { match_type, span_kinds: ['SPAN_KIND_SERVER'] }),
    ...match('traces', { match_type, span_kinds: ['CLIENT'] }),
    ...match('traces', { match_type, attributes: [{ key: 'http.method', value: 'GET' }] }),
    ...match('traces', { match_type, attributes: [{ key: 'http.method' }, { key: 'http.status_code', value: 200 }] }),
    ...match('traces', { match_type, attributes: [{ key: 'http.status_code', value: '2..' }] }),
    ...match('traces', { match_type, attributes: [{ key: 'http.cached', value: true }] }),
    ...match('traces', { match_type, attributes: [{ key: 'http.ratio', value: 0.75 }] }),
    ...match('traces', { match_type, attributes: [{ key: '' }] }),
    ...match('traces', { match_type, resources: [{ key: 'service.version', value: '1.2.3' }] }),
    ...match('traces', { match_type, libraries: [{ name: 'lib.http' }] }),
    ...match('traces', { match_type, libraries: [{ name: 'lib.http', version: '0.4.0' }] }),
    ...match('traces', { match_type, libraries: [{ name: 'lib.http', version: '0.5' }] }),
    ...match('traces', { match_type }),
    ...match('traces', { match_type, log_bodies: ['x'] }),
    ...match('logs', { match_type, log_bodies: ['user=7'] }),
    ...match('logs', { match_type, log_bodies: ['user=7 took 12ms token=abc123'] }),
    ...match('logs', { match_type, log_severity_texts: ['WARN'] }),
    ...match('logs', { match_type, log_severity_texts: ['W', 'INFO'] }),
    ...match('logs', { match_type, log_severity_number: { min: 'INFO' } }),
    ...match('logs', { match_type, log_severity_number: { min: 10, match_undefined: true } }),
    ...match('logs', { match_type, attributes: [{ key: 'log.file', value: '/var/log/app.log' }] }),
    ...match('logs', { match_type, span_names: ['x'] }),
    ...match('metrics', { match_type, metric_names: ['http.requests'] }),
    ...match('metrics', { match_type, metric_names: ['http\\..*', 'rpc'] }),
    ...match('metrics', { match_type, resources: [{ key: 'service.name', value: 'checkout' }] }),
  ]),
  ...match('traces', { services: ['checkout'] }),
  ...match('traces', { match_type: 'exact', services: ['checkout'] }),
  ...match('traces', { match_type: 'regexp', services: ['['] }),
];

/** Every action on each type of value, and every property that `include` and `exclude` know. */
export const attributesSuite: CompareSuite = {
  name: 'attributes',
  cases: [
    ...ACTIONS,
    ...(['logs', 'metrics'] as const).flatMap((signal) => [
      one(`insert into ${signal}`, { actions: MARK }, signal),
      one(`delete from ${signal}`, { actions: [{ action: 'delete', pattern: '^(method|http|state)' }] }, signal),
      one(`hash in ${signal}`, { actions: [{ action: 'hash', pattern: '.*' }] }, signal),
    ]),
    ...MATCHES,
  ],
};
