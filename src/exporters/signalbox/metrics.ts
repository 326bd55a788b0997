import type { Counter, HistogramInstrument, Meter } from '#component';
import { ITEM_NAME, SIGNALS, type Signal } from '#pdata';

const SECONDS_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What the gauges show, asked at each collection. */
export interface StoreGauges {
  readonly spoolBytes: () => number;
  readonly spoolLimitBytes: number;
  readonly segmentCount: () => number;
  readonly lagMs: () => number;
  readonly detachedParts: () => number;
}

export interface StoreMetrics {
  readonly sent: Readonly<Record<Signal, Counter>>;
  readonly failed: Readonly<Record<Signal, Counter>>;
  readonly insertSeconds: HistogramInstrument;
  readonly retries: Counter;
  readonly rejectedSegments: Counter;
  readonly damagedParts: Counter;
  /** Removes the gauges. */
  close(): void;
}

/** The instruments of one spool and the way from it into the store. Items count as sent when the store has them. */
export function storeMetrics(meter: Meter, gauges: StoreGauges): StoreMetrics {
  const perSignal = (name: string, text: (items: string) => string): Readonly<Record<Signal, Counter>> => {
    const counterOf = (signal: Signal): Counter => {
      const items = ITEM_NAME[signal];
      return meter.counter(`${name}_${items}`, { unit: `{${items}}`, description: text(items) });
    };
    return Object.fromEntries(SIGNALS.map((signal) => [signal, counterOf(signal)])) as Record<Signal, Counter>;
  };
  const bytes = (description: string) => ({ unit: 'By', description });
  const removers = [
    meter.gauge('exporter_queue_size', bytes('Current size of the spool'), gauges.spoolBytes),
    meter.gauge('exporter_queue_capacity', bytes('Fixed capacity of the spool'), () => gauges.spoolLimitBytes),
    meter.gauge('signalbox_store_spool_bytes', bytes('Bytes in the spool'), gauges.spoolBytes),
    meter.gauge(
      'signalbox_store_segments',
      { unit: '{segments}', description: 'Segments in the spool that are not in the store yet' },
      gauges.segmentCount,
    ),
    meter.gauge(
      'signalbox_store_lag',
      { unit: 's', description: 'Age of the oldest data that is not in the store yet' },
      () => gauges.lagMs() / 1000,
    ),
    meter.gauge(
      'signalbox_store_detached_parts',
      { unit: '{parts}', description: 'Parts of the store that lie aside, for example because they are damaged' },
      gauges.detachedParts,
    ),
  ];
  return {
    sent: perSignal('exporter_sent', (items) => `Number of ${items} successfully sent to destination`),
    failed: perSignal(
      'exporter_send_failed',
      (items) => `Number of ${items} in failed attempts to send to destination`,
    ),
    insertSeconds: meter.histogram('signalbox_store_insert_duration', {
      unit: 's',
      description: 'Time to encode and insert a segment',
      bounds: SECONDS_BOUNDS,
    }),
    retries: meter.counter('signalbox_store_insert_retries', {
      unit: '{attempts}',
      description: 'Failed attempts to insert a segment that were made again',
    }),
    rejectedSegments: meter.counter('signalbox_store_rejected_segments', {
      unit: '{segments}',
      description: 'Segments that the store can not take, moved to the folder rejected',
    }),
    damagedParts: meter.counter('signalbox_store_damaged_parts', {
      unit: '{parts}',
      description: 'Parts of the store that were found damaged and set aside',
    }),
    close: () => {
      for (const remove of removers) remove();
    },
  };
}

/** Counts the items that found no place in the spool. */
export function refusedCounter(meter: Meter, signal: Signal): Counter {
  const items = ITEM_NAME[signal];
  return meter.counter(`exporter_enqueue_failed_${items}`, {
    unit: `{${items}}`,
    description: `Number of ${items} failed to be added to the sending queue`,
  });
}
