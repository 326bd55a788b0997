import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Busy } from './busy.ts';
import { LargeBodies, type LargePlace } from './large-bodies.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** What has come of each body, in order: `in`, `busy`, or nothing yet. */
function enterAll(
  large: LargeBodies,
  sizes: readonly number[],
): { states: string[]; places: (LargePlace | undefined)[] } {
  const states: string[] = sizes.map(() => '');
  const places: (LargePlace | undefined)[] = [];
  sizes.forEach((size, i) => {
    large.enter(size)?.then(
      (place) => {
        states[i] = 'in';
        places[i] = place;
      },
      (error: unknown) => {
        expect(error).toBeInstanceOf(Busy);
        states[i] = 'busy';
      },
    );
  });
  return { states, places };
}

test('small bodies pass, large ones come in while they fit together, in their order', async () => {
  const large = new LargeBodies(2000);
  expect(large.enter(100)).toBeUndefined();
  expect(large.enter(Number.NaN)).toBeUndefined();
  const { states, places } = enterAll(large, [600, 600, 600, 200, 1600]);
  await vi.advanceTimersByTimeAsync(0);
  expect(states).toEqual(['in', 'in', '', '', '']);
  places[0]!.leave();
  places[0]!.leave();
  await vi.advanceTimersByTimeAsync(0);
  expect(states).toEqual(['in', 'in', 'in', 'in', '']);
  for (const place of places.slice(1)) place!.leave();
  await vi.advanceTimersByTimeAsync(0);
  expect(states[4]).toBe('in');
});

test('who waits too long is told to come again; one that is larger than all the room comes in alone', async () => {
  const large = new LargeBodies(1600);
  const { states, places } = enterAll(large, [5000, 200]);
  await vi.advanceTimersByTimeAsync(0);
  expect(states).toEqual(['in', '']);
  places[0]!.complete();
  await vi.advanceTimersByTimeAsync(6000);
  expect(states).toEqual(['in', 'busy']);
  places[0]!.leave();
  expect(enterAll(large, [200]).states).toEqual(['']);
});

test('a body of which nothing comes keeps nobody out', async () => {
  const large = new LargeBodies(2000);
  const { states, places } = enterAll(large, [800, 800, 800]);
  await vi.advanceTimersByTimeAsync(1500);
  places[1]!.touch();
  expect(states).toEqual(['in', 'in', '']);
  await vi.advanceTimersByTimeAsync(1000);
  expect(states).toEqual(['in', 'in', 'in']);
});
