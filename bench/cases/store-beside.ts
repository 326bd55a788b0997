import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { RunningSignalbox } from '../../test/lib/signalbox.ts';
import { cpuSeconds, processTree, sleep } from '../lib/processes.ts';

/**
 * What a span costs all our processes together, until merges are done, and what it takes on disk: of this checkout, and of another one (of an
 * older commit, with its node_modules) in the same run, turn by turn, because only the ratio means something on a machine that others use.
 * The load is the generator's beside the checkout. Each line is added to bench/results/store-beside.txt.
 *
 *   node bench/cases/store-beside.ts OTHER_CHECKOUT [spans, default 1000000] [rounds, default 2]
 */
const OWN = fileURLToPath(new URL('../..', import.meta.url));
const GENERATOR = fileURLToPath(new URL('../../../shared/load/otlp.mjs', import.meta.url));
const RESULTS = fileURLToPath(new URL('../results/store-beside.txt', import.meta.url));
const QUIET_CHECKS = 10;

interface Measured {
  readonly microseconds: number;
  readonly line: string;
}

async function send(url: string, items: number): Promise<void> {
  const child = spawn(process.execPath, [GENERATOR, 'traces', '--url', url, '--items', String(items)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the load generator ended with ${code}`);
}

async function measure(checkout: string, items: number): Promise<Measured> {
  const library = pathToFileURL(join(checkout, 'test/lib/signalbox.ts')).href;
  const { startSignalbox } = (await import(library)) as { startSignalbox: () => Promise<RunningSignalbox> };
  const box = await startSignalbox();
  try {
    const ask = async (sql: string): Promise<number> => Number(await box.query(sql));
    const cpu = (): number => processTree(box.supervisorPid).reduce((sum, pid) => sum + cpuSeconds(pid), 0);
    const engine = box.pidOf('engine')!;
    const before = { all: cpu(), engine: cpuSeconds(engine) };
    await send(box.otlpUrl, items);
    while ((await ask('SELECT count() FROM signalbox.spans')) < items) await sleep(300);
    // Merges come one after the other: only a while without any is their end.
    for (let quiet = 0; quiet < QUIET_CHECKS; await sleep(500))
      quiet = (await ask('SELECT count() FROM system.merges')) === 0 ? quiet + 1 : 0;
    const perSpan = (seconds: number): number => (seconds / items) * 1e6;
    const microseconds = perSpan(cpu() - before.all);
    const bytes = await ask(
      `SELECT sum(bytes_on_disk) / ${items} FROM system.parts WHERE active AND database = 'signalbox'`,
    );
    const line = [
      `${microseconds.toFixed(2)} µs a span`,
      `engine ${perSpan(cpuSeconds(engine) - before.engine).toFixed(2)}`,
      `${Math.round(1e6 / microseconds)} spans per CPU-second`,
      `${bytes.toFixed(1)} bytes on disk`,
    ].join(', ');
    return { microseconds, line };
  } finally {
    await box.stop();
  }
}

function print(line: string): void {
  console.log(line);
  appendFileSync(RESULTS, `${line}\n`);
}

const [other, items = '1000000', rounds = '2'] = process.argv.slice(2);
if (other === undefined) throw new Error('which other checkout is it to be measured beside?');
print(`${new Date().toISOString()} · ${items} spans · load ${loadavg()[0]!.toFixed(1)}`);
for (let round = 0; round < Number(rounds); round++) {
  const own = await measure(OWN, Number(items));
  print(`this    ${own.line}`);
  const theirs = await measure(resolve(other), Number(items));
  print(`other   ${theirs.line}`);
  print(`ratio   ${(own.microseconds / theirs.microseconds).toFixed(2)}`);
}
