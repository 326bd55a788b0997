import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HASH_KEY, IdMap, PROBE_LIMIT } from '#base';
import { slowdown } from '../../base/testing/collisions.ts';
import { DecisionCache } from './decision-cache.ts';
import { MemberLists } from './member-lists.ts';

describe('IdMap', () => {
  test('behaves like a Map, also where ids collide', () => {
    const step = fc.record({ id: fc.nat(40), isRemoval: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const map = new IdMap(4, HASH_KEY);
        const model = new Map<number, number>();
        const free = [3, 2, 1, 0];
        for (const { id, isRemoval } of steps) {
          const hash = map.hash(id, 0, 0, 0);
          const index = map.find(id, 0, 0, 0, hash);
          expect(index).toBe(model.get(id) ?? -1);
          if (isRemoval && index >= 0) {
            map.remove(index);
            model.delete(id);
            free.push(index);
          } else if (!isRemoval && index < 0) {
            if (free.length === 0) {
              const before = map.capacity;
              map.grow(before * 2, () => true);
              for (let i = before * 2 - 1; i >= before; i--) free.push(i);
            }
            const slot = free.pop()!;
            map.insert(slot, id, 0, 0, 0, hash);
            model.set(id, slot);
          }
        }
        for (const [id, index] of model) expect(map.find(id, 0, 0, 0, map.hash(id, 0, 0, 0))).toBe(index);
      }),
    );
  });
});

describe('IdMap with ids whose differences cancel under multiplying hashes', () => {
  /** A difference in the topmost bit stays one through a multiplication, and the next word takes it back. */
  const chosen = Array.from({ length: 4096 }, (_, i): readonly [number, number, number, number] => {
    const flip = i & 1 ? 0x8000_0000 | 0 : 0;
    return [i >>> 1, 0, flip, flip];
  });
  const ordinary = Array.from({ length: 4096 }, (_, i): readonly [number, number, number, number] => [i, 1, 2, 3]);
  const addAll = (map: IdMap, ids: typeof chosen): number => {
    let count = 0;
    for (const id of ids) {
      const hash = map.hash(...id);
      if (map.find(...id, hash) >= 0 || !map.hasPlace(hash)) continue;
      map.insert(count++, ...id, hash);
    }
    for (const id of ids) map.find(...id, map.hash(...id));
    return count;
  };

  test('is as fast as with any', () => {
    expect(addAll(new IdMap(4096, HASH_KEY), chosen)).toBe(4096);
    expect(slowdown(chosen, ordinary, (ids) => addAll(new IdMap(4096, HASH_KEY), ids))).toBeLessThan(30);
  });

  test('takes no more of them than can be found soon, though the key is known', () => {
    const key = { low: 1, high: 2 };
    const map = new IdMap(1024, key);
    const ids: (readonly [number, number, number, number])[] = [];
    for (let i = 0; ids.length < 300; i++) if ((map.hash(i, 0, 0, 0) & 2047) === 0) ids.push([i, 0, 0, 0]);
    expect(addAll(map, ids)).toBe(PROBE_LIMIT + 1);
    for (const [index, id] of ids.entries())
      expect(map.find(...id, map.hash(...id))).toBe(index <= PROBE_LIMIT ? index : -1);
    map.remove(0);
    expect(map.hasPlace(map.hash(...ids[PROBE_LIMIT + 1]!))).toBe(true);
    map.grow(4096, (index) => index > 0 && index <= PROBE_LIMIT);
    expect(map.find(...ids[PROBE_LIMIT]!, map.hash(...ids[PROBE_LIMIT]!))).toBe(PROBE_LIMIT);
  });
});

describe('DecisionCache', () => {
  test('remembers the newest ids, up to its size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.array(fc.nat(30), { maxLength: 200 }), (size, ids) => {
        const cache = new DecisionCache(size, HASH_KEY);
        const hash = new IdMap(1, HASH_KEY);
        const model: number[] = [];
        for (const id of ids) {
          cache.add(0, id, 0, 0, hash.hash(0, id, 0, 0));
          if (!model.includes(id)) model.push(id);
          if (model.length > size) model.shift();
          expect(cache.count).toBe(model.length);
        }
        for (let id = 0; id <= 30; id++)
          expect(cache.has(0, id, 0, 0, hash.hash(0, id, 0, 0))).toBe(model.includes(id));
      }),
    );
  });

  test('grows to sizes beyond its first room', () => {
    const cache = new DecisionCache(5000, HASH_KEY);
    const hash = new IdMap(1, HASH_KEY);
    for (let id = 0; id < 6000; id++) cache.add(id, 1, 2, 3, hash.hash(id, 1, 2, 3));
    expect(cache.count).toBe(5000);
    expect(cache.has(999, 1, 2, 3, hash.hash(999, 1, 2, 3))).toBe(false);
    expect(cache.has(1000, 1, 2, 3, hash.hash(1000, 1, 2, 3))).toBe(true);
  });
});

describe('MemberLists', () => {
  test('keeps the order of arrival per list', () => {
    const step = fc.record({ member: fc.nat(9), list: fc.integer({ min: -1, max: 2 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const lists = new MemberLists(3, 10);
        const model: number[][] = [[], [], []];
        for (const { member, list } of steps) {
          for (const members of model) if (members.includes(member)) members.splice(members.indexOf(member), 1);
          if (list < 0) lists.remove(member);
          else {
            lists.move(member, list);
            model[list]!.push(member);
          }
          expect(lists.listOf(member)).toBe(list);
        }
        const drained = model.map((_, list) => {
          const members: number[] = [];
          for (let member = lists.first(list); member >= 0; member = lists.first(list)) {
            members.push(member);
            lists.remove(member);
          }
          return members;
        });
        expect(drained).toEqual(model);
      }),
    );
  });
});
