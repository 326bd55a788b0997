import type { Batch } from '#pdata';
import type { Consumer, Counter, CreateSettings } from './contracts.ts';
import type { ReceiverCounters } from './observe.ts';

/** How the requests that clients send to one port of a receiver end: `refused` by the pipeline, `failure` in the receiver. */
export class Requests {
  readonly #logger: CreateSettings['logger'];
  readonly #outcomes: Readonly<Record<'success' | 'refused' | 'failure', Counter>>;

  constructor({ meter, logger }: CreateSettings, transport: string) {
    this.#logger = logger;
    const counter = (outcome: string): Counter =>
      meter.counter(
        'receiver_requests',
        { unit: '{requests}', description: 'Number of requests by their outcome' },
        { transport, outcome },
      );
    this.#outcomes = { success: counter('success'), refused: counter('refused'), failure: counter('failure') };
  }

  succeeded(): void {
    this.#outcomes.success.add(1);
  }

  refused(): void {
    this.#outcomes.refused.add(1);
  }

  /** It failed before its body was complete, or what it holds can't be read. */
  failed(what: string): void {
    this.#outcomes.failure.add(1);
    this.#logger.debug('Request failed', { error: what });
  }

  /** Hands on what a client has sent, and counts it. Resolves to the refusal of the pipeline; undefined where it has taken the batch. */
  async handOn(next: Consumer, counters: ReceiverCounters, batch: Batch, abort: AbortSignal): Promise<unknown> {
    const count = batch.itemCount;
    if (count > 0) {
      try {
        await next.consume(batch, abort);
      } catch (error) {
        counters.refused(count, error);
        this.refused();
        return error;
      }
      counters.accepted(count);
    }
    this.succeeded();
    return undefined;
  }
}
