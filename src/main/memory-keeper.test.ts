import { expect, test } from 'vitest';
import { MemoryKeeper, type ProcessFigures } from './memory-keeper.ts';

const MB = 1024 * 1024;

/** A process that holds `used` bytes, and some that nobody needs. */
class FakeProcess implements ProcessFigures {
  usedMb = 100;
  wasteMb = 0;
  cpu = 0;
  rounds = 0;
  externalMb = 0;
  heapMb = 30;
  factor = 0;
  heapFactor = 0;
  residentBytes(): number {
    return (this.usedMb + this.wasteMb) * MB;
  }
  cpuMs(): number {
    return this.cpu;
  }
  collectGarbage(): void {
    this.rounds++;
  }
  trim(): void {
    this.wasteMb = 0;
  }
  externalBytes(): number {
    return this.externalMb * MB;
  }
  heapBytes(): number {
    return this.heapMb * MB;
  }
  allowGrowth(external: number, heap: number): void {
    this.factor = external;
    this.heapFactor = heap;
  }
}

function looks(keeper: MemoryKeeper, count: number): void {
  for (let i = 0; i < count; i++) keeper.look(5_000);
}

test('memory is given back when the load is over, not while it is there', () => {
  const process = new FakeProcess();
  const keeper = new MemoryKeeper(process);
  process.wasteMb = 900;
  for (let i = 0; i < 5; i++) {
    process.cpu += 4_000;
    keeper.look(5_000);
  }
  expect(process.rounds).toBe(0);
  process.cpu += 50;
  keeper.look(5_000);
  expect(process).toMatchObject({ rounds: 1, wasteMb: 0 });
});

test('what a start leaves behind is given back', () => {
  const process = new FakeProcess();
  const keeper = new MemoryKeeper(process);
  process.wasteMb = 30;
  process.cpu += 1_000;
  keeper.look(5_000);
  expect(process.rounds).toBe(0);
  looks(keeper, 100);
  expect(process).toMatchObject({ rounds: 1, wasteMb: 0 });
});

test('what is freed after a round is given back, too', () => {
  const process = new FakeProcess();
  const keeper = new MemoryKeeper(process);
  process.usedMb = 600;
  looks(keeper, 1);
  process.usedMb = 110;
  process.wasteMb = 490;
  looks(keeper, 2);
  expect(process.residentBytes()).toBe(110 * MB);
});

test('rounds that give back little move apart', () => {
  const process = new FakeProcess();
  const keeper = new MemoryKeeper(process);
  process.usedMb = 600;
  looks(keeper, 720);
  expect(process.rounds).toBeLessThan(25);
  process.wasteMb = 100;
  looks(keeper, 1);
  expect(process.wasteMb).toBe(0);
});

test('memory of work that comes again every 15 s is kept while it comes, and given back when it ends', () => {
  const process = new FakeProcess();
  const keeper = new MemoryKeeper(process);
  looks(keeper, 1);
  for (let scrape = 0; scrape < 240; scrape++) {
    process.cpu += 1_000;
    process.wasteMb = 120;
    looks(keeper, 3);
  }
  expect(process.rounds).toBeLessThan(6);
  looks(keeper, 24);
  expect(process.wasteMb).toBe(0);
});

test('a process of its usual size is left alone', () => {
  const process = new FakeProcess();
  const keeper = new MemoryKeeper(process);
  looks(keeper, 1);
  process.wasteMb = 20;
  looks(keeper, 100);
  expect(process.rounds).toBe(1);
});

test.each([
  { externalMb: 1, factor: 2 },
  { externalMb: 192, factor: 1.5 },
  { externalMb: 5000, factor: 1.3 },
])(
  'with $externalMb MB of bodies and columns V8 collects all memory at $factor times as much',
  ({ externalMb, factor }) => {
    const process = new FakeProcess();
    const keeper = new MemoryKeeper(process);
    process.externalMb = externalMb;
    looks(keeper, 1);
    expect(process.factor).toBeCloseTo(factor, 2);
  },
);

test.each([
  { heapMb: 10, factor: 4 },
  { heapMb: 48, factor: 3 },
  { heapMb: 400, factor: 2 },
])('and with $heapMb MB of objects at $factor times as much of them', ({ heapMb, factor }) => {
  const process = new FakeProcess();
  const keeper = new MemoryKeeper(process);
  process.heapMb = heapMb;
  looks(keeper, 1);
  expect(process.heapFactor).toBeCloseTo(factor, 2);
});
