import { type Reason, reasonOf } from '#base';
import { ITEM_NAME, SIGNALS, type Signal } from '#pdata';
import type { Counter, CreateSettings } from './contracts.ts';

/** What a receiver counts of the items that clients send, under otelcol's names and in its account. */
export interface ReceiverCounters {
  /** The pipeline took them. */
  accepted(count: number): void;
  /** The pipeline returned this error: the client may send them again. */
  refused(count: number, error: unknown): void;
  /** The pipeline returned this error, and nobody sends them again. */
  lost(count: number, error: unknown): void;
  /** They failed inside of the receiver. */
  failed(count: number, reason: Reason): void;
}

/** The counters of a receiver for each signal. `transport` is `grpc`, `http` and the like. Make them once. */
export function receiverCounters(
  { account, meter }: CreateSettings,
  transport: string,
): Readonly<Record<Signal, ReceiverCounters>> {
  const labels = { transport };
  const of = (signal: Signal): ReceiverCounters => {
    const items = ITEM_NAME[signal];
    const make = (what: string, description: string): Counter =>
      meter.counter(`receiver_${what}_${items}`, { unit: `{${items}}`, description }, labels);
    const accepted = make('accepted', `Number of ${items} successfully pushed into the pipeline`);
    const refused = make('refused', `Number of ${items} that could not be pushed into the pipeline`);
    const failed = make('failed', `Number of ${items} that failed inside of the receiver`);
    return {
      accepted: (count) => accepted.add(count),
      refused: (count, error) => {
        refused.add(count);
        account.refused(signal, count, reasonOf(error));
      },
      lost: (count, error) => {
        refused.add(count);
        account.dropped(signal, count, reasonOf(error));
      },
      failed: (count, reason) => {
        failed.add(count);
        account.dropped(signal, count, reason);
      },
    };
  };
  return Object.fromEntries(SIGNALS.map((signal) => [signal, of(signal)])) as Record<Signal, ReceiverCounters>;
}
