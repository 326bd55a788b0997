import { expect, test } from 'vitest';
import { LaneGroup } from './lanes.ts';

const never = new AbortController().signal;

function group(maxWaitMs = 60_000): LaneGroup {
  return new LaneGroup({ name: 'test', lanes: 2, maxWaiting: 2, maxWaitMs });
}

test('lanes are given in the order of asking, and none twice', async () => {
  const lanes = group();
  const [a, b] = [await lanes.acquire(never), await lanes.acquire(never)];
  expect([a, b].sort()).toEqual([0, 1]);
  const order: string[] = [];
  const third = lanes.acquire(never).then((lane) => order.push(`third ${lane}`));
  const fourth = lanes.acquire(never).then((lane) => order.push(`fourth ${lane}`));
  expect([lanes.running, lanes.waiting]).toEqual([2, 2]);
  lanes.release(b);
  lanes.release(a);
  await Promise.all([third, fourth]);
  expect(order).toEqual([`third ${b}`, `fourth ${a}`]);
  lanes.release(a);
  lanes.release(b);
  expect([lanes.running, lanes.waiting]).toEqual([0, 0]);
});

test('a full line refuses, an aborted waiter leaves it', async () => {
  const lanes = group();
  await lanes.acquire(never);
  await lanes.acquire(never);
  const abort = new AbortController();
  const waiting = lanes.acquire(abort.signal).catch((error: unknown) => error);
  const other = lanes.acquire(never);
  await expect(lanes.acquire(never)).rejects.toMatchObject({ codeName: 'TOO_MANY_SIMULTANEOUS_QUERIES' });
  abort.abort(new Error('gone'));
  expect(await waiting).toMatchObject({ message: 'gone' });
  expect(lanes.waiting).toBe(1);
  lanes.release(0);
  expect(await other).toBe(0);
  await expect(lanes.acquire(abort.signal)).rejects.toThrow('gone');
});

test('waiting ends after its time', async () => {
  const lanes = group(1);
  await lanes.acquire(never);
  await lanes.acquire(never);
  await expect(lanes.acquire(never)).rejects.toMatchObject({ codeName: 'TIMEOUT_EXCEEDED' });
  expect(lanes.waiting).toBe(0);
});
