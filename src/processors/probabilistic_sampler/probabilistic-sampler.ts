import type { Consumer, Counter, CreateSettings, Processor } from '#component';
import { type Batch, type Chunk, type LogChunk, type Signal, SpanChunk } from '#pdata';
import type { ProbabilisticSamplerConfig } from './config.ts';
import { Decider, type Decision } from './decider.ts';
import { LogSampler } from './log-sampler.ts';
import { judgeSpan } from './span-sampler.ts';

/** Keeps a share of the items, the same ones as every other collector with the same settings. */
export class ProbabilisticSampler implements Processor {
  readonly mutatesData = true;
  readonly #settings: CreateSettings;
  readonly #next: Consumer;
  readonly #decider: Decider;
  readonly #logs: LogSampler;
  readonly #signal: Signal;
  /** By policy, kept or not. The policies are few words, and the name of an attribute of the configuration. */
  readonly #counters = new Map<string, Counter>();

  constructor(settings: CreateSettings, config: ProbabilisticSamplerConfig, signal: Signal, next: Consumer) {
    this.#settings = settings;
    this.#next = next;
    this.#signal = signal;
    this.#decider = new Decider(config);
    this.#logs = new LogSampler(this.#decider, config);
  }

  async start(): Promise<void> {}

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const kept = batch.with(batch.chunks.map((chunk) => this.#sample(chunk)));
    if (kept.itemCount > 0) await this.#next.consume(kept, abort);
    this.#settings.account.sampledOut(batch.signal, batch.itemCount - kept.itemCount, 'not_sampled');
  }

  async shutdown(): Promise<void> {}

  #sample(chunk: Chunk): Chunk {
    const rows = new Uint32Array(chunk.count);
    let count = 0;
    const judge = this.#judgeOf(chunk);
    for (let index = 0; index < chunk.count; index++) {
      const row = chunk.rowAt(index);
      const { isKept, policy } = judge(row);
      if (isKept) rows[count++] = row;
      this.#counter(policy, isKept).add(1);
    }
    return chunk.select(rows.subarray(0, count));
  }

  #judgeOf(chunk: Chunk): (row: number) => Decision {
    if (chunk instanceof SpanChunk) {
      const span = chunk.view();
      return (row) => {
        span.row = row;
        return judgeSpan(this.#decider, chunk, span);
      };
    }
    const logs = chunk as LogChunk;
    const log = logs.view();
    return (row) => {
      log.row = row;
      return this.#logs.judge(logs, log);
    };
  }

  #counter(policy: string, isKept: boolean): Counter {
    const key = `${isKept} ${policy}`;
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      const name = `processor_probabilistic_sampler_count_${this.#signal}_sampled`;
      const description = `Count of ${this.#signal} that were sampled or not`;
      counter = this.#settings.meter.counter(name, { unit: '1', description }, { policy, sampled: String(isKept) });
      this.#counters.set(key, counter);
    }
    return counter;
  }
}
