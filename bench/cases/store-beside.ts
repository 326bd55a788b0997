import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { RunningSignalbox } from '../../test/lib/signalbox.ts';
import { cpuSeconds, processTree, sleep } from '../lib/processes.ts';

/**
 * What a span, a log record or a data point costs all our processes together, until merges are done, and what it takes on disk: of this
 * checkout, and of another one (of an older commit, with its node_modules) in the same run, turn by turn, because only the ratio means something
 * on a machine that others use. The load is the generator's beside the checkout. Each line is added to bench/results/store-beside.txt.
 *
 *   node bench/cases/store-beside.ts OTHER_CHECKOUT [traces|logs|metrics, default traces] [items, default 1000000] [rounds, default 2]
 */
const OWN = fileURLToPath(new URL('../..', import.meta.url));
const GENERATOR = fileURLToPath(new URL('../../../shared/load/otlp.mjs', import.meta.url));
const RESULTS = fileURLToPath(new URL('../results/store-beside.txt', import.meta.url));
const QUIET_CHECKS = 10;
const SERIES = 10_000;
const SECONDS_PER_HOUR = 3600;
/** Sent and settled before anything is counted: programs are compiled then, and metrics have their series. */
const WARM_UP_ITEMS = 100_000;

const TABLES = {
  traces: ['spans'],
  logs: ['logs'],
  metrics: ['metric_points', 'metric_histograms'],
} as const;
type BesideSignal = keyof typeof TABLES;

interface Measured {
  readonly microseconds: number;
  readonly line: string;
}

/** The generator's flags for so many items. Metrics are the points of 10,000 series, one every 15 s. */
function flagsOf(signal: BesideSignal, items: number): readonly string[] {
  if (signal !== 'metrics') return ['--items', String(items)];
  const hours = (items / SERIES + 0.001) * (15 / SECONDS_PER_HOUR);
  return ['--series', String(SERIES), '--interval', '15', '--hours', String(hours)];
}

/** Returns how many items were accepted. */
async function send(url: string, signal: BesideSignal, items: number, more: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [GENERATOR, signal, '--url', url, ...flagsOf(signal, items), ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the load generator ended with ${code}`);
  return (JSON.parse(text.trim().split('\n').at(-1)!) as { accepted: number }).accepted;
}

async function measure(checkout: string, signal: BesideSignal, wanted: number): Promise<Measured> {
  const library = pathToFileURL(join(checkout, 'test/lib/signalbox.ts')).href;
  const { startSignalbox } = (await import(library)) as { startSignalbox: () => Promise<RunningSignalbox> };
  const box = await startSignalbox();
  try {
    const ask = async (sql: string): Promise<number> => Number(await box.query(sql));
    const counts = TABLES[signal].map((table) => `(SELECT count() FROM signalbox.${table})`);
    const stored = (): Promise<number> => ask(`SELECT ${counts.join(' + ')}`);
    const cpu = (): number => processTree(box.supervisorPid).reduce((sum, pid) => sum + cpuSeconds(pid), 0);
    const engine = box.pidOf('engine')!;
    /** Sends, and waits until all is stored and merged. Returns how many items that were. */
    const load = async (count: number, more: readonly string[] = []): Promise<number> => {
      const already = await stored().catch(() => 0);
      const items = await send(box.otlpUrl, signal, count, more);
      while ((await stored()) < items + already) await sleep(300);
      // Merges come one after the other: only a while without any is their end.
      for (let quiet = 0; quiet < QUIET_CHECKS; await sleep(500))
        quiet = (await ask('SELECT count() FROM system.merges')) === 0 ? quiet + 1 : 0;
      return items;
    };
    const mergedRows = (): Promise<number> => ask("SELECT sum(value) FROM system.events WHERE event = 'MergedRows'");
    await load(WARM_UP_ITEMS, signal === 'metrics' ? [] : ['--seed', '2']);
    const before = { all: cpu(), engine: cpuSeconds(engine), merged: await mergedRows() };
    const items = await load(wanted);
    const perItem = (seconds: number): number => (seconds / items) * 1e6;
    const microseconds = perItem(cpu() - before.all);
    const merged = (await mergedRows()) - before.merged;
    const bytes = await ask(
      `SELECT sum(bytes_on_disk) / ${items + WARM_UP_ITEMS} FROM system.parts WHERE active AND database = 'signalbox'`,
    );
    const line = [
      `${microseconds.toFixed(2)} µs an item`,
      `engine ${perItem(cpuSeconds(engine) - before.engine).toFixed(2)}`,
      `rows merged ${(merged / items).toFixed(2)} times`,
      `${Math.round(1e6 / microseconds)} items per CPU-second`,
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

const [other, signal = 'traces', items = '1000000', rounds = '2'] = process.argv.slice(2);
if (other === undefined) throw new Error('which other checkout is it to be measured beside?');
if (!(signal in TABLES)) throw new Error(`expected traces, logs or metrics, got ${signal}`);
print(`${new Date().toISOString()} · ${items} of ${signal} · load ${loadavg()[0]!.toFixed(1)}`);
for (let round = 0; round < Number(rounds); round++) {
  const own = await measure(OWN, signal as BesideSignal, Number(items));
  print(`this    ${own.line}`);
  const theirs = await measure(resolve(other), signal as BesideSignal, Number(items));
  print(`other   ${theirs.line}`);
  print(`ratio   ${(own.microseconds / theirs.microseconds).toFixed(2)}`);
}
