import { type Counter, excerpt, type Logger, type Meter } from '#base';
import { ITEM_NAME, type Signal } from '#pdata';

/** The methods of OTLP over gRPC. */
export const OTLP_GRPC_PATHS: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
};

/** The field that otelcol logs a partial success with. */
const DROPPED_FIELD: Readonly<Record<Signal, string>> = {
  traces: 'dropped_spans',
  metrics: 'dropped_data_points',
  logs: 'dropped_log_records',
};
const MESSAGE_LIMIT = 500;

/**
 * What an exporter does about items that the far side rejected in a partial success: they are lost there, so it logs and counts them. For the
 * pipeline the batch was sent, as in otelcol.
 */
export class PartialSuccesses {
  readonly #signal: Signal;
  readonly #logger: Logger;
  readonly #rejected: Counter;

  constructor(settings: { readonly logger: Logger; readonly meter: Meter }, signal: Signal) {
    const items = ITEM_NAME[signal];
    this.#signal = signal;
    this.#logger = settings.logger;
    this.#rejected = settings.meter.counter(`exporter_partial_success_rejected_${items}`, {
      unit: `{${items}}`,
      description: `Number of ${items} that the destination rejected in a partial success`,
    });
  }

  /** Notes an answer's partial success. 0 and '' mean a full success. */
  note(rejectedCount: number, message: string): void {
    if (rejectedCount === 0 && message === '') return;
    this.#rejected.add(rejectedCount);
    const dropped = { [DROPPED_FIELD[this.#signal]]: rejectedCount };
    this.#logger.warn('Partial success response', { message: excerpt(message, MESSAGE_LIMIT), ...dropped });
  }
}
