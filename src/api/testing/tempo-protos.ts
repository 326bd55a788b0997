import { OTLP_TRACE_PROTO } from './jaeger-protos.ts';

/** The messages of Tempo's streaming querier and of its traces by id, as far as tests look at them; their fields have the numbers of its `tempo.proto`. */
export const TEMPO_PROTO: string = `syntax = "proto3"; ${OTLP_TRACE_PROTO}
message Trace { repeated ResourceSpans resource_spans = 1; }
message TraceByIDMetrics { uint64 inspected_bytes = 1; }
message TraceByIDResponse { Trace trace = 1; TraceByIDMetrics metrics = 2; int32 status = 3; string message = 4; }
message SearchRequest {
  map<string, string> Tags = 1; uint32 MinDurationMs = 2; uint32 MaxDurationMs = 3; uint32 Limit = 4; uint32 start = 5; uint32 end = 6;
  string Query = 8; uint32 SpansPerSpanSet = 9;
}
message FoundSpan { string spanID = 1; string name = 2; uint64 startTimeUnixNano = 3; uint64 durationNanos = 4; repeated KeyValue attributes = 5; }
message SpanSet { repeated FoundSpan spans = 1; uint32 matched = 2; repeated KeyValue attributes = 3; }
message ServiceStats { uint32 spanCount = 1; uint32 errorCount = 2; }
message TraceSearchMetadata {
  string traceID = 1; string rootServiceName = 2; string rootTraceName = 3; uint64 startTimeUnixNano = 4; uint32 durationMs = 5;
  SpanSet spanSet = 6; repeated SpanSet spanSets = 7; map<string, ServiceStats> serviceStats = 8;
}
message SearchMetrics {
  uint32 inspectedTraces = 1; uint64 inspectedBytes = 2; uint32 totalBlocks = 3; uint32 completedJobs = 4; uint32 totalJobs = 5;
  uint64 totalBlockBytes = 6; uint64 inspectedSpans = 7;
}
message SearchResponse { repeated TraceSearchMetadata traces = 1; SearchMetrics metrics = 2; }
message SearchTagsRequest { string scope = 1; string query = 2; uint32 start = 3; uint32 end = 4; uint32 maxTagsPerScope = 5; }
message SearchTagsResponse { repeated string tagNames = 1; }
message SearchTagsV2Scope { string name = 1; repeated string tags = 2; }
message SearchTagsV2Response { repeated SearchTagsV2Scope scopes = 1; }
message SearchTagValuesRequest { string tagName = 1; string query = 2; uint32 start = 4; uint32 end = 5; uint32 maxTagValues = 6; }
message SearchTagValuesResponse { repeated string tagValues = 1; }
message TagValue { string type = 1; string value = 2; }
message SearchTagValuesV2Response { repeated TagValue tagValues = 1; }
message QueryInstantRequest { string query = 1; uint64 start = 2; uint64 end = 3; }
message InstantSeries { repeated KeyValue labels = 1; double value = 2; }
message QueryInstantResponse { repeated InstantSeries series = 1; SearchMetrics metrics = 2; }
message QueryRangeRequest { string query = 1; uint64 start = 2; uint64 end = 3; uint64 step = 4; uint32 exemplars = 16; }
message Sample { double value = 1; int64 timestamp_ms = 2; }
message Exemplar { repeated KeyValue labels = 1; double value = 2; int64 timestamp_ms = 3; }
message TimeSeries { repeated KeyValue labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 4; }
message QueryRangeResponse { repeated TimeSeries series = 1; SearchMetrics metrics = 2; }
`;

/** Members that Grafana's Tempo source knows of a search's answer: it fails on any other. */
export const SEARCH_MEMBERS = {
  answer: ['traces', 'metrics'],
  trace: [
    'traceID',
    'rootServiceName',
    'rootTraceName',
    'startTimeUnixNano',
    'durationMs',
    'spanSet',
    'spanSets',
    'serviceStats',
  ],
  set: ['spans', 'matched', 'attributes'],
  span: ['spanID', 'name', 'startTimeUnixNano', 'durationNanos', 'attributes'],
  metrics: [
    'inspectedTraces',
    'inspectedBytes',
    'totalBlocks',
    'completedJobs',
    'totalJobs',
    'totalBlockBytes',
    'inspectedSpans',
    'backendReads',
    'backendBytes',
    'additionalMetrics',
  ],
} as const;
