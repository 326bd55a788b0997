import {
  ArenaWriter,
  cursor,
  findField,
  readInt64AsNumber,
  readVarint32,
  type Signal,
  skipValue,
  textAt,
} from '#pdata';

/** The answers of OTLP: Export…ServiceResponse with its partial success, and google.rpc.Status for errors. */

const REJECTED_FIELD: Readonly<Record<Signal, string>> = {
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
};

/** Protobuf answer to an accepted request. Empty for a full success, as OTLP asks. */
export function encodeExportResponse(rejectedCount: number, message: string): Uint8Array {
  const writer = new ArenaWriter(64);
  if (rejectedCount > 0 || message !== '') {
    const mark = writer.begin(1);
    writer.uintField(1, rejectedCount);
    writer.textField(2, message);
    writer.end(mark);
  }
  return writer.finish();
}

/** The same as OTLP/JSON. */
export function exportResponseJson(signal: Signal, rejectedCount: number, message: string): string {
  if (rejectedCount === 0 && message === '') return '{}';
  return JSON.stringify({
    partialSuccess: { [REJECTED_FIELD[signal]]: String(rejectedCount), errorMessage: message },
  });
}

/** Reads an Export…ServiceResponse. Anything unreadable counts as a full success: the peer has said OK already. */
export function decodeExportResponse(bytes: Uint8Array): { rejectedCount: number; message: string } {
  const partial = wellFormed(bytes) ? findField(bytes, 0, bytes.length, 1) : undefined;
  if (partial === undefined || !wellFormed(bytes.subarray(partial.at, partial.at + partial.length))) {
    return { rejectedCount: 0, message: '' };
  }
  const to = partial.at + partial.length;
  const count = findField(bytes, partial.at, to, 1);
  const message = findField(bytes, partial.at, to, 2);
  return {
    rejectedCount: count === undefined ? 0 : readInt64AsNumber(bytes, count.at),
    message: message === undefined ? '' : textAt(bytes, message.at, message.length),
  };
}

/** A google.rpc.Status: the body of an OTLP/HTTP error. `details` are encoded google.protobuf.Any messages. */
export function encodeRpcStatus(code: number, message: string, details: readonly Uint8Array[] = []): Uint8Array {
  const writer = new ArenaWriter(64 + message.length);
  writer.uintField(1, code);
  writer.textField(2, message);
  for (const detail of details) writer.bytesField(3, detail);
  return writer.finish();
}

/** Reads a google.rpc.Status; undefined where the bytes are none. */
export function decodeRpcStatus(
  bytes: Uint8Array,
): { code: number; message: string; details: Uint8Array[] } | undefined {
  if (!wellFormed(bytes)) return undefined;
  let code = 0;
  let message = '';
  const details: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint32(bytes, at);
    const start = cursor.at;
    at = skipValue(bytes, start, tag & 7);
    if (tag === 0x08) code = readVarint32(bytes, start);
    else if (tag === 0x12 || tag === 0x1a) {
      const length = readVarint32(bytes, start);
      if (tag === 0x12) message = textAt(bytes, cursor.at, length);
      else details.push(bytes.slice(cursor.at, cursor.at + length));
    }
  }
  return { code, message, details };
}

const RETRY_INFO_TYPE = 'type.googleapis.com/google.rpc.RetryInfo';

/** google.protobuf.Any with a google.rpc.RetryInfo that asks to wait `delayMs`. */
export function encodeRetryInfo(delayMs: number): Uint8Array {
  const duration = new ArenaWriter(16);
  duration.uintField(1, Math.floor(delayMs / 1000));
  duration.uintField(2, Math.round((delayMs % 1000) * 1e6));
  const info = new ArenaWriter(32);
  info.bytesField(1, duration.finish());
  const any = new ArenaWriter(96);
  any.textField(1, RETRY_INFO_TYPE);
  any.bytesField(2, info.finish());
  return any.finish();
}

/** The delay in ms that a google.protobuf.Any with a RetryInfo asks for; undefined for any other message. */
export function decodeRetryInfo(any: Uint8Array): number | undefined {
  if (!wellFormed(any)) return undefined;
  const url = findField(any, 0, any.length, 1);
  const value = findField(any, 0, any.length, 2);
  if (url === undefined || textAt(any, url.at, url.length) !== RETRY_INFO_TYPE) return undefined;
  if (value === undefined) return 0;
  const info = any.subarray(value.at, value.at + value.length);
  const delay = wellFormed(info) ? findField(info, 0, info.length, 1) : undefined;
  if (delay === undefined) return 0;
  const duration = info.subarray(delay.at, delay.at + delay.length);
  if (!wellFormed(duration)) return 0;
  const seconds = findField(duration, 0, duration.length, 1);
  const nanos = findField(duration, 0, duration.length, 2);
  return (
    (seconds === undefined ? 0 : readInt64AsNumber(duration, seconds.at) * 1000) +
    (nanos === undefined ? 0 : readInt64AsNumber(duration, nanos.at) / 1e6)
  );
}

/** Whether the bytes are a sequence of whole protobuf fields: what the readers of #pdata rely on. */
function wellFormed(bytes: Uint8Array): boolean {
  let at = 0;
  while (at < bytes.length) {
    const tag = readVarint32(bytes, at);
    const wireType = tag & 7;
    if (cursor.at > bytes.length || wireType === 3 || wireType === 4 || wireType > 5 || tag >>> 3 === 0) return false;
    at = skipValue(bytes, cursor.at, wireType);
    if (!(at <= bytes.length)) return false;
  }
  return true;
}
