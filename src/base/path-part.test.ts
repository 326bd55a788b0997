import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printPathPart, readPathPart } from './path-part.ts';

test('names that a path would swallow stay names', () => {
  expect(['..', '.', '', '~', '~..', 'orders', '../../x', '...'].map(printPathPart)).toEqual([
    '~..',
    '~.',
    '~',
    '~~',
    '~~..',
    'orders',
    '../../x',
    '...',
  ]);
});

test('every name survives a URL', () => {
  const names = fc.oneof(fc.string({ minLength: 0, unit: 'grapheme' }), fc.stringMatching(/^[~.]{0,4}$/));
  fc.assert(
    fc.property(names, (name) => {
      const { pathname } = new URL(`http://localhost/services/${encodeURIComponent(printPathPart(name))}`);
      const part = /^\/services\/([^/]+)$/.exec(pathname)?.[1];
      expect(part === undefined ? undefined : readPathPart(decodeURIComponent(part))).toBe(name);
    }),
  );
});
