import { expect, test } from 'vitest';
import type { ErrorGroup } from '#api/types.ts';
import { parseFilter } from '#lang/filter';
import { parseTraceql } from '#lang/traceql';
import { byAttention, errorTitle, hasWords, logsOfError, tracesOfError } from './error-groups.ts';
import type { Links } from './links.ts';

const group = (change: Partial<ErrorGroup>): ErrorGroup => ({
  ...{ id: 'a', service: 'orders', type: 'TypeError', message: 'no address for <_> (yet)', frame: 'f (a.ts)' },
  ...{ count: 3, counts: [3], firstMs: 1, lastMs: 2, isNew: false, sampleMessage: '', sampleStacktrace: '' },
  examples: [],
  ...change,
});
const links = {
  traces: (search: object) => ({ to: '/traces', search }),
  logs: (search: object) => ({ to: '/logs', search }),
} as unknown as Links;

test('what is new comes first, then the most frequent', () => {
  const groups = [group({ id: 'much', count: 9 }), group({ id: 'new', count: 1, isNew: true }), group({ id: 'few' })];
  expect(byAttention(groups).map(({ id }) => id)).toEqual(['new', 'much', 'few']);
});

test('the title is the type, or what there is', () => {
  expect(errorTitle(group({}))).toBe('TypeError');
  expect(errorTitle(group({ type: '' }))).toBe('no address for <_> (yet)');
  expect(errorTitle(group({ type: '', message: '' }))).toBe('exception');
});

test('all words of the filter are looked for, each in any text', () => {
  expect(hasWords(group({}), 'ADDRESS orders')).toBe(true);
  expect(hasWords(group({}), 'address payments')).toBe(false);
});

test('its traces are asked for in TraceQL that reads, by a pattern that its messages match', () => {
  const { q } = tracesOfError(links, group({ message: 'bad "x" at <_> (yet)' })).search;
  expect(() => parseTraceql(q!)).not.toThrow();
  const written = /=~ ("(?:[^"\\]|\\.)*")/.exec(q!)![1]!;
  const pattern = new RegExp(`^${(JSON.parse(written) as string).replace('(?s)', '')}$`, 's');
  expect(pattern.test('bad "x" at o-17 (yet)')).toBe(true);
  expect(pattern.test('bad "x" at o-17 yet')).toBe(false);
  expect(tracesOfError(links, group({ type: '', message: '' })).search.q).toBe('{ resource.service.name = "orders" }');
});

test.each([
  [group({}), 'exception.type=TypeError'],
  [group({ type: '', message: 'plain text' }), 'exception.message="plain text"'],
  [group({ type: '' }), 'exception.message=*'],
])('its log records: case %#', (of, expected) => {
  const { q, service } = logsOfError(links, of).search;
  expect([q, service]).toEqual([expected, 'orders']);
  expect(parseFilter(q!).ok).toBe(true);
});
