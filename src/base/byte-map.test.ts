import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteMap } from './byte-map.ts';

const encoder = new TextEncoder();

function set(map: ByteMap<string>, key: string, value: string): boolean {
  const bytes = encoder.encode(key);
  return map.add(bytes, bytes.length, value);
}
function get(map: ByteMap<string>, key: string): string | undefined {
  const bytes = encoder.encode(`${key} and more`);
  return map.get(bytes, encoder.encode(key).length);
}

test('a map of strings says the same', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('add' as const), key: fc.string({ maxLength: 6 }) }),
      fc.record({ kind: fc.constant('keep' as const), key: fc.constantFrom('a', 'b', '') }),
    ),
    { maxLength: 300 },
  );
  fc.assert(
    fc.property(steps, (list) => {
      const map = new ByteMap<string>(1 << 20);
      const model = new Map<string, string>();
      for (const { kind, key } of list) {
        if (kind === 'keep') {
          map.keep((value) => value.includes(key));
          for (const value of [...model.values()]) if (!value.includes(key)) model.delete(value);
        } else if (!model.has(key)) {
          expect(set(map, key, key)).toBe(true);
          model.set(key, key);
        }
        expect(map.size).toBe(model.size);
        expect(get(map, key)).toBe(model.get(key));
      }
      for (const key of model.keys()) expect(get(map, key)).toBe(key);
    }),
  );
});

describe('bounds', () => {
  test('keys take no more than the limit', () => {
    const map = new ByteMap<string>(10);
    expect([set(map, '12345678', 'a'), set(map, 'abc', 'b'), set(map, 'ab', 'c')]).toEqual([true, false, true]);
    expect(get(map, 'abc')).toBeUndefined();
    map.keep((value) => value === 'c');
    expect([set(map, 'abc', 'b'), get(map, 'ab'), get(map, 'abc')]).toEqual([true, 'c', 'b']);
  });

  test('it grows beyond its first table', () => {
    const map = new ByteMap<string>(1 << 20);
    for (let i = 0; i < 10_000; i++) expect(set(map, `key ${i}`, String(i))).toBe(true);
    for (let i = 0; i < 10_000; i++) expect(get(map, `key ${i}`)).toBe(String(i));
  });
});
