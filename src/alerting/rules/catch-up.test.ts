import { expect, test } from 'vitest';
import { RuleWorld } from './testing/rule-world.ts';

const RECORD = `groups:
- name: g
  interval: 10s
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
  - record: up:sum
    expr: sum(job:up:sum)
  - alert: Many
    expr: up:sum > 1
    labels: {job: x}
`;

const both = (world: RuleWorld) => (): void => {
  world.set('up', 1, { job: 'a' });
  world.set('up', 1, { job: 'b' });
};

/** Milliseconds between the samples of a series that have no other between them, of all that was written. */
function gaps(world: RuleWorld, name: string, job?: string): number[] {
  const times = world.written
    .filter(
      ({ labels, isStale }) => labels.metricName === name && (labels.get('job') ?? '') === (job ?? '') && !isStale,
    )
    .map(({ timeMs }) => timeMs)
    .sort((a, b) => a - b);
  return times.slice(1).map((timeMs, at) => timeMs - times[at]!);
}

async function restarted(text: string, { downS, boundMs }: { downS: number; boundMs?: number }): Promise<RuleWorld> {
  const world = new RuleWorld();
  await world.load(text);
  world.manager.start();
  await world.run(35, both(world));
  await world.manager.stop();
  await world.run(downS, both(world));
  world.manager = world.newManager(boundMs === undefined ? {} : { catchUpMs: boundMs });
  await world.load(text);
  world.manager.start();
  return world;
}

test('what recording rules missed is recorded, in the order of the rules, and alerts are told nothing of it', async () => {
  const world = await restarted(RECORD, { downS: 60 });
  const sent = world.sent.length;
  const alerts = world.values('ALERTS').length;
  await world.run(35, both(world));
  for (const job of ['a', 'b']) expect(new Set(gaps(world, 'job:up:sum', job))).toEqual(new Set([10_000]));
  expect(new Set(gaps(world, 'up:sum'))).toEqual(new Set([10_000]));
  expect(new Set(world.values('up:sum'))).toEqual(new Set(['{} 2']));
  expect(world.logged).toEqual([
    expect.stringMatching(/^group g of rules in f.yml: [67] evaluations that were missed are recorded$/),
  ]);
  // One of each evaluation since the restart, and no more.
  expect(world.values('ALERTS').length - alerts).toBeLessThanOrEqual(4);
  expect(world.sent.length - sent).toBeLessThanOrEqual(1);
});

test('a gap that is longer than the bound stays', async () => {
  const world = await restarted(RECORD, { downS: 100, boundMs: 60_000 });
  await world.run(35, both(world));
  const long = gaps(world, 'up:sum').filter((gap) => gap > 10_000);
  expect(long).toHaveLength(1);
  expect(long[0]).toBeGreaterThanOrEqual(100_000);
  expect(world.logged).toEqual([]);
});

test('a rule that never recorded has missed nothing', async () => {
  const world = new RuleWorld();
  world.set('up', 1, { job: 'a' });
  await world.run(60, both(world));
  await world.load(RECORD);
  world.manager.start();
  await world.run(35, both(world));
  expect(world.values('up:sum').length).toBeLessThanOrEqual(4);
  expect(world.logged).toEqual([]);
});

test('a series that went away meanwhile ends when it did', async () => {
  const world = new RuleWorld();
  await world.load(RECORD);
  world.manager.start();
  await world.run(35, both(world));
  await world.manager.stop();
  const stoppedMs = world.clock.nowMs();
  // Five minutes after its last sample it is no more.
  await world.run(400, () => world.set('up', 1, { job: 'b' }));
  world.manager = world.newManager();
  await world.load(RECORD);
  world.manager.start();
  await world.run(35, () => world.set('up', 1, { job: 'b' }));
  const ends = world.written.filter(({ labels, isStale }) => isStale && labels.get('job') === 'a');
  expect(ends.map(({ labels }) => labels.metricName)).toEqual(['job:up:sum']);
  expect(ends[0]!.timeMs - stoppedMs).toBeGreaterThan(290_000);
  expect(ends[0]!.timeMs - stoppedMs).toBeLessThan(320_000);
});

test('a stop ends it', async () => {
  const world = await restarted(RECORD, { downS: 1200 });
  await world.run(12, both(world));
  const stopped = world.run(10, both(world)).then(() => undefined);
  await world.manager.stop();
  await stopped;
  const count = world.written.length;
  await world.run(20, both(world));
  expect(world.written).toHaveLength(count);
});

test('what fails is said once', async () => {
  const world = await restarted(RECORD, { downS: 60 });
  await world.run(10, both(world));
  world.sinkError = new Error('the disk is full');
  await world.run(14, both(world));
  expect(world.logged.filter((line) => line.includes('missed'))).toEqual([
    'group g: what its recording rules missed could not be recorded: Error: the disk is full',
  ]);
});

test('what was missed before another server took the group over is recorded from where the first one stopped', async () => {
  const world = new RuleWorld();
  await world.load(RECORD);
  world.manager.start();
  await world.run(35, both(world));
  const [group] = world.manager.groups;
  const state = group!.state!;
  await world.manager.stop();
  await world.run(25, both(world));
  let isFree = false;
  const share = { owns: () => true, mayBegin: () => isFree, isValid: true };
  world.manager = world.newManager({ share });
  await world.load(RECORD);
  world.manager.start();
  isFree = true;
  await world.manager.beginGroups(new Map([[group!.key, state]]));
  await world.run(35, both(world));
  expect(new Set(gaps(world, 'up:sum'))).toEqual(new Set([10_000]));
  expect(world.logged).toEqual([expect.stringContaining('evaluations that were missed are recorded')]);
});
