import type { Counter, HistogramInstrument, Meter } from '#component';

const ITEM_BOUNDS = [
  10, 25, 50, 75, 100, 250, 500, 750, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000, 20_000, 30_000,
  50_000, 100_000,
];
const BYTE_BOUNDS = [
  ...ITEM_BOUNDS,
  200_000,
  300_000,
  400_000,
  500_000,
  600_000,
  700_000,
  800_000,
  900_000,
  1_000_000,
  2_000_000,
  5_000_000,
  9_000_000,
];

/** The instruments of otelcol's batch processor. */
export interface BatchMetrics {
  readonly sendSize: HistogramInstrument;
  readonly sendSizeBytes: HistogramInstrument;
  readonly sizeTriggers: Counter;
  readonly timeoutTriggers: Counter;
  /** Removes the gauge. */
  close(): void;
}

export function batchMetrics(meter: Meter, cardinality: () => number): BatchMetrics {
  const close = meter.gauge(
    'processor_batch_metadata_cardinality',
    { unit: '{combinations}', description: 'Number of distinct metadata value combinations being processed' },
    cardinality,
  );
  return {
    sendSize: meter.histogram('processor_batch_batch_send_size', {
      unit: '{units}',
      description: 'Number of units in the batch',
      bounds: ITEM_BOUNDS,
    }),
    sendSizeBytes: meter.histogram('processor_batch_batch_send_size_bytes', {
      unit: 'By',
      description: 'Number of bytes in batch that was sent',
      bounds: BYTE_BOUNDS,
      isDetailed: true,
    }),
    sizeTriggers: meter.counter('processor_batch_batch_size_trigger_send', {
      unit: '{times}',
      description: 'Number of times the batch was sent due to a size trigger',
    }),
    timeoutTriggers: meter.counter('processor_batch_timeout_trigger_send', {
      unit: '{times}',
      description: 'Number of times the batch was sent due to a timeout trigger',
    }),
    close,
  };
}
