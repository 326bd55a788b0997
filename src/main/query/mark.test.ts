import { expect, test } from 'vitest';
import { momentOf } from './ask.ts';
import { markedAt, withMark } from './mark.ts';

test('a mark stands under the characters, in the line that has them', () => {
  expect(markedAt('sum(up', 6, 6)).toBe('  sum(up\n        ^');
  expect(markedAt('sum(\n\trat(up)\n)', 6, 9)).toBe('  \trat(up)\n  \t^^^');
  // Over the end of its line it goes no further.
  expect(markedAt('a +\nb', 2, 5)).toBe('  a +\n    ^');
});

test('what a server says of a place is shown there', () => {
  const info =
    'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "up" (1:6)';
  expect(withMark(info, 'rate(up[5m])')).toBe(`${info}\n  rate(up[5m])\n       ^^`);
  const error = 'invalid parameter "query": 2:3: parse error: unexpected ")"';
  expect(withMark(error, 'up\n+ )')).toBe(`${error}\n  + )\n    ^`);
  // Prometheus counts bytes.
  expect(withMark('PromQL info: x (1:12)', '{a="é"} + up')).toBe(
    'PromQL info: x (1:12)\n  {a="é"} + up\n            ^^',
  );
  for (const message of ['results truncated due to limit', 'PromQL info: x (9:1)', 'PromQL info: x (1:0)'])
    expect(withMark(message, 'up')).toBe(message);
});

test('a moment is a date, Unix seconds, or so long ago', () => {
  const nowMs = Date.parse('2026-11-29T10:00:00Z');
  expect(momentOf(undefined, nowMs)).toBe(nowMs);
  expect(momentOf('2026-11-29T09:00:00Z', nowMs)).toBe(nowMs - 3_600_000);
  expect(momentOf('1.5', nowMs)).toBe(1500);
  expect(momentOf('1h30m', nowMs)).toBe(nowMs - 5_400_000);
  for (const wrong of ['noon', '2026-13-40', '-1h', '99999999999999999'])
    expect(() => momentOf(wrong, nowMs)).toThrow('--time: expected a date');
});
