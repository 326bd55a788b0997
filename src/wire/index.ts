export * from './build/bounded-histogram.ts';
export * from './build/exponential-histogram.ts';
export * from './build/groups.ts';
export * from './build/logs-builder.ts';
export * from './build/metrics-builder.ts';
export * from './build/request-parts.ts';
export * from './build/traces-builder.ts';
export type { JaegerBatch } from './jaeger/jaeger-span.ts';
export { readJaegerProtobuf } from './jaeger/read-protobuf.ts';
export { readJaegerPacket, readJaegerThrift } from './jaeger/read-thrift.ts';
export { jaegerToOtlp } from './jaeger/spans-to-otlp.ts';
export { readLokiJson, readLokiProtobuf } from './loki/read-push.ts';
export * from './loki/write-push.ts';
export * from './otlp/decode.ts';
export { decodeLogs } from './otlp/decode-logs.ts';
export { decodeMetrics } from './otlp/decode-metrics.ts';
export { decodeTraces } from './otlp/decode-traces.ts';
export * from './otlp/encode.ts';
export type { Decoded } from './otlp/envelope.ts';
export * from './otlp/json-encode.ts';
export * from './otlp/responses.ts';
export * from './prometheus/escape-names.ts';
export * from './prometheus/exposition.ts';
export * from './prometheus/names.ts';
export * from './prometheus/native-histogram.ts';
export * from './prometheus/negotiate.ts';
export { resourceLabelMatcher } from './prometheus/resource-labels.ts';
export { ScrapeLimit } from './prometheus/scrape-limit.ts';
export { type Label, ScrapeMetrics } from './prometheus/scrape-metrics.ts';
export type { ScrapeCounts, ScrapeOptions, SeriesRules } from './prometheus/scrape-reader.ts';
export { ScrapeReader } from './prometheus/scrape-reader.ts';
export * from './prometheus/write-protobuf.ts';
export * from './prometheus/write-text.ts';
export * from './proto-reader.ts';
export { RESET_HINT, ReadAnswer } from './remote-read/read-answer.ts';
export { type ReadQuery, readReadRequest } from './remote-read/read-query.ts';
export { decodeKeptRequest, encodeKeptRequest, type KeptRequest } from './remote-write/kept-request.ts';
export { grown, KeyTable } from './remote-write/key-table.ts';
export { KnownSamples, type Newcomer } from './remote-write/known-samples.ts';
export { KnownSeries } from './remote-write/known-series.ts';
export { OwnSeries } from './remote-write/own-series.ts';
export { type OwnWrite, OwnWriteReader } from './remote-write/read-own.ts';
export {
  newRequestSeries,
  type RequestExemplar,
  type RequestHistogram,
  type RequestLabels,
  type RequestSample,
  type RequestSeries,
  readWriteRequestV1,
  readWriteRequestV2,
} from './remote-write/read-request.ts';
export type { WrittenCounts } from './remote-write/request-points.ts';
export { TargetInfos, WrittenMetrics } from './remote-write/request-to-otlp.ts';
export * from './remote-write/write-request.ts';
export * from './remote-write/written-series.ts';
export { decompressSnappy, snappyContentLength } from './snappy-block.ts';
export { compressSnappy } from './snappy-compress.ts';
export * from './zipkin/encode-spans.ts';
export { readZipkinJson, readZipkinProtobuf } from './zipkin/read-v2.ts';
export { readZipkinV1Json, readZipkinV1Thrift } from './zipkin/spans-v1.ts';
export { zipkinToOtlp } from './zipkin/spans-v2.ts';
