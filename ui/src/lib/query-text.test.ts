import { expect, test } from 'vitest';
import { parseLogql } from '#lang/logql';
import { parseTraceql } from '#lang/traceql';
import { logqlLabel, withCondition, withFilter, withLineText, withoutKey } from './query-text.ts';

test.each([
  ['traces', '', 'a.b', 'x', 'a.b=x'],
  ['traces', '{ }', 'a.b', 'x"y', '{ } | { .a.b = "x\\"y" }'],
  ['traces', '{ }', 'resource.host.name', 'h', '{ } | { resource.host.name = "h" }'],
  ['traces', '{ }', 'span.odd key', 5, '{ } | { span."odd key" = 5 }'],
  ['traces', '{ }', 'service.name', 'orders', '{ } | { resource.service.name = "orders" }'],
  ['traces', '{ }', 'status', 'error', '{ } | { status = error }'],
  ['logs', 'x', 'a.b', true, 'x a.b=true'],
  ['logs', '{a="b"}', 'http.route', '/x', '{a="b"} | http_route="/x"'],
  ['logs', '{a="b"}', 'severity', 'error', '{a="b"} | detected_level="error"'],
] as const)('%s: %s and %s', (signal, q, key, value, want) => {
  const written = withCondition(signal, q, key, '=', value);
  expect(written).toBe(want);
  if (q.startsWith('{')) expect(() => (signal === 'traces' ? parseTraceql : parseLogql)(written)).not.toThrow();
});

test('a filter is said in the language of the query, where that has words for it', () => {
  expect(withFilter('traces', 'a=1', 'status=error')).toBe('a=1 status=error');
  expect(withFilter('traces', '{ }', 'status=error duration>1500000')).toBe(
    '{ } | { status = error } | { duration > 1500000 }',
  );
  expect(withFilter('traces', '{ }', 'kind=server OR a=1')).toBeUndefined();
  expect(withoutKey('traces', '{ }', 'a.b', 'a.b')).toBe('{ } | { .a.b = nil }');
  expect(withoutKey('logs', '', 'a.b', 'a.b')).toBe('a.b!=*');
  expect(withLineText('{a="b"}', 'x "y"')).toBe('{a="b"} |= "x \\"y\\""');
  expect(withLineText('', 'x "y"')).toBe('"x \\"y\\""');
  expect(logqlLabel('1st.key')).toBe('_1st_key');
});
