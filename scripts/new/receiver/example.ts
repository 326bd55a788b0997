import { type Consumer, type CreateSettings, type Receiver, type ReceiverCounters, receiverCounters } from '#component';
import { Batch } from '#pdata';
import { LogsBuilder } from '#wire';
import type { ExampleReceiverConfig } from './config.ts';

/** Makes a log record from time to time. */
export class ExampleReceiver implements Receiver {
  readonly #settings: CreateSettings;
  readonly #config: ExampleReceiverConfig;
  readonly #next: Consumer | undefined;
  readonly #counters: ReceiverCounters;
  #cancel: () => void = () => undefined;
  #underWay: Promise<void> = Promise.resolve();

  /** `next` is there where some pipeline takes logs from it. */
  constructor(settings: CreateSettings, config: ExampleReceiverConfig, next: Consumer | undefined) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    this.#counters = receiverCounters(settings, 'timer').logs;
  }

  async start(): Promise<void> {
    this.#wait();
  }

  async shutdown(): Promise<void> {
    this.#cancel();
    await this.#underWay;
  }

  #wait(): void {
    this.#cancel = this.#settings.clock.after(this.#config.intervalMs, () => {
      this.#underWay = this.#make();
      this.#wait();
    });
  }

  async #make(): Promise<void> {
    const builder = new LogsBuilder();
    const timeNs = BigInt(Math.round(this.#settings.clock.nowMs())) * 1_000_000n;
    builder.group({ scope: { name: 'example' } }).add({ timeNs, severityNumber: 9, body: this.#config.body });
    try {
      await this.#next?.consume(new Batch('logs', [builder.chunk()]));
    } catch (error) {
      this.#counters.refused(1, error);
      return;
    }
    if (this.#next !== undefined) this.#counters.accepted(1);
  }
}
