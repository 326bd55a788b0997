import { type BodyAnswer, encodeStatus, httpStatusOf, type RpcStatus, statusJson } from '#net';
import type { Signal } from '#pdata';
import { encodeExportResponse, exportResponseJson } from '#wire';
import type { Encoding } from './intake.ts';

const CONTENT_TYPES: Readonly<Record<Encoding, string>> = { proto: 'application/x-protobuf', json: 'application/json' };
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The answer to a request that was taken, in the encoding of the request. */
export function successAnswer(encoding: Encoding, signal: Signal, rejectedCount: number, reason: string): BodyAnswer {
  const body =
    encoding === 'json'
      ? exportResponseJson(signal, rejectedCount, reason)
      : rejectedCount === 0
        ? NO_BYTES
        : encodeExportResponse(rejectedCount, reason);
  return { status: 200, contentType: CONTENT_TYPES[encoding], body };
}

/** A google.rpc.Status with the HTTP status that goes with its code. */
export function statusAnswer(encoding: Encoding, status: RpcStatus): BodyAnswer {
  const httpStatus = httpStatusOf(status.code);
  const isThrottle = (httpStatus === 429 || httpStatus === 503) && status.retryAfterMs !== undefined;
  return {
    status: httpStatus,
    contentType: CONTENT_TYPES[encoding],
    body: encoding === 'json' ? statusJson(status) : encodeStatus(status),
    headers: isThrottle ? { 'retry-after': String(Math.ceil(status.retryAfterMs! / 1000)) } : undefined,
  };
}
