import { expect, test } from 'vitest';
import { type EngineFigures, MemoryTrimmer } from './housekeeping.ts';

const MB = 1024 * 1024;

/** An engine that holds `used` bytes, and some that it needed once. */
class FakeEngine implements EngineFigures {
  usedMb = 80;
  wasteMb = 170;
  cpu = 0;
  idle = true;
  rounds = 0;
  cpuMs(): number {
    return this.cpu;
  }
  residentBytes(): number {
    return (this.usedMb + this.wasteMb) * MB;
  }
  isIdle(): boolean {
    return this.idle;
  }
  async trim(): Promise<void> {
    this.rounds++;
    this.wasteMb = 0;
  }
}

/** A look after five seconds, of which so many ms were at work. */
async function look(trimmer: MemoryTrimmer, engine: FakeEngine, cpuMs: number): Promise<void> {
  engine.cpu += cpuMs;
  await trimmer.look(5_000);
}

test('what a start needed is given back as soon as the start is over, however many small queries come', async () => {
  const engine = new FakeEngine();
  const trimmer = new MemoryTrimmer(engine);
  await look(trimmer, engine, 4_000);
  expect(engine.rounds).toBe(0);
  await look(trimmer, engine, 200);
  expect(engine).toMatchObject({ rounds: 1, wasteMb: 0 });
});

test('a load keeps what it has, and gives it back when it is over', async () => {
  const engine = new FakeEngine();
  const trimmer = new MemoryTrimmer(engine);
  await look(trimmer, engine, 100);
  engine.wasteMb = 900;
  for (let i = 0; i < 5; i++) await look(trimmer, engine, 6_000);
  expect(engine.rounds).toBe(1);
  await look(trimmer, engine, 100);
  expect(engine).toMatchObject({ rounds: 2, wasteMb: 0 });
});

test('nothing is given back while a query runs, nor where there is little', async () => {
  const engine = new FakeEngine();
  const trimmer = new MemoryTrimmer(engine);
  engine.idle = false;
  await look(trimmer, engine, 100);
  expect(engine.rounds).toBe(0);
  engine.idle = true;
  await look(trimmer, engine, 100);
  engine.wasteMb = 10;
  await look(trimmer, engine, 100);
  expect(engine.rounds).toBe(1);
});
