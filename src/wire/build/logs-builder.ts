import { type AnyValue, LOG, type LogChunk } from '#pdata';
import { decodeLogs } from '../otlp/decode-logs.ts';
import { type AttributesInput, Group, RequestBuilder, writeAttributes, writeId } from './groups.ts';

/** A new log record. Times are nanoseconds since the epoch, ids bytes or hexadecimal. */
export interface LogInput {
  readonly timeNs?: bigint;
  readonly observedNs?: bigint;
  /** 0 (unset) to 24. */
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly body?: AnyValue;
  readonly attributes?: AttributesInput;
  readonly flags?: number;
  readonly traceId?: string | Uint8Array;
  readonly spanId?: string | Uint8Array;
  readonly eventName?: string;
}

/** Builds new log records: `builder.group({ resource, scope }).add({ timeNs, body })`. */
export class LogsBuilder extends RequestBuilder<LogGroup> {
  constructor() {
    super((input) => new LogGroup(input));
  }

  chunk(): LogChunk {
    return decodeLogs(this.body()).chunk;
  }
}

class LogGroup extends Group {
  add(log: LogInput): void {
    const out = this.items;
    const mark = out.begin(2);
    out.fixed64Field(LOG.time, log.timeNs ?? 0n);
    out.fixed64Field(LOG.observedTime, log.observedNs ?? 0n);
    out.uintField(LOG.severityNumber, log.severityNumber ?? 0);
    out.textField(LOG.severityText, log.severityText ?? '');
    if (log.body !== undefined) {
      const body = out.begin(LOG.body);
      out.anyValue(log.body);
      out.end(body);
    }
    writeAttributes(out, LOG.attributes, log.attributes);
    out.fixed32Field(LOG.flags, log.flags ?? 0);
    writeId(out, LOG.traceId, log.traceId);
    writeId(out, LOG.spanId, log.spanId);
    out.textField(LOG.eventName, log.eventName ?? '');
    out.end(mark);
  }
}
