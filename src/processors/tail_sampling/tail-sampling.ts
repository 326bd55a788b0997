import { ConsumeError, cancelledError, Deadline, onAbort } from '#base';
import type { Component, Consumer, CreateSettings, Processor } from '#component';
import { failureLog } from '#ottl';
import type { Batch, SpanChunk } from '#pdata';
import { compact } from '#wire';
import type { TailSamplingConfig } from './config.ts';
import { RECORD_POLICY } from './decision-record.ts';
import { DecisionMaker } from './decisions.ts';
import { SpanSelection } from './held-spans.ts';
import { type TailSamplingMetrics, tailSamplingMetrics } from './metrics.ts';
import { compilePolicies } from './policies.ts';
import { ReleaseQueue } from './release-queue.ts';
import { type BufferFigures, TraceBuffer } from './trace-buffer.ts';

const TICK_MS = 1000;

/**
 * Holds spans until their trace had time to complete, then keeps or drops whole traces (otelcol-contrib
 * processor/tailsamplingprocessor). TraceBuffer takes spans in and knows what waits, DecisionMaker decides what is due, ReleaseQueue
 * delivers what is kept; this class runs their clock.
 */
export class TailSamplingProcessor implements Processor {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #config: TailSamplingConfig;
  readonly #metrics: TailSamplingMetrics;
  readonly #buffer: TraceBuffer;
  readonly #queue: ReleaseQueue;
  readonly #decisions: DecisionMaker;
  readonly #stopHolding: () => void;
  #startMs = 0;
  #ticks = 0;
  #cancelTimer: (() => void) | undefined = undefined;
  #closed = false;
  #successor: TailSamplingProcessor | undefined = undefined;
  /** Senders that wait for room (block_on_overflow). */
  readonly #blocked = new Set<() => void>();

