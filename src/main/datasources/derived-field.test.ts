import { expect, test } from 'vitest';
import type { LogLink, LogRecord } from '#query';
import { readField, type WrittenField } from './derived-field.ts';

const ID = '0af7651916cd43dd8448eb211c80319c';
const TO_TRACE = {
  name: 'TraceID',
  matcherRegex: '"trace_id":"(\\w+)"',
  url: '${__value.raw}',
  datasourceUid: 'jaeger',
};
const TO_BOOK = { name: 'Runbook', matcherRegex: 'code=(\\S+)', url: 'https://books.example/${__value.raw}?from=logs' };

const TYPES: Readonly<Record<string, string>> = { jaeger: 'jaeger', metrics: 'prometheus' };

function record(body: LogRecord['body'], attributes: LogRecord['attributes'] = {}): LogRecord {
  return {
    id: '1',
    timeNs: '0',
    timeMs: 0,
    service: 'orders',
    severityNumber: 9,
    severityText: 'INFO',
    body,
    traceId: '',
    spanId: '',
    eventName: '',
    attributes,
    resource: { 'k8s.pod.name': 'orders-1' },
    scope: '',
  };
}

function linkIn(written: WrittenField, log: LogRecord): LogLink | undefined {
  const { field, problems } = readField(written, (uid) => TYPES[uid]);
  expect(problems).toEqual([]);
  return field?.linkOf(log);
}

test.each([
  ['in JSON', `{"trace_id":"${ID}","msg":"x"}`, ID],
  ['behind a blank, as the article logs it', `{"trace_id": "${ID}"}`, ID],
  ['of a body with fields', { trace_id: ID }, ID],
  ['of 64 bits', '{"trace_id":"8448EB211C80319C"}', `${'0'.repeat(16)}8448eb211c80319c`],
  ['of zeros is none', `{"trace_id":"${'0'.repeat(32)}"}`, undefined],
  ['that is no hex is none', '{"trace_id":"later"}', undefined],
  ['beyond what is looked at is none', `${'x'.repeat(10_000)}"trace_id":"${ID}"`, undefined],
])('a trace id %s', (_, body, traceId) => {
  expect(linkIn(TO_TRACE, record(body))).toEqual(traceId && { name: 'TraceID', traceId });
});

test('a source that no file describes holds traces', () => {
  const link = linkIn({ ...TO_TRACE, datasourceUid: 'somewhere' }, record(`{"trace_id":"${ID}"}`));
  expect(link).toEqual({ name: 'TraceID', traceId: ID });
});

test('a value is a part of an address, or the address', () => {
  const log = record('code=a/b&c see=https://status.example/7');
  expect(linkIn(TO_BOOK, log)).toEqual({ name: 'Runbook', url: 'https://books.example/a%2Fb%26c?from=logs' });
  const whole = { matcherRegex: 'see=(\\S+)', url: '${__value.raw}', urlDisplayLabel: 'Status' };
  expect(linkIn(whole, log)).toEqual({ name: 'Status', url: 'https://status.example/7' });
});

test('a line can make no address that runs something', () => {
  const whole = { name: 'x', matcherRegex: 'see=(.+)', url: '${__value.raw}' };
  for (const address of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'no address'])
    expect(linkIn(whole, record(`see=${address}`))).toBeUndefined();
});

test('a label is found by its name, as it was sent or as Loki has it', () => {
  const byLabel = { name: 'Pod', matcherType: 'label', url: 'https://k8s.example/${__value.raw}' };
  const link = { name: 'Pod', url: 'https://k8s.example/orders-1' };
  expect(linkIn({ ...byLabel, matcherRegex: '^k8s_pod_name$' }, record(''))).toEqual(link);
  expect(linkIn({ ...byLabel, matcherRegex: '^k8s\\.pod' }, record(''))).toEqual(link);
  expect(linkIn({ ...byLabel, matcherRegex: '^pod$' }, record(''))).toBeUndefined();
});

test('a pattern that has lost its backslash is read as it was meant, and that is said', () => {
  const { field, problems } = readField({ ...TO_TRACE, matcherRegex: '"trace_id":"(w+)"' }, () => undefined);
  expect(problems).toEqual(['matcherRegex: (w+) takes one letter alone; read as (\\w+)']);
  expect(field?.linkOf(record(`{"trace_id":"${ID}"}`))?.traceId).toBe(ID);
});

test.each([
  ['no pattern', {}, 'matcherRegex: must be a pattern'],
  ['a pattern that is none', { ...TO_TRACE, matcherRegex: '(' }, /^matcherRegex: .+/],
  ['another type', { ...TO_TRACE, matcherType: 'json' }, 'matcherType: is "json"; expected regex or label'],
  ['nothing to lead to', { matcherRegex: 'x' }, 'url: is missing, and datasourceUid too: it leads nowhere'],
  [
    'a source of metrics',
    { ...TO_TRACE, datasourceUid: 'metrics' },
    'datasourceUid: metrics is of type prometheus; fields lead to traces or to a url',
  ],
])('%s is refused', (_, written, problem) => {
  const { field, problems } = readField(written, (uid) => TYPES[uid]);
  expect(field).toBeUndefined();
  expect(problems).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)]);
});

test('a pattern that would take for ever elsewhere takes its time in proportion to the line', () => {
  const hostile = { name: 'x', matcherRegex: '((a+)+)+$', url: 'https://x.example/${__value.raw}' };
  expect(linkIn(hostile, record(`${'a'.repeat(5_000)}!`))).toBeUndefined();
});
