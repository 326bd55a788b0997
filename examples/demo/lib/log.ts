import { context } from '@opentelemetry/api';
import { type LogAttributes, type Logger, SeverityNumber } from '@opentelemetry/api-logs';

/** A service's log. A line written inside a span carries that span's trace and span id. */
export class Log {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  trace(body: string, attributes: LogAttributes = {}): void {
    this.#write(SeverityNumber.TRACE, 'TRACE', body, attributes);
  }

  debug(body: string, attributes: LogAttributes = {}): void {
    this.#write(SeverityNumber.DEBUG, 'DEBUG', body, attributes);
  }

  info(body: string, attributes: LogAttributes = {}): void {
    this.#write(SeverityNumber.INFO, 'INFO', body, attributes);
  }

  warn(body: string, attributes: LogAttributes = {}, exception?: unknown): void {
    this.#write(SeverityNumber.WARN, 'WARN', body, attributes, exception);
  }

  error(body: string, attributes: LogAttributes = {}, exception?: unknown): void {
    this.#write(SeverityNumber.ERROR, 'ERROR', body, attributes, exception);
  }

  fatal(body: string, attributes: LogAttributes = {}, exception?: unknown): void {
    this.#write(SeverityNumber.FATAL, 'FATAL', body, attributes, exception);
  }

  #write(number: SeverityNumber, text: string, body: string, attributes: LogAttributes, exception?: unknown): void {
    this.#logger.emit({
      severityNumber: number,
      severityText: text,
      body,
      attributes,
      context: context.active(),
      ...(exception === undefined ? {} : { exception }),
    });
  }
}
