import { every, type Timer, unlessAborted } from '#base';
import type { ReadOptions, StoreReader } from '../../../reader/index.ts';
import type { TimedRows, TimeRange } from '../../../source/index.ts';
import { USUAL_INTERVAL_MS } from '../divide.ts';
import { type Changes, type Known, readChanges } from './changes.ts';
import { BLOCK_MS, blockOf, KeptBlock } from './kept-block.ts';

/** One metric of one tenant. */
export class KeptMetric {
  readonly blocks: Map<number, KeptBlock> = new Map();
  /** Bounds of the buckets that a histogram was seen with, as labels, by its id. */
  readonly bounds: Map<string, Set<string>> = new Map();
  refusedUntilMs = 0;
  readonly #numbers = new Map<string, number>();
  #known: Known | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** Of a series or a part of one, given where it has none. Of no other metric, and never taken back. */
  numberOf(id: string): number {
    let number = this.#numbers.get(id);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(id, number);
    }
    return number;
  }

  /** Undefined where it has none. */
  knownNumber(id: string): number | undefined {
    return this.#numbers.get(id);
  }

  get series(): number {
    return this.#numbers.size;
  }

  get bytes(): number {
    let bytes = METRIC_BYTES + SERIES_BYTES * this.#numbers.size;
    for (const block of this.blocks.values()) bytes += block.bytes;
    return bytes;
  }

  /**
   * Forgets the blocks that rows have come to, as the store is now. Afterwards a block may be lacking, but has what was there when this was asked. What
   * is read into it later has at least that too.
   */
  refresh(read: (known: Known | undefined) => Promise<Changes>): Promise<void> {
    if (this.#running === undefined && this.#next === undefined) return this.#begin(read);
    // What runs has begun before: it may not have seen what this asker knows to be there.
    this.#next ??= this.#running!.then(() => this.#begin(read));
    return this.#next;
  }

  #begin(read: (known: Known | undefined) => Promise<Changes>): Promise<void> {
    this.#next = undefined;
    const running = this.#take(read).finally(() => {
      if (this.#running === settled) this.#running = undefined;
    });
    const settled = running.catch(() => undefined);
    this.#running = settled;
    return running;
  }

  async #take(read: (known: Known | undefined) => Promise<Changes>): Promise<void> {
    const { known, changed } = await read(this.#known);
    this.#known = known;
    if (changed === 'any') this.blocks.clear();
    else for (const block of changed) this.blocks.delete(block);
  }
}

const METRIC_BYTES = 500;
/** The id's text and its number. */
const SERIES_BYTES = 100;

export interface KeptSamplesOptions {
  /** Of all that is kept, about. What was used longest ago goes first. */
  readonly maxBytes?: number;
  /** What nobody has used for so long goes. */
  readonly idleMs?: number;
  /** Milliseconds that only grow. */
  readonly nowMs?: () => number;
}

const DEFAULT_MAX_BYTES = 192 * 1024 * 1024;
const DEFAULT_IDLE_MS = 600_000;
/** Once too much is kept, so much stays. */
const KEPT_SHARE = 0.8;
/** Below, asking whether anything has changed takes the store as long as reading. */
const FEW_SAMPLES = 50_000;
/** Of what may be kept, one reading takes no more than this share; a sample is taken for so many bytes. */
const MAX_SHARE = 0.6;
const BYTES_PER_SAMPLE = 3;
/** A range of more is seldom asked for twice, and each takes some memory however few samples it has. */
const MAX_BLOCKS = 1_000;
/** Series that came and went count too: a metric that had so many begins anew. */
const MAX_NUMBERS = 400_000;

/**
 * Samples of gauges and sums between queries, compressed: a dashboard asks for the same hours again and again, and the store takes ten times as long
 * to read them, send them and have them received as it takes to look at them here. Never what the store does not have any more or not yet: before
 * each use it says what has changed.
 */
export class KeptSamples {
  readonly maxBytes: number;
  readonly #idleMs: number;
  readonly #nowMs: () => number;
  readonly #metrics = new Map<string, KeptMetric>();
  #watch: Timer | undefined;

  constructor({ maxBytes, idleMs, nowMs }: KeptSamplesOptions = {}) {
    this.maxBytes = maxBytes ?? DEFAULT_MAX_BYTES;
    this.#idleMs = idleMs ?? DEFAULT_IDLE_MS;
    this.#nowMs = nowMs ?? (() => performance.now());
  }

