export * from './otlp/decode.ts';
export { decodeLogs } from './otlp/decode-logs.ts';
export { decodeMetrics } from './otlp/decode-metrics.ts';
export { decodeTraces } from './otlp/decode-traces.ts';
export * from './otlp/encode.ts';
export type { Decoded } from './otlp/envelope.ts';
export * from './otlp/json-encode.ts';
export * from './otlp/responses.ts';
