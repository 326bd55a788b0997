import { excerpt, type Logger, type Reason } from '#base';
import type { Signal } from '#pdata';

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

/** Where losses behind the far side are reported: a component's account. */
interface LossAccount {
  lost(signal: Signal, count: number, reason: Reason): void;
}

/**
 * What an exporter does about items that the far side rejected in a partial success: they are lost there, so it logs and reports them. For the
 * pipeline the batch was sent, as in otelcol.
 */
export class PartialSuccesses {
  readonly #signal: Signal;
  readonly #logger: Logger;
  readonly #account: LossAccount;

  constructor(settings: { readonly logger: Logger; readonly account: LossAccount }, signal: Signal) {
    this.#signal = signal;
    this.#logger = settings.logger;
    this.#account = settings.account;
  }

  /** Notes an answer's partial success. 0 and '' mean a full success. */
  note(rejectedCount: number, message: string): void {
    if (rejectedCount === 0 && message === '') return;
    this.#account.lost(this.#signal, rejectedCount, 'rejected_by_peer');
    const dropped = { [DROPPED_FIELD[this.#signal]]: rejectedCount };
    this.#logger.warn('Partial success response', { message: excerpt(message, MESSAGE_LIMIT), ...dropped });
  }
}