  get bytes(): number {
    let bytes = 0;
    for (const metric of this.#metrics.values()) bytes += metric.bytes;
    return bytes;
  }

  /** Whether it is to be expected of a reading, of series whose samples are as far apart as usual. */
  isWorthIt(series: number, { fromMs, toMs }: TimeRange): boolean {
    if (toMs - fromMs > MAX_BLOCKS * BLOCK_MS) return false;
    const samples = series * ((toMs - fromMs) / USUAL_INTERVAL_MS);
    return samples >= FEW_SAMPLES && samples * BYTES_PER_SAMPLE <= this.maxBytes * MAX_SHARE;
  }

  /** What is kept of a metric, as the store has it now. */
  async metric(reader: StoreReader, points: TimedRows, name: string, options: ReadOptions): Promise<KeptMetric> {
    const key = keyOf(reader, points, name);
    let metric = this.#metrics.get(key);
    if (metric === undefined || metric.series > MAX_NUMBERS) {
      metric = new KeptMetric();
      this.#metrics.set(key, metric);
    }
    // Others may wait for it, too: it doesn't end with this one's request.
    const { signal, ...shared } = options;
    await unlessAborted(
      metric.refresh((known) => readChanges(reader, points, name, known, shared)),
      signal,
    );
    return metric;
  }

  /** What is known of a metric, whether it is still true or not. */
  peek(reader: StoreReader, points: TimedRows, name: string): KeptMetric | undefined {
    return this.#metrics.get(keyOf(reader, points, name));
  }

  /** The metric's blocks that have a part of the range, one behind the other. */
  blocks(metric: KeptMetric, { fromMs, toMs }: TimeRange): readonly KeptBlock[] {
    const usedMs = this.#nowMs();
    const found: KeptBlock[] = [];
    for (let at = blockOf(fromMs); at < toMs; at += BLOCK_MS) {
      let block = metric.blocks.get(at);
      if (block === undefined) {
        block = new KeptBlock(at);
        metric.blocks.set(at, block);
      }
      block.usedMs = usedMs;
      found.push(block);
    }
    this.#watch ??= every(this.#idleMs / 4, () => this.forgetIdle());
    return found;
  }

  /** Whether these blocks have become larger than was to be expected: then they are forgotten, and the metric is not kept for a while. */
  isTooMuch(metric: KeptMetric, blocks: readonly KeptBlock[]): boolean {
    const bytes = blocks.reduce((sum, block) => sum + block.bytes, 0);
    if (bytes <= this.maxBytes * MAX_SHARE) return false;
    metric.blocks.clear();
    metric.refusedUntilMs = this.#nowMs() + this.#idleMs;
    return true;
  }

  /** Whether a metric had too much not long ago. */
  refuses({ refusedUntilMs }: KeptMetric): boolean {
    return this.#nowMs() < refusedUntilMs;
  }

  /** Once these blocks are not written any more. */
  settle(blocks: readonly KeptBlock[]): void {
    for (const block of blocks) block.trim();
    if (this.bytes > this.maxBytes) this.#forgetOldest(this.maxBytes * KEPT_SHARE);
  }

  #forgetOldest(maxBytes: number): void {
    const all = [...this.#metrics.values()].flatMap((metric) =>
      [...metric.blocks.values()].map((block) => ({ metric, block })),
    );
    all.sort((a, b) => a.block.usedMs - b.block.usedMs || a.block.fromMs - b.block.fromMs);
    let { bytes } = this;
    for (const { metric, block } of all) {
      if (bytes <= maxBytes) break;
      bytes -= block.bytes;
      metric.blocks.delete(block.fromMs);
    }
    this.#forgetEmpty();
  }

  /** What nobody has used for long; by itself, too. */
  forgetIdle(): void {
    const sinceMs = this.#nowMs() - this.#idleMs;
    for (const { blocks } of this.#metrics.values())
      for (const [fromMs, { usedMs }] of blocks) if (usedMs < sinceMs) blocks.delete(fromMs);
    this.#forgetEmpty();
    if (this.#metrics.size > 0) return;
    this.#watch?.cancel();
    this.#watch = undefined;
  }

  #forgetEmpty(): void {
    for (const [key, metric] of this.#metrics)
      if (metric.blocks.size === 0 && !this.refuses(metric)) this.#metrics.delete(key);
  }
}

function keyOf({ tenant }: StoreReader, { table }: TimedRows, name: string): string {
  return JSON.stringify([tenant, table, name]);
}

const KEPT = new WeakMap<object, KeptSamples>();

/**
 * Those of a reader's store; none where nothing is to be kept of it, where statements are to be seen, nor of a cluster: what one machine says of changes need
 * not be true of another one, which hands samples out.
 */
export function keptSamples(reader: StoreReader, { spent }: ReadOptions): KeptSamples | undefined {
  if (!reader.keepsSeries || reader.isCluster || spent?.statements !== undefined) return undefined;
  let kept = KEPT.get(reader.store);
  if (kept === undefined) {
    kept = new KeptSamples();
    KEPT.set(reader.store, kept);
  }
  return kept;
}
