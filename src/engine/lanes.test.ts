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

test('urgent queries have lanes that others can not take, and go first', async () => {
  const lanes = new LaneGroup({ name: 'test', lanes: 3, urgentLanes: 1, maxWaiting: 2, maxWaitMs: 60_000 });
  const slow = [await lanes.acquire(never), await lanes.acquire(never)];
  const order: string[] = [];
  const waits = [lanes.acquire(never).then((lane) => order.push(`ordinary ${lane}`))];
  expect([lanes.running, lanes.waiting]).toEqual([2, 1]);
  const urgent = await lanes.acquire(never, true);
  waits.push(lanes.acquire(never, true).then((lane) => order.push(`urgent ${lane}`)));
  lanes.release(slow[0]!);
  await waits[1];
  // The ordinary one still waits for a lane that it may have: an urgent lane that falls free is not one.
  lanes.release(slow[1]!);
  await Promise.all(waits);
  expect(order).toEqual([`urgent ${slow[0]}`, `ordinary ${slow[1]}`]);
  for (const lane of [...slow, urgent]) lanes.release(lane);
  expect([lanes.running, lanes.waiting]).toEqual([0, 0]);
});

test('a lane of urgent queries that falls free is not given to others', async () => {
  const lanes = new LaneGroup({ name: 'test', lanes: 2, urgentLanes: 1, maxWaiting: 1, maxWaitMs: 60_000 });
  const slow = await lanes.acquire(never);
  const urgent = await lanes.acquire(never, true);
  const other = lanes.acquire(never);
  await expect(lanes.acquire(never)).rejects.toMatchObject({ codeName: 'TOO_MANY_SIMULTANEOUS_QUERIES' });
  lanes.release(urgent);
  expect([lanes.running, lanes.waiting]).toEqual([1, 1]);
  expect(await lanes.acquire(never, true)).toBe(urgent);
  lanes.release(slow);
  expect(await other).toBe(slow);
});