  constructor(settings: CreateSettings, config: TailSamplingConfig, next: Consumer) {
    const { account, clock, logger, meter, random } = settings;
    this.#settings = settings;
    this.#config = config;
    const { conditions, policies } = compilePolicies(config.policies, clock, failureLog(logger, clock));
    this.#metrics = tailSamplingMetrics(meter, nameOf(settings.id), policies, {
      traces: () => this.#buffer.table.count,
      wireBytes: () => this.#buffer.figures().wireBytes,
      memoryBytes: () => this.#buffer.figures().memoryBytes,
    });
    this.#buffer = new TraceBuffer(config, conditions, { metrics: this.#metrics, account, clock });
    this.#queue = new ReleaseQueue({
      next,
      clock,
      logger,
      random,
      account,
      onProgress: () => {
        if (this.#buffer.nextDue >= 0) this.#decide();
      },
    });
    this.#decisions = new DecisionMaker({
      buffer: this.#buffer,
      policies,
      decidesOnIngest: config.decidesOnIngest,
      sampleOnFirstMatch: config.sampleOnFirstMatch,
      queue: this.#queue,
      metrics: this.#metrics,
      account,
      clock,
      recordsPolicy: settings.featureGates.includes(RECORD_POLICY),
    });
    if (config.decidesOnIngest) this.#buffer.judge = (slot) => this.#decisions.judge(slot);
    this.#stopHolding = account.holds('traces', () => this.#buffer.figures().spans + this.#queue.spanCount);
  }

  async start(): Promise<void> {
    this.#startMs = this.#settings.clock.monotonicMs();
    this.#schedule();
    this.#queue.start();
  }

  /** Resolves when the spans are held, in memory: a journal in front of the pipeline makes that safe. */
  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    if (this.#closed) throw shutdownError();
    // What a processor changed lies in tables beside the received bytes. Written out once, spans are bytes again.
    const source = batch.chunks.some((chunk) => chunk.isModified) ? compact(batch) : batch;
    let taken = 0;
    for (const chunk of source.chunks) {
      let index = 0;
      while (index < chunk.count) {
        const from = index;
        index = this.#buffer.take(chunk as SpanChunk, index);
        taken += index - from;
        if (index < chunk.count && !(await this.#hasRoom(abort))) {
          this.#settings.account.added('traces', taken, 'sent_again');
          throw this.#closed ? shutdownError() : cancelledError();
        }
      }
    }
    if (this.#config.decidesOnIngest) this.#decide();
  }

  /** In a reload that changes the policies nothing is decided early: the traces go on waiting in the successor, which decides. */
  handOver(successor: Component | undefined): () => void {
    this.#successor = successor instanceof TailSamplingProcessor ? successor : undefined;
    return () => undefined;
  }

  /** Decides all that waits by what is there, unless the configuration says to drop it, and delivers what was kept. */
  async shutdown(deadlineMs: number): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer?.();
    this.#unblock();
    const deadline = new Deadline(this.#settings.clock, deadlineMs);
    if (this.#successor === undefined) await this.#finish(deadline);
    else await this.#moveTo(this.#successor, deadline);
    this.#stopHolding();
    this.#metrics.close();
  }

  async #moveTo(successor: TailSamplingProcessor, deadline: Deadline): Promise<void> {
    this.#buffer.handTo(successor.#buffer);
    if (this.#buffer.hasLateSpans) {
      const late = new SpanSelection();
      this.#buffer.releaseLate(late);
      late.moveTo((batch) => successor.#queue.push(batch));
    }
    this.#queue.handTo(successor.#queue);
    await deadline.isOver(this.#queue.idle());
    this.#queue.close(successor.#queue);
  }

  async #finish(deadline: Deadline): Promise<void> {
    this.#buffer.advanceToEnd();
    if (this.#config.dropPendingTracesOnShutdown) this.#discardDue();
    await deadline.isOver(this.#deliverAll());
    this.#queue.close();
    this.#discardDue();
    this.#buffer.seal();
    const lateCount = this.#buffer.discardLate();
    this.#settings.account.dropped('traces', lateCount, 'shutdown');
  }

  /** What is held now. */
  describe(): BufferFigures {
    return this.#buffer.figures();
  }

  async #deliverAll(): Promise<void> {
    this.#decisions.decideDue();
    // The queue's progress decides what is still due, so it may fill again.
    while (this.#queue.spanCount > 0) await this.#queue.idle();
  }

  #discardDue(): void {
    const nowMs = this.#settings.clock.monotonicMs();
    for (let slot = this.#buffer.nextDue; slot >= 0; slot = this.#buffer.nextDue) {
      this.#settings.account.dropped('traces', this.#buffer.discard(slot, nowMs), 'shutdown_undecided');
    }
  }

  #schedule(): void {
    const { clock } = this.#settings;
    const nextMs = this.#startMs + (this.#ticks + 1) * TICK_MS;
    this.#cancelTimer = clock.after(Math.max(0, nextMs - clock.monotonicMs()), () => this.#tick());
  }

  #tick(): void {
    const { clock } = this.#settings;
    const startMs = clock.monotonicMs();
    // More than one where the process stood still for a while.
    const ticks = Math.max(this.#ticks + 1, Math.floor((startMs - this.#startMs) / TICK_MS));
    for (; this.#ticks < ticks; this.#ticks++) this.#buffer.advance();
    this.#schedule();
    this.#decide();
    this.#metrics.timerLatencyMs.record(clock.monotonicMs() - startMs);
  }

  #decide(): void {
    this.#decisions.decideDue();
    this.#unblock();
  }

  /** Waits for room. Resolves to false where none comes any more. */
  #hasRoom(abort: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const go = (): void => {
        stopWatching();
        resolve(!this.#closed && abort?.aborted !== true);
      };
      let stopWatching = (): void => undefined;
      this.#blocked.add(go);
      stopWatching = onAbort(abort, () => {
        this.#blocked.delete(go);
        go();
      });
    });
  }

  #unblock(): void {
    const blocked = [...this.#blocked];
    this.#blocked.clear();
    for (const resume of blocked) resume();
  }
}

function nameOf(id: string): string {
  const slash = id.indexOf('/');
  return slash < 0 ? '' : id.slice(slash + 1);
}

function shutdownError(): ConsumeError {
  return new ConsumeError('the tail sampler is shutting down; send again', { reason: 'shutdown' });
}
