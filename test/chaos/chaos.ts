import { closeSync, globSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { eventually, freePorts } from '#base/testing.ts';
import { ROLES, type RunningSignalbox, startSignalbox } from '../lib/signalbox.ts';
import { damageSegment } from './damage-segment.ts';
import { type Account, Ledger, SIGNALS, type Signal } from './ledger.ts';
import { seededRandom } from './random.ts';
import { METRIC, SdkClient, SERVICE } from './sdk-client.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly clients: number;
  readonly print: (line: string) => void;
  readonly dataDir: string;
}

/** What came of it. */
export interface ChaosReport {
  readonly accounts: Readonly<Record<Signal, Account>>;
  /** Items that Signalbox itself said are lost, and files that it set aside. */
  readonly toldLost: number;
  readonly isMoreLost: boolean;
  readonly filesAside: number;
}

/** Nothing is lost without a word, and nothing is stored more often than it was sent. */
export function faultsOf({ accounts, toldLost, isMoreLost }: ChaosReport): string[] {
  const faults: string[] = [];
  const missing = SIGNALS.reduce((sum, signal) => sum + accounts[signal].missing, 0);
  if (missing > toldLost && !isMoreLost)
    faults.push(`${missing} acknowledged items are missing, ${toldLost} were told`);
  for (const signal of SIGNALS) {
    const { acknowledged, doubled, foreign } = accounts[signal];
    if (doubled > 0) faults.push(`${doubled} items of ${signal} are stored more often than they were sent`);
    if (foreign > 0) faults.push(`${foreign} stored items of ${signal} were never sent`);
    if (acknowledged === 0) faults.push(`no item of ${signal} was acknowledged`);
  }
  return faults;
}

