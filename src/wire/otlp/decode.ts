import type { Signal } from '#pdata';
import { decodeLogs } from './decode-logs.ts';
import { decodeMetrics } from './decode-metrics.ts';
import { decodeTraces } from './decode-traces.ts';
import type { Decoded } from './envelope.ts';
import { transcodeJson } from './json-decode.ts';

/** Decodes an Export…ServiceRequest of a signal from protobuf. See decodeTraces. */
export function decodeOtlp(signal: Signal, body: Uint8Array): Decoded {
  if (signal === 'traces') return decodeTraces(body);
  return signal === 'logs' ? decodeLogs(body) : decodeMetrics(body);
}

/** Decodes an Export…ServiceRequest of a signal from OTLP/JSON, with the Go collector's leniency. Throws a DecodeError. */
export function decodeOtlpJson(signal: Signal, body: Uint8Array): Decoded {
  const { body: proto, rejectedCount, rejectedReason } = transcodeJson(signal, body);
  const decoded = decodeOtlp(signal, proto);
  if (rejectedCount === 0) return decoded;
  return {
    chunk: decoded.chunk,
    rejectedCount: decoded.rejectedCount + rejectedCount,
    rejectedReason: rejectedReason,
  };
}
