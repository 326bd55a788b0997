// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what is tested
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDuration, printDuration } from './duration.ts';
import { expandNodes } from './expand.ts';
import { mergeNodes } from './merge.ts';
import { type ConfigNode, toPlain } from './node.ts';
import { printYaml } from './print.ts';
import { plainScalar, TypedScalar } from './scalar.ts';
import { parseYaml } from './yaml-node.ts';

const environment = {
  env: {},
  readFile: () => Promise.reject(new Error('no files')),
  fetchText: () => Promise.reject(new Error('no network')),
};

/** Texts that look like something else, or that the syntax of YAML or of references could take for its own. */
const odd = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'0123456789.eExXoObB_+-:TZ infan~<>&*!|#"\'{}[]$%@`,\n\r\t\\') }),
  fc.constantFrom(
    'null',
    '~',
    '',
    'true',
    'yes',
    '2024-01-02',
    '<<',
    '=',
    '---',
    '...',
    '${env:X}',
    '$$',
    '- a',
    '? a',
    '1_0',
    '.inf',
  ),
);
const float = fc
  .oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer().map(Number))
  .map((value) => (Number.isInteger(value) ? new TypedScalar('float', value, '') : value));
const scalar = fc.oneof(
  odd,
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  float,
);
const { tree } = fc.letrec<{ tree: unknown; map: Record<string, unknown> }>((tie) => ({
  tree: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie('tree'), { maxLength: 3 }), tie('map')),
  map: fc.dictionary(fc.oneof(fc.constantFrom('a', 'b', 'c', 'd e', '__proto__', '1'), odd), tie('tree'), {
    maxKeys: 4,
  }),
}));
const root = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tree, { maxKeys: 4 });

const nodeOf = (value: unknown): ConfigNode => parseYaml({ text: printYaml(value), file: 'x' });
const written = (text: string): ConfigNode => parseYaml({ text: `v: ${JSON.stringify(text)}`, file: 'x' });
const reloaded = async (value: unknown): Promise<unknown> => {
  const { root: expanded, errors } = await expandNodes(nodeOf(value), environment);
  expect(errors).toEqual([]);
  return toPlain(expanded);
};
/** With each value's type; half a character of UTF-16 is none. */
const typed = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => {
    if (item instanceof TypedScalar) return `float ${item.printed}`;
    return typeof item === 'string'
      ? `text ${item}`
      : typeof item === 'object'
        ? item
        : `${typeof item} ${String(item)}`;
  });

test('a configuration that is printed and read again is the same', async () => {
  await fc.assert(
    fc.asyncProperty(root, async (value) => {
      expect(typed(await reloaded(value))).toBe(typed(value));
    }),
    { numRuns: 1000 },
  );
});

test('what a file says of a value outlives printing', async () => {
  await fc.assert(
    fc.asyncProperty(odd, async (source) => {
      const value = plainScalar(source);
      expect(typed(await reloaded({ a: value }))).toBe(typed({ a: value }));
    }),
    { numRuns: 1000 },
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
      const { root: expanded, errors } = await expandNodes(written(text.replaceAll('$', '$$$$')), environment);
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
        const { errors } = await expandNodes(written(text), environment);
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
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof TypedScalar);
  if (!isMap(base) || !isMap(next)) return next;
  const result = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(next)) {
    result.set(key, result.has(key) ? mergePlain(result.get(key), value) : value);
  }
  return Object.fromEntries(result);
}
