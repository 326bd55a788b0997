import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecisionCache } from './decision-cache.ts';
import { MemberLists } from './member-lists.ts';
import { TraceIdMap } from './trace-id-map.ts';

describe('TraceIdMap', () => {
  test('behaves like a Map, also where ids collide', () => {
    const step = fc.record({ id: fc.nat(40), isRemoval: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const map = new TraceIdMap(4, 7);
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

describe('DecisionCache', () => {
  test('remembers the newest ids, up to its size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.array(fc.nat(30), { maxLength: 200 }), (size, ids) => {
        const cache = new DecisionCache(size, 3);
        const hash = new TraceIdMap(1, 3);
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
    const cache = new DecisionCache(5000, 1);
    const hash = new TraceIdMap(1, 1);
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
