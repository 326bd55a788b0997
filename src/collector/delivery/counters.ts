import { ConsumeError, isPermanent } from '#base';
import type { Counter, Meter, MetricLabels } from '#component';
import { grpcCodeName } from '#net';
import { ITEM_NAME, type Signal } from '#pdata';

/** What is counted around an exporter, under otelcol's names (exporter/exporterhelper/internal/obs_report_sender.go@v0.159.0). */
export interface ExportCounters {
  readonly sent: Counter;
  readonly enqueueFailed: Counter;
  /** Items that were given up, by the kind of the error. */
  failed(items: number, error: unknown): void;
}

const UNCOUNTED: Counter = { add: () => undefined };

export interface ExportCounterOptions {
  readonly signal: Signal;
  readonly countsItself: boolean;
  /** Of what is sent and given up. */
  readonly peerLabels: MetricLabels;
}

export function exportCounters(meter: Meter, options: ExportCounterOptions): ExportCounters {
  const { signal, countsItself, peerLabels } = options;
  const items = ITEM_NAME[signal];
  const of = (name: string, description: string, labels = {}): Counter =>
    countsItself ? UNCOUNTED : meter.counter(`exporter_${name}_${items}`, { unit: `{${items}}`, description }, labels);
  return {
    sent: of('sent', `Number of ${items} successfully sent to destination`, peerLabels),
    enqueueFailed: of('enqueue_failed', `Number of ${items} failed to be added to the sending queue`),
    failed: (count, error) =>
      of('send_failed', `Number of ${items} in failed attempts to send to destination`, {
        ...peerLabels,
        'error.type': errorType(error),
        'error.permanent': String(isPermanent(error)),
      }).add(count),
  };
}

/** One of a few words, so the series stay few. */
function errorType(error: unknown): string {
  if (!(error instanceof ConsumeError)) return '_OTHER';
  if (error.reason === 'shutdown') return 'Shutdown';
  if (error.reason === 'timeout') return 'Deadline_Exceeded';
  return error.grpcCode === undefined ? '_OTHER' : grpcCodeName(error.grpcCode);
}