const LONG_MS = 180_000;
/** A segment's file begins with its id, whatever becomes of it. */
const ID_LENGTH = 34;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A Signalbox that is started again on the same folder and ports, and clients that go on whatever happens to it. */
export class Chaos {
  readonly random: () => number;
  readonly #options: ChaosOptions;
  readonly #ledger = new Ledger();
  #clients: SdkClient[] = [];
  #ports: readonly number[] = [];
  #box: RunningSignalbox | undefined;
  /** What the processes before the present ones printed. */
  #output = '';

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.random = seededRandom(options.seed);
  }

  get box(): RunningSignalbox {
    return this.#box!;
  }

  async start(): Promise<void> {
    this.#ports = await freePorts(7);
    await this.#startBox();
    const { clients, seed } = this.#options;
    this.#clients = Array.from(
      { length: clients },
      (_, i) => new SdkClient(this.box.otlpUrl, `client-${seed}-${i}`, this.#ledger),
    );
  }

  async #startBox(): Promise<void> {
    this.#box = await startSignalbox({ dataDir: this.#options.dataDir, ports: this.#ports });
  }

  /** Until clients were told that some more of their items are safe, or for a while. */
  async traffic(items: number, limitMs = 20_000): Promise<void> {
    const wanted = this.#ledger.acknowledged + items;
    const endMs = performance.now() + limitMs;
    while (this.#ledger.acknowledged < wanted && performance.now() < endMs) await pause(20);
  }

  /** Kills one of the processes, or all of them, at a random moment. */
  async kill(): Promise<string> {
    await pause(this.random() * 400);
    const choice = Math.floor(this.random() * 10);
    const role = choice < 4 ? 'collector' : choice < 8 ? 'engine' : choice < 9 ? 'server' : undefined;
    if (role === undefined) {
      await this.restart();
      return 'all';
    }
    const pid = await eventually(`${role} runs`, () => Promise.resolve(this.box.pidOf(role)), LONG_MS);
    process.kill(pid, 'SIGKILL');
    return role;
  }

  /** Kills all processes, does something to what they left, and starts them again. */
  async restart(between: () => void = () => undefined): Promise<void> {
    await this.box.kill();
    this.#output += this.box.output();
    between();
    await this.#startBox();
  }

  /** Lets segments pile up in front of an engine that stands still, kills everything and damages one of them. */
  async damage(): Promise<string> {
    const pid = await eventually('the engine runs', () => Promise.resolve(this.box.pidOf('engine')), LONG_MS);
    await this.#delivered();
    process.kill(pid, 'SIGSTOP');
    await this.traffic(300 + Math.floor(this.random() * 600));
    let done: string | undefined;
    await this.restart(() => {
      done = damageSegment(this.#options.dataDir, this.random);
    });
    return done ?? 'no closed segment was there';
  }

  /** Waits until what is in the spool now is stored or set aside, so that each blow meets segments of its own. */
  async #delivered(): Promise<void> {
    const segments = (): string[] =>
      globSync(`${this.#options.dataDir}/**/spool/*.seg`).map((path) => basename(path).slice(0, ID_LENGTH));
    const before = new Set(segments());
    await eventually(
      'earlier segments are delivered',
      () => Promise.resolve(!segments().some((id) => before.has(id)) || undefined),
      LONG_MS,
    );
  }

  /** Another program takes all of the disk but a little, for a while. */
  async fillDisk(): Promise<string> {
    const leftBytes = Math.floor(this.random() ** 3 * 24 * 2 ** 20);
    const filler = join(this.#options.dataDir, 'filler');
    const endMs = performance.now() + 2_000 + this.random() * 3_000;
    const file = openSync(filler, 'a');
    try {
      // It takes what becomes free, too.
      while (performance.now() < endMs) {
        takeDisk(file, filler, leftBytes);
        await pause(50);
      }
    } finally {
      closeSync(file);
    }
    const isRestarted = this.random() < 0.5;
    if (isRestarted) await this.restart(() => rmSync(filler));
    else rmSync(filler);
    return `all but ${Math.floor(leftBytes / 1024)} KiB${isRestarted ? ', then all were killed' : ''}`;
  }

  /** Ends the clients, waits until the store has what it will ever have, and compares. */
  async settle(): Promise<ChaosReport> {
    for (const role of ROLES) await eventually(`${role} runs`, () => Promise.resolve(this.box.pidOf(role)), LONG_MS);
    await this.traffic(200);
    await Promise.all(this.#clients.map((client) => client.stop()));
    await eventually(
      'the spool is empty',
      () => Promise.resolve(globSync(`${this.#options.dataDir}/**/spool/*.seg`).length === 0 || undefined),
      LONG_MS,
    );
    const accounts = {} as Record<Signal, Account>;
    for (const signal of SIGNALS) accounts[signal] = this.#ledger.settle(signal, await this.#stored(signal));
    return { accounts, ...this.#told() };
  }

  /** What Signalbox printed about losses. */
  #told(): Omit<ChaosReport, 'accounts'> {
    const lines = `${this.#output}${this.box.output()}`;
    let toldLost = 0;
    let isMoreLost = false;
    for (const [, atLeast, count] of lines.matchAll(/stored, (at least )?(\d+) are lost/g)) {
      toldLost += Number(count);
      isMoreLost ||= atLeast !== undefined;
    }
    const filesAside = globSync(`${this.#options.dataDir}/**/spool/rejected/*.seg`).length;
    return { toldLost, isMoreLost, filesAside };
  }

  async #stored(signal: Signal): Promise<ReadonlyMap<string, number>> {
    const queries: Record<Signal, string> = {
      traces: `SELECT lower(hex(span_id)), count() FROM signalbox.spans WHERE service_name = '${SERVICE}' GROUP BY 1 FORMAT TSV`,
      logs: `SELECT body, count() FROM signalbox.logs WHERE service_name = '${SERVICE}' GROUP BY 1 FORMAT TSV`,
      metrics: `SELECT concat(any(s.client), ' ', toString(toInt64(p.value))), count()
        FROM signalbox.metric_points AS p
        INNER JOIN (SELECT series_id, any(attributes.client::String) AS client FROM signalbox.metric_series
          WHERE name = '${METRIC}' GROUP BY series_id) AS s ON s.series_id = p.series_id
        WHERE p.name = '${METRIC}' GROUP BY s.client, toInt64(p.value) FORMAT TSV`,
    };
    const rows = await eventually('the store answers', () => this.box.query(queries[signal]), LONG_MS);
    return new Map(
      rows
        .split('\n')
        .filter((row) => row !== '')
        .map((row) => row.split('\t') as [string, string])
        .map(([id, count]) => [id, Number(count)]),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.stop()));
    await this.#box?.stop();
  }
}

function takeDisk(file: number, path: string, leftBytes: number): void {
  const piece = Buffer.alloc(64 * 1024);
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(path);
      const spare = bavail * bsize - leftBytes;
      if (spare <= 0) return;
      writeSync(file, piece, 0, Math.min(piece.length, spare));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

/** The report as a table. */
export function printReport(report: ChaosReport): string {
  const columns = ['acknowledged', 'stored', 'missing', 'doubled', 'sentTwice', 'foreign'] as const;
  const heads = ['acknowledged', 'stored', 'lost', 'doubled', 'sent twice', 'foreign'];
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(8) : cell.padStart(13))).join('');
  const rows = SIGNALS.map((signal) =>
    line([signal, ...columns.map((column) => String(report.accounts[signal][column]))]),
  );
  const { toldLost, isMoreLost, filesAside } = report;
  const told = `set aside: ${filesAside} files; ${isMoreLost ? 'at least ' : ''}${toldLost} items told as lost (with Signalbox's own)`;
  return [line(['', ...heads]), ...rows, told].join('\n');
}
