/** The messages of Jaeger's gRPC services, written from jaeger-idl's fields (proto/api_v2, proto/api_v3), as far as tests look at them. */

const TIMES = `
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message Duration { int64 seconds = 1; int32 nanos = 2; }
message GetServicesRequest {}
message GetOperationsRequest { string service = 1; string span_kind = 2; }
message Operation { string name = 1; string span_kind = 2; }
message GetDependenciesRequest { Timestamp start_time = 1; Timestamp end_time = 2; }
message Dependency { string parent = 1; string child = 2; uint64 call_count = 3; }
message TraceQueryParameters {
  string service_name = 1; string operation_name = 2; map<string, string> tags = 3; Timestamp start_time_min = 4; Timestamp start_time_max = 5;
  Duration duration_min = 6; Duration duration_max = 7; int32 search_depth = 8; bool raw_traces = 9; Call filter = 10;
}
message Call { string name = 1; }
message FindTracesRequest { TraceQueryParameters query = 1; }
message GetServicesResponse { repeated string services = 1; }
message GetDependenciesResponse { repeated Dependency dependencies = 1; }
`;

export const JAEGER_V2_PROTO: string = `syntax = "proto3"; ${TIMES}
message GetTraceRequest { bytes trace_id = 1; bool raw_traces = 4; }
message ArchiveTraceRequest { bytes trace_id = 1; }
message ArchiveTraceResponse {}
message GetOperationsResponse { repeated string operationNames = 1; repeated Operation operations = 2; }
enum ValueType { STRING = 0; BOOL = 1; INT64 = 2; FLOAT64 = 3; BINARY = 4; }
message KeyValue {
  string key = 1; ValueType v_type = 2; string v_str = 3; bool v_bool = 4; int64 v_int64 = 5; double v_float64 = 6; bytes v_binary = 7;
}
message Log { Timestamp timestamp = 1; repeated KeyValue fields = 2; }
enum SpanRefType { CHILD_OF = 0; FOLLOWS_FROM = 1; }
message SpanRef { bytes trace_id = 1; bytes span_id = 2; SpanRefType ref_type = 3; }
message Process { string service_name = 1; repeated KeyValue tags = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string operation_name = 3; repeated SpanRef references = 4; uint32 flags = 5; Timestamp start_time = 6;
  Duration duration = 7; repeated KeyValue tags = 8; repeated Log logs = 9; Process process = 10; string process_id = 11;
  repeated string warnings = 12;
}
message SpansResponseChunk { repeated Span spans = 1; }
`;

/** OTLP's, as far as they are looked at. */
export const OTLP_TRACE_PROTO = `
message AnyValue {
  oneof value {
    string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5;
    KeyValueList kvlist_value = 6; bytes bytes_value = 7;
  }
}
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; }
message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; }
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }
message Link {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; uint32 dropped_attributes_count = 5;
  fixed32 flags = 6;
}
message Status { string message = 2; int32 code = 3; }
message OtlpSpan {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; uint32 dropped_attributes_count = 10;
  repeated Event events = 11; uint32 dropped_events_count = 12; repeated Link links = 13; uint32 dropped_links_count = 14; Status status = 15;
  fixed32 flags = 16;
}
message ScopeSpans { Scope scope = 1; repeated OtlpSpan spans = 2; string schema_url = 3; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message TracesData { repeated ResourceSpans resource_spans = 1; }
`;

export const JAEGER_V3_PROTO: string = `syntax = "proto3"; ${TIMES} ${OTLP_TRACE_PROTO}
message GetTraceRequest { string trace_id = 1; bool raw_traces = 4; }
message GetOperationsResponse { repeated Operation operations = 1; }
message ServiceSummary { string name = 1; int32 span_count = 2; int32 error_span_count = 3; }
message TraceSummary {
  string trace_id = 1; string root_service_name = 2; string root_operation_name = 3; fixed64 min_start_time_unix_nano = 4;
  fixed64 max_end_time_unix_nano = 5; int32 span_count = 6; int32 error_span_count = 7; int32 orphan_span_count = 8;
  repeated ServiceSummary services = 9;
}
message FindTraceSummariesResponse { repeated TraceSummary summaries = 1; }
`;
