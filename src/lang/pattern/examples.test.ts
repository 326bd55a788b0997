import fc from 'fast-check';
import { expect, test } from 'vitest';
import { examplesOf, Pattern } from './index.ts';

test.each([
  { pattern: 'a|b|c', limit: 2, want: ['a', 'b'] },
  { pattern: 'http_(server|client)_x', limit: 9, want: ['http_server_x', 'http_client_x'] },
  { pattern: '.+', limit: 9, want: ['x'] },
  { pattern: '5..', limit: 9, want: ['5xx'] },
  { pattern: 'a(b)?', limit: 9, want: ['a', 'ab'] },
  { pattern: '[0-9]{3}\\.js', limit: 9, want: ['000.js'] },
  { pattern: '', limit: 9, want: [''] },
])('examples of $pattern', ({ pattern, limit, want }) => {
  expect(examplesOf(pattern, limit)).toEqual(want);
});

test('every example matches its pattern from end to end', () => {
  const part = fc.constantFrom('a', '.', '[b-d]', '\\d', '(x|yz)', 'a?', 'b*', 'c+', '^', '$', '|', 'e{2,3}');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const source = parts.join('');
      const whole = new Pattern(`^(?s:${source})$`);
      for (const text of examplesOf(source, 5)) expect(whole.test(text)).toBe(true);
    }),
  );
});
