import { ITEM_NAME, SIGNALS, type Signal } from '#pdata';
import type { Counter, CreateSettings } from './contracts.ts';

/** What a receiver counts of the items that clients send, under otelcol's names. */
export interface ReceiverCounters {
  /** The pipeline took them. */
  readonly accepted: Counter;
  /** The pipeline returned an error: the client may send them again. */
  readonly refused: Counter;
  /** They failed inside of the receiver. */
  readonly failed: Counter;
}

/** The counters of a receiver for each signal. `transport` is `grpc`, `http` and the like. Make them once. */
export function receiverCounters(
  settings: CreateSettings,
  transport: string,
): Readonly<Record<Signal, ReceiverCounters>> {
  const labels = { transport };
  const of = (signal: Signal): ReceiverCounters => {
    const items = ITEM_NAME[signal];
    const make = (what: string, description: string): Counter =>
      settings.meter.counter(`receiver_${what}_${items}`, { unit: `{${items}}`, description }, labels);
    return {
      accepted: make('accepted', `Number of ${items} successfully pushed into the pipeline`),
      refused: make('refused', `Number of ${items} that could not be pushed into the pipeline`),
      failed: make('failed', `Number of ${items} that failed inside of the receiver`),
    };
  };
  return Object.fromEntries(SIGNALS.map((signal) => [signal, of(signal)])) as Record<Signal, ReceiverCounters>;
}
