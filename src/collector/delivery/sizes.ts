import type { HistogramInstrument, Meter, MetricLabels } from '#component';
import type { Batch } from '#pdata';

const ITEM_BOUNDS = [
  10, 25, 50, 75, 100, 250, 500, 750, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000, 20_000, 30_000,
  50_000, 100_000,
];
/** Powers of two from 128 bytes to 16 MiB. */
const BYTE_BOUNDS = Array.from({ length: 18 }, (_, i) => 128 * 2 ** i);

/** Records how large a batch is, in items and in bytes. */
export type SizeRecorder = (batch: Batch) => void;

const DESCRIPTIONS = {
  enqueue: ['Number of units in the request added to the sending queue', 'Number of bytes in that request'],
  queue_batch_send: ['Number of units in a batch that the sending queue made', 'Number of bytes in that batch'],
} as const;

/** Two histograms of an exporter, as otelcol has them (exporter/exporterhelper/metadata.yaml@v0.159.0). */
export function sizeRecorder(meter: Meter, what: keyof typeof DESCRIPTIONS, labels: MetricLabels): SizeRecorder {
  const of = (suffix: string, unit: string, description: string, bounds: readonly number[]): HistogramInstrument =>
    meter.histogram(`exporter_${what}_size${suffix}`, { unit, description, bounds, isDetailed: true }, labels);
  const [ofItems, ofBytes] = DESCRIPTIONS[what];
  const items = of('', '{unit}', ofItems, ITEM_BOUNDS);
  const bytes = of('_bytes', 'By', ofBytes, BYTE_BOUNDS);
  return (batch) => {
    items.record(batch.itemCount);
    bytes.record(batch.byteLength);
  };
}
