import { ConsumeError, Deadline, messageOf } from '#base';
import type { Component, Consumer, CreateSettings, Processor } from '#component';
import {
  assertSignal,
  Batch,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  type PointChunk,
  TEMPORALITY_CUMULATIVE,
} from '#pdata';
import { decodeMetrics } from '#wire';
import type { IntervalConfig } from './config.ts';
import { HeldPoints, Intake, type Outgoing } from './held-points.ts';

/** Timers end at 24 days. */
const TIMER_LIMIT_MS = 86_400_000 * 24;

/** Hands on the last point of each series once in an interval (otelcol-contrib processor/intervalprocessor). */
export class IntervalProcessor implements Processor {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #intervalMs: number;
  /** Of these kinds of metrics points are held whatever they count from. */
  readonly #heldTypes: readonly number[];
  readonly #next: Consumer;
  readonly #stopHolding: () => void;
  #held = new HeldPoints();
  /** Taken out, and refused, or not answered yet. */
  #unsent: Outgoing[] = [];
  #sending: Promise<void> = Promise.resolve();
  #cancelTimer: () => void = () => undefined;
  #successor: IntervalProcessor | undefined;
  #isClosed = false;

  constructor(settings: CreateSettings, config: IntervalConfig, next: Consumer) {
    this.#settings = settings;
    this.#intervalMs = Math.min(config.intervalMs, TIMER_LIMIT_MS);
    this.#heldTypes = [
      ...(config.passesGauges ? [] : [METRIC_GAUGE]),
      ...(config.passesSummaries ? [] : [METRIC_SUMMARY]),
    ];
    this.#next = next;
    this.#stopHolding = settings.account.holds('metrics', () => this.#heldCount);
  }

  get #heldCount(): number {
    return this.#unsent.reduce((count, { points }) => count + points, this.#held.count);
  }

  async start(): Promise<void> {
    this.#schedule();
  }

  /** Resolves when what is not held was taken by the next component. */
  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    if (this.#isClosed) throw new ConsumeError('the interval is over; send again', { reason: 'shutdown' });
    const intake = new Intake(this.#held, batch);
    const chunks = batch.chunks.map((chunk) => {
      assertSignal(chunk, 'metrics');
      return this.#split(chunk as PointChunk, intake);
    });
    const passing = intake.count === 0 ? batch : batch.with(chunks);
    try {
      if (passing.itemCount > 0) await this.#next.consume(passing, abort);
    } catch (error) {
      intake.forget();
      throw error;
    }
    this.#settings.account.filtered('metrics', intake.keep(), 'aggregated');
  }

  /** In a reload that changes the block what is held goes on at the end of the successor's first interval. */
  handOver(successor: Component | undefined): () => void {
    this.#successor = successor instanceof IntervalProcessor ? successor : undefined;
    return () => undefined;
  }

  async shutdown(deadlineMs: number): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelTimer();
    if (this.#successor === undefined) {
      await new Deadline(this.#settings.clock, deadlineMs).isOver(this.#flush());
      for (const { points, end } of this.#unsent.splice(0)) {
        this.#settings.account.dropped('metrics', points, 'shutdown');
        end();
      }
    } else {
      this.#successor.#held = this.#held;
      this.#successor.#unsent = this.#unsent;
      this.#held = new HeldPoints();
      this.#unsent = [];
    }
    this.#stopHolding();
  }

  #schedule(): void {
    this.#cancelTimer = this.#settings.clock.after(this.#intervalMs, () => {
      this.#schedule();
      void this.#flush();
    });
  }

  /** Holds what is to be held, and returns the rows that go on. */
  #split(chunk: PointChunk, intake: Intake): PointChunk {
    const rows = new Uint32Array(chunk.count);
    let passing = 0;
    this.#held.enter(chunk);
    for (let index = 0; index < chunk.count; index++) {
      const row = chunk.rowAt(index);
      const isHeld = this.#holds(chunk, chunk.columns.metric[row]!) && this.#held.take(chunk, row, intake);
      if (!isHeld) rows[passing++] = row;
    }
    this.#held.leave();
    return passing === chunk.count ? chunk : chunk.select(rows.slice(0, passing));
  }

  #holds({ metrics }: PointChunk, metric: number): boolean {
    const type = metrics.type[metric]!;
    if (this.#heldTypes.includes(type)) return true;
    if (metrics.temporality[metric] !== TEMPORALITY_CUMULATIVE) return false;
    if (type === METRIC_SUM) return metrics.monotonic[metric] === 1;
    return type === METRIC_HISTOGRAM || type === METRIC_EXPONENTIAL_HISTOGRAM;
  }

  /** One at a time, so that points of a series arrive in order. */
  #flush(): Promise<void> {
    const outgoing = this.#held.takeAll();
    if (outgoing !== undefined) this.#unsent.push(outgoing);
    this.#sending = this.#sending.then(() => this.#send());
    return this.#sending;
  }

  /** What is refused is tried once more at the end of the next interval. */
  async #send(): Promise<void> {
    const requests = [...this.#unsent];
    for (const [index, request] of requests.entries()) {
      let error: unknown;
      try {
        await this.#next.consume(this.#batchOf(request));
      } catch (thrown) {
        error = thrown;
      }
      const isLast = index === requests.length - 1;
      const mayWait = isLast && !this.#isClosed && error instanceof ConsumeError && !error.permanent;
      if (error !== undefined) {
        const what = mayWait ? 'points were refused, and wait' : 'points were refused, and are lost';
        this.#settings.logger.warn(what, { error: messageOf(error), points: request.points });
        if (mayWait) return;
        this.#settings.account.dropped('metrics', request.points, 'refused');
      }
      // Given up at the end of a stop, and then answered.
      else if (!this.#unsent.includes(request)) {
        this.#settings.account.added('metrics', request.points, 'taken_after_all');
      }
      this.#unsent = this.#unsent.filter((one) => one !== request);
      request.end();
    }
  }

  #batchOf({ body, leases }: Outgoing): Batch {
    const { chunk } = decodeMetrics(body);
    chunk.leases = leases;
    return new Batch('metrics', [chunk]);
  }
}
