import { expect, test } from 'vitest';
import { quotePattern } from './quote-pattern.ts';

test('a quoted text matches itself and nothing else', () => {
  const text = 'a.b*c+d?(e|f)[g]{2}^$\\d /-';
  expect(quotePattern(text)).toBe('a\\.b\\*c\\+d\\?\\(e\\|f\\)\\[g\\]\\{2\\}\\^\\$\\\\d /-');
  const pattern = new RegExp(`^${quotePattern(text)}$`, 'u');
  expect(pattern.test(text)).toBe(true);
  for (const other of ['aXb*c', `${text} `, text.replace('\\d', '1')]) expect(pattern.test(other)).toBe(false);
});
