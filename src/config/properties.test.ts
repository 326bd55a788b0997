import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseDuration, printDuration } from './duration.ts';
import { expandNodes } from './expand.ts';
import { mergeNodes } from './merge.ts';
import { type ConfigNode, toPlain } from './node.ts';
import { parseYaml } from './yaml-node.ts';

const environment = {
  env: {},
  readFile: () => Promise.reject(new Error('no files')),
  fetchText: () => Promise.reject(new Error('no network')),
};

const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const { tree } = fc.letrec<{ tree: unknown; map: Record<string, unknown> }>((tie) => ({
  tree: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie('tree'), { maxLength: 3 }), tie('map')),
  map: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd e', '__proto__', '1'), tie('tree'), { maxKeys: 4 }),
}));
const root = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tree, { maxKeys: 4 });

const nodeOf = (value: unknown): ConfigNode => parseYaml({ text: stringify(value), file: 'x' });
/** JSON has no difference between 0 and -0, and gives every object the same prototype. */
const plain = (value: unknown): string => JSON.stringify(value);

test('YAML becomes the values that were written', () => {
  fc.assert(
    fc.property(root, (value) => {
      expect(plain(toPlain(nodeOf(value)))).toBe(plain(value));
    }),
  );
});

test('merging is that of plain objects', () => {
  fc.assert(
    fc.property(root, root, (base, next) => {
      expect(toPlain(mergeNodes(nodeOf(base), nodeOf(next)))).toEqual(toPlain(nodeOf(mergePlain(base, next))));
    }),
  );
});

test('a text whose dollars are doubled expands to itself', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: fc.constantFrom('$', '{', '}', 'a', ':', '-') }), async (text) => {
      const { root: expanded, errors } = await expandNodes(nodeOf({ v: text.replaceAll('$', '$$$$') }), environment);
      expect(errors).toEqual([]);
      expect(toPlain(expanded)).toEqual({ v: text });
    }),
  );
});

test('any text ends in values or in errors, never in a crash', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: fc.constantFrom('$', '{', '}', 'a', ':', '-', 'env:', 'yaml:') }),
      async (text) => {
        const { errors } = await expandNodes(nodeOf({ v: text }), environment);
        for (const error of errors) expect(error.place).toBeDefined();
      },
    ),
  );
});

test('durations print as what they are read from', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) => {
      const parsed = parseDuration(printDuration(ms));
      expect('ms' in parsed ? parsed.ms : parsed.error).toBeCloseTo(ms, 3);
    }),
  );
});

function mergePlain(base: unknown, next: unknown): unknown {
  const isMap = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap(base) || !isMap(next)) return next;
  const result = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(next)) {
    result.set(key, result.has(key) ? mergePlain(result.get(key), value) : value);
  }
  return Object.fromEntries(result);
}
