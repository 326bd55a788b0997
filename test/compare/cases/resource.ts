import type { Signal } from '#pdata';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { logsSample, metricsSample, spansSample } from '../lib/samples.ts';

const INPUT = { traces: [spansSample()], logs: [logsSample()], metrics: [metricsSample()] } as const;

function one(attributes: unknown, signal: Signal = 'traces'): CompareCase {
  const name = `${signal} ${JSON.stringify(attributes)}`;
  return { name, kind: 'processor', type: 'resource', config: { attributes }, signal, input: INPUT[signal] };
}

const KEYS = ['service.name', 'host.cores', 'k8s.labels', 'absent'];

const ACTIONS: readonly object[] = [
  ...['insert', 'update', 'upsert'].flatMap((action) => [
    ...KEYS.map((key) => ({ action, key, value: 'new' })),
    ...[7, 2.5, true, '', [1, 'two'], { a: 1 }].map((value) => ({ action, key: 'service.name', value })),
    ...KEYS.map((from_attribute) => ({ action, key: 'service.version', from_attribute })),
    { action, key: 'copy', from_attribute: 'absent', default_value: 'd' },
    { action, key: 'x' },
  ]),
  ...['delete', 'hash'].flatMap((action) => [
    ...KEYS.map((key) => ({ action, key })),
    { action, pattern: '^service\\.' },
    { action, pattern: '(' },
  ]),
  ...['int', 'double', 'string'].flatMap((converted_type) =>
    KEYS.map((key) => ({ action: 'convert', key, converted_type })),
  ),
  { action: 'extract', key: 'service.version', pattern: '^(?P<major>\\d+)\\.(?P<minor>\\d+)' },
  { action: 'extract', key: 'service.name', pattern: '^(?P<host.cores>.)' },
  { action: 'extract', key: 'service.name', pattern: '(unnamed)' },
  { action: 'nonsense', key: 'a' },
];

/** The actions on resources; those on items are in the suite of attributes. */
export const resourceSuite: CompareSuite = {
  name: 'resource',
  cases: [
    ...ACTIONS.map((action) => one([action])),
    ...(['logs', 'metrics'] as const).flatMap((signal) => [
      one([{ action: 'upsert', key: 'service.name', value: 'new' }], signal),
      one([{ action: 'delete', pattern: '.*' }], signal),
      one([{ action: 'insert', key: 'a', from_attribute: 'host.cores' }], signal),
    ]),
    one([
      { action: 'insert', key: 'a', value: 1 },
      { action: 'upsert', key: 'b', from_attribute: 'a' },
      { action: 'delete', key: 'a' },
      { action: 'convert', key: 'b', converted_type: 'string' },
    ]),
    one([]),
    one(null),
  ],
};
