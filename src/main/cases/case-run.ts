import { ConfigErrors, ManualClock, messageOf } from '#base';
import { Collector } from '#collector';
import type { ComponentRegistry, Consumer } from '#component';
import { type LoadedConfig, processEnvironment } from '#config';
import { type Item, itemsOf } from '#inspect';
import type { Batch, Signal } from '#pdata';
import { loadConfiguration } from '../configuration.ts';
import { readFlags } from '../flags.ts';
import type { CaseFile, TestCase } from './case-file.ts';
import { CaseWatch, type LeftOut, type Reported } from './case-watch.ts';
import { mistake } from './reading.ts';
import { ReplacedRegistry, realId, withStubs } from './replaced.ts';
import { pass, passUntil, settle } from './simulated-time.ts';

/** What came of a case. */
export interface CaseOutcome {
  /** What arrived, by exporter. An exporter that no pipeline has is not in it. */
  readonly exported: ReadonlyMap<string, readonly Item[]>;
  readonly leftOut: readonly LeftOut[];
  readonly reports: readonly Reported[];
  /** What senders were told. */
  readonly refusals: readonly string[];
  /** Ids of the processors that there are. */
  readonly processors: readonly string[];
  /** Warnings and errors that components logged. */
  readonly logged: readonly string[];
}

/** Simulated time that passes at most after the last step, until nothing is held any more. */
const HELD_LIMIT_MS = 600_000;
const STOP_LIMIT_MS = 60_000;
const LOG_LINES_LIMIT = 20;

/** Reads the configuration of a file of cases. Throws ConfigErrors. */
export async function loadCaseConfig(file: CaseFile): Promise<LoadedConfig> {
  const args = [...file.config.map((uri) => `--config=${uri}`), ...file.sets.map((set) => `--set=${set}`)];
  // Nothing listens: not for the own metrics either.
  const flags = readFlags([...args, '--set=service::telemetry::metrics::level=none'], {});
  const env = { ...process.env, ...Object.fromEntries(file.env) };
  const loaded = await loadConfiguration(flags, undefined, { ...processEnvironment, env });
  const { root, unknown } = withStubs(loaded.root, file.stubs);
  if (unknown.length > 0) {
    throw new ConfigErrors([
      mistake({ file: file.file, line: 1, column: 1 }, `stub: no processor is called ${unknown.join(', ')}`),
    ]);
  }
  return { ...loaded, root };
}

/** Runs one case through the pipelines of a configuration, in simulated time. */
export async function runCase(
  file: CaseFile,
  one: TestCase,
  loaded: LoadedConfig,
  components: ComponentRegistry,
): Promise<CaseOutcome> {
  const run = new CaseRun(file, loaded, components);
  await run.start();
  for (const step of one.given) {
    if (step.kind === 'wait') await pass(run.clock, step.ms);
    else await run.send(step);
  }
  return run.finish();
}

class CaseRun {
  readonly clock: ManualClock;
  readonly #watch = new CaseWatch();
  readonly #collector: Collector;
  readonly #receivers = new Map<string, Partial<Record<Signal, Consumer>>>();
  readonly #exported = new Map<string, Item[]>();
  readonly #refusals: string[] = [];
  readonly #logged: string[] = [];

  constructor(file: CaseFile, loaded: LoadedConfig, components: ComponentRegistry) {
    this.clock = new ManualClock(file.startMs);
    const edges = {
      received: (id: string, next: Partial<Record<Signal, Consumer>>): void => void this.#receivers.set(id, next),
      exporting: (id: string): void => void this.#itemsAt(id),
      exported: (id: string, batch: Batch): void => void this.#itemsAt(id).push(...itemsOf(batch)),
    };
    this.#collector = new Collector({
      registry: new ReplacedRegistry(components, edges, file.stubs),
      load: () => Promise.resolve(loaded),
      version: 'test',
      stateDir: '',
      clock: this.clock,
      random: randomFrom(file.seed),
      logSink: (line) => this.#log(line),
      ownMetricsExporterType: '',
    });
    this.#collector.watchers.add(this.#watch);
  }

  async start(): Promise<void> {
    await this.#collector.start();
    // What a configuration is warned of, lint says.
    this.#logged.length = 0;
  }

  async send({ signal, receiver, place, batch }: Extract<TestCase['given'][number], { kind: 'send' }>): Promise<void> {
    const takers = [...this.#receivers].filter(([, next]) => next[signal] !== undefined).map(([id]) => id);
    const id = receiver ?? takers.find((taker) => taker.split('/')[0] === 'otlp') ?? takers[0];
    const next = id === undefined ? undefined : this.#receivers.get(id)?.[signal];
    if (next === undefined) {
      const there = takers.length === 0 ? 'no receiver does' : `these do: ${takers.join(', ')}`;
      throw mistake(
        place,
        `no pipeline takes ${signal} from the receiver ${receiver ?? ''}; ${there}`.replace('  ', ' '),
      );
    }
    // What waits for its batch to be full answers later: time has to pass for it.
    next.consume(batch(this.clock.nowMs())).catch((error: unknown) => void this.#refusals.push(messageOf(error)));
    await settle();
  }

  async finish(): Promise<CaseOutcome> {
    await passUntil(this.clock, () => this.#heldCount === 0, HELD_LIMIT_MS);
    const { pipelines } = this.#collector.describe();
    let isOver = false;
    const stopping = this.#collector.shutdown(STOP_LIMIT_MS).finally(() => {
      isOver = true;
    });
    await passUntil(this.clock, () => isOver, 2 * STOP_LIMIT_MS);
    await stopping;
    return {
      exported: this.#exported,
      leftOut: this.#watch.leftOut(),
      reports: this.#watch.reports,
      refusals: this.#refusals,
      processors: [...new Set(pipelines.flatMap(({ processors }) => processors.map(realId)))],
      logged: this.#logged,
    };
  }

  get #heldCount(): number {
    let held = 0;
    for (const { name, series } of this.#collector.metrics.collect()) {
      if (name !== 'signalbox.component.held_items') continue;
      for (const one of series.values()) held += one.read() as number;
    }
    return held;
  }

  #itemsAt(id: string): Item[] {
    let items = this.#exported.get(id);
    if (items === undefined) {
      items = [];
      this.#exported.set(id, items);
    }
    return items;
  }

  #log(line: string): void {
    if (this.#logged.length < LOG_LINES_LIMIT && /\t(warn|error)\t|"level":"(warn|error)"/.test(line))
      this.#logged.push(line);
  }
}

/** Numbers in [0, 1) that are the same in each run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
