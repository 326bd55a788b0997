import { describe, expect, test } from 'vitest';
import { fakeSettings, RecordingConsumer } from '#component/testing.ts';
import type { Signal } from '#pdata';
import { type AttributesConfig, attributesSchema } from './config.ts';
import { attributesFactory } from './index.ts';
import { b, type Group, i, run, s } from './testing/requests.ts';

describe('include and exclude', () => {
  const mark = [{ action: 'insert', key: 'hit', value: true }];
  /** The indices of the items that were changed. */
  async function hits(signal: Signal, filter: object, groups: readonly Group[]): Promise<number[]> {
    const result = await run(signal, { ...filter, actions: mark }, groups);
    return result.flatMap((attributes, index) => ('hit' in attributes ? [index] : []));
  }

  // The four spans of contrib's example for excluding several properties.
  const services: Group[] = [
    { resource: { 'service.name': s('svcB') }, items: [{ attributes: { env: s('dev'), test_request: i(123) } }] },
    { resource: { 'service.name': s('svcA') }, items: [{ attributes: { env: s('dev'), test_request: b(false) } }] },
    { resource: { 'service.name': s('svcB') }, items: [{ attributes: { env: i(1), test_request: s('dev') } }] },
    { resource: { 'service.name': s('svcC') }, items: [{ attributes: { env: s('dev'), test_request: b(false) } }] },
    { items: [{}] },
  ];
  const envAndTest = [{ key: 'env', value: 'dev' }, { key: 'test_request' }];
  test.each([
    {
      name: 'exclude: all properties must match',
      filter: { exclude: { match_type: 'strict', services: ['svcA', 'svcB'], attributes: envAndTest } },
      want: [2, 3, 4],
    },
    { name: 'include', filter: { include: { match_type: 'strict', services: ['svcA'] } }, want: [1] },
    {
      name: 'include, then exclude',
      filter: {
        include: { match_type: 'strict', services: ['svcA', 'svcB'] },
        exclude: { match_type: 'strict', attributes: [{ key: 'test_request', value: false }] },
      },
      want: [0, 2],
    },
    { name: 'regexp, anywhere', filter: { include: { match_type: 'regexp', services: ['vc[AC]'] } }, want: [1, 3] },
    {
      name: 'a resource without a service name',
      filter: { include: { match_type: 'strict', services: ['<nil-service-name>'] } },
      want: [4],
    },
    {
      name: 'regexp on values of all scalar types',
      filter: { include: { match_type: 'regexp', attributes: [{ key: 'test_request', value: '^(123|false)$' }] } },
      want: [0, 1, 3],
    },
    {
      name: 'resources',
      filter: { include: { match_type: 'strict', resources: [{ key: 'service.name', value: 'svcC' }] } },
      want: [3],
    },
  ])('services and attributes: $name', async ({ filter, want }) => {
    expect(await hits('traces', filter, services)).toEqual(want);
  });

  test.each([
    { name: 'name', include: { span_names: ['login'] }, want: [0] },
    { name: 'name by pattern', include: { match_type: 'regexp', span_names: ['log'] }, want: [0, 1] },
    { name: 'kind', include: { span_kinds: ['SPAN_KIND_SERVER', 'SPAN_KIND_CONSUMER'] }, want: [1, 2] },
    { name: 'library', include: { libraries: [{ name: 'lib' }] }, want: [0, 1] },
    {
      name: 'library and version',
      include: { libraries: [{ name: 'lib', version: '1' }, { name: 'b' }] },
      want: [0, 1, 2],
    },
    { name: 'library without version', include: { libraries: [{ name: 'b', version: '' }] }, want: [2] },
  ])('spans: $name', async ({ include, want }) => {
    const groups = [
      {
        scope: { name: 'lib', version: '1' },
        items: [{ fields: { name: 'login', kind: 3 } }, { fields: { name: 'logout', kind: 2 } }],
      },
      { scope: { name: 'b' }, items: [{ fields: { name: 'pay', kind: 5 } }] },
    ];
    expect(await hits('traces', { include: { match_type: 'strict', ...include } }, groups)).toEqual(want);
  });

  test.each([
    { name: 'body', include: { match_type: 'regexp', log_bodies: ['^AUTH'] }, want: [0] },
    { name: 'severity text', include: { log_severity_texts: ['INFO'] }, want: [0] },
    { name: 'severity number', include: { log_severity_number: { min: 9 } }, want: [0, 1] },
    {
      name: 'severity by name',
      include: { log_severity_number: { min: 'ERROR', match_undefined: true } },
      want: [1, 2],
    },
  ])('logs: $name', async ({ include, want }) => {
    const items = [
      { fields: { body: s('AUTH ok'), severityNumber: 9, severityText: 'INFO' } },
      { fields: { body: i(5), severityNumber: 17 } },
      { fields: {} },
    ];
    expect(await hits('logs', { include: { match_type: 'strict', ...include } }, [{ items }])).toEqual(want);
  });

  test('metrics: names', async () => {
    const items = [{ fields: { name: 'cpu.time' } }, { fields: { name: 'mem' } }];
    expect(await hits('metrics', { include: { match_type: 'strict', metric_names: ['mem'] } }, [{ items }])).toEqual([
      1,
    ]);
  });

  test.each([
    { signal: 'logs' as const, include: { span_names: ['x'] }, want: /span_names can't be used in a logs pipeline/ },
    {
      signal: 'traces' as const,
      include: { log_bodies: ['x'] },
      want: /log_bodies can't be used in a traces pipeline/,
    },
    { signal: 'traces' as const, include: {}, want: /at least one of services, span_names/ },
  ])('refuses $include for $signal', ({ signal, include, want }) => {
    const yaml = { include: { match_type: 'strict', ...include }, actions: mark };
    const config = attributesSchema.parse(yaml) as AttributesConfig;
    const settings = fakeSettings({ id: 'attributes/x' });
    expect(() => attributesFactory.create(settings, config, signal, new RecordingConsumer())).toThrow(want);
  });
});
