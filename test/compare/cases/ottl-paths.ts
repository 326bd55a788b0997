import type { Signal } from '#pdata';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { statement } from './ottl-cases.ts';

/** Paths of a context, each with what is set there. */
type Paths = Readonly<Record<string, readonly string[]>>;

const IDS = ['0x0102030405060708', '"0102030405060708"', '0x00'];
const TRACE_IDS = ['0xff02030405060708090a0b0c0d0e0f10', '"ff02030405060708090a0b0c0d0e0f10"', '0x01'];
const TIMES = ['Unix(1700000000)', '1700000000000000000', '"x"'];
const NUMBERS = ['7', '-1', '2.5', '"x"'];
const TEXTS = ['"new"', '7', 'nil'];
const MAPS = ['{"a": 1}', '{}', '"x"'];

const RESOURCE: Paths = {
  'resource.attributes': MAPS,
  'resource.attributes["service.name"]': TEXTS,
  'resource.dropped_attributes_count': NUMBERS,
  'resource.schema_url': TEXTS,
};
const SCOPE: Paths = {
  'scope.name': TEXTS,
  'scope.version': TEXTS,
  'scope.attributes': MAPS,
  'scope.attributes["scope.kind"]': TEXTS,
  'scope.dropped_attributes_count': NUMBERS,
  'scope.schema_url': TEXTS,
};
const SPAN: Paths = {
  'span.attributes': MAPS,
  'span.attributes["http.method"]': TEXTS,
  'span.attributes["nested"]["inner"]': TEXTS,
  'span.trace_id': TRACE_IDS,
  'span.trace_id.string': TRACE_IDS,
  'span.span_id': IDS,
  'span.span_id.string': IDS,
  'span.parent_span_id': IDS,
  'span.parent_span_id.string': IDS,
  'span.trace_state': ['"a=b"', '"x"', '7'],
  'span.trace_state["vendor"]': ['"two"', '""', '7'],
  'span.status': ['7'],
  'span.status.code': [...NUMBERS, 'STATUS_CODE_OK'],
  'span.status.message': TEXTS,
  'span.name': TEXTS,
  'span.kind': [...NUMBERS, 'SPAN_KIND_CLIENT'],
  'span.kind.string': ['"SPAN_KIND_PRODUCER"', '"Producer"', '"x"'],
  'span.kind.deprecated_string': ['"SPAN_KIND_PRODUCER"', '"Producer"', '"x"'],
  'span.start_time': TIMES,
  'span.start_time_unix_nano': TIMES,
  'span.end_time': TIMES,
  'span.end_time_unix_nano': TIMES,
  'span.dropped_attributes_count': NUMBERS,
  'span.events': ['[]', '7'],
  'span.dropped_events_count': NUMBERS,
  'span.links': ['[]', '7'],
  'span.dropped_links_count': NUMBERS,
  'span.flags': NUMBERS,
  'span.cache': MAPS,
  'span.cache["k"]': TEXTS,
};
const SPAN_EVENT: Paths = {
  'spanevent.attributes': MAPS,
  'spanevent.attributes["n"]': TEXTS,
  'spanevent.time': TIMES,
  'spanevent.time_unix_nano': TIMES,
  'spanevent.name': TEXTS,
  'spanevent.dropped_attributes_count': NUMBERS,
  'spanevent.event_index': ['1'],
  'spanevent.cache["k"]': TEXTS,
};
const LOG: Paths = {
  'log.attributes': MAPS,
  'log.attributes["http.method"]': TEXTS,
  'log.event_name': TEXTS,
  'log.trace_id': TRACE_IDS,
  'log.trace_id.string': TRACE_IDS,
  'log.span_id': IDS,
  'log.span_id.string': IDS,
  'log.time': TIMES,
  'log.time_unix_nano': TIMES,
  'log.observed_time': TIMES,
  'log.observed_time_unix_nano': TIMES,
  'log.severity_number': [...NUMBERS, 'SEVERITY_NUMBER_ERROR'],
  'log.severity_text': TEXTS,
  'log.body': [...TEXTS, '{"a": 1}', '["x", 1]', 'true', '2.5'],
  'log.body.string': TEXTS,
  'log.body["k"]': TEXTS,
  'log.body[0]': TEXTS,
  'log.dropped_attributes_count': NUMBERS,
  'log.flags': NUMBERS,
  'log.cache["k"]': TEXTS,
};
const METRIC: Paths = {
  'metric.name': TEXTS,
  'metric.description': TEXTS,
  'metric.unit': TEXTS,
  'metric.type': ['1'],
  'metric.metadata': MAPS,
  'metric.metadata["k"]': TEXTS,
  'metric.aggregation_temporality': ['1', '2', '0', '"x"', 'AGGREGATION_TEMPORALITY_DELTA'],
  'metric.is_monotonic': ['true', 'false', '1'],
  'metric.data_points': ['7'],
  'metric.cache["k"]': TEXTS,
};
const DATAPOINT: Paths = {
  'datapoint.attributes': MAPS,
  'datapoint.attributes["method"]': TEXTS,
  'datapoint.start_time': TIMES,
  'datapoint.start_time_unix_nano': TIMES,
  'datapoint.time': TIMES,
  'datapoint.time_unix_nano': TIMES,
  'datapoint.value_double': ['2.5', '7', '"x"'],
  'datapoint.value_int': ['7', '2.5', '"x"'],
  'datapoint.exemplars': ['7'],
  'datapoint.flags': NUMBERS,
  'datapoint.count': NUMBERS,
  'datapoint.sum': ['2.5', '7', '"x"'],
  'datapoint.bucket_counts': ['[1, 2, 3]', '7'],
  'datapoint.explicit_bounds': ['[0.5, 1.5]', '7'],
  'datapoint.scale': NUMBERS,
  'datapoint.zero_count': NUMBERS,
  'datapoint.positive': ['7'],
  'datapoint.positive.offset': NUMBERS,
  'datapoint.positive.bucket_counts': ['[1, 2]', '7'],
  'datapoint.negative': ['7'],
  'datapoint.negative.offset': NUMBERS,
  'datapoint.negative.bucket_counts': ['[1, 2]', '7'],
  'datapoint.quantile_values': ['7'],
  'datapoint.cache["k"]': TEXTS,
};

/** A path is read into an attribute, and written with each of its values. `holder` is where its item has attributes. */
function both(signal: Signal, holder: string, paths: Paths): CompareCase[] {
  return Object.entries(paths).flatMap(([path, values]) => [
    statement(signal, `set(${holder}["read"], ${path})`),
    ...values.map((value) => statement(signal, `set(${path}, ${value})`)),
  ]);
}

/** Every path of every context, read and written. */
export const pathsSuite: CompareSuite = {
  name: 'ottl-paths',
  cases: [
    ...both('traces', 'resource.attributes', RESOURCE),
    ...both('traces', 'scope.attributes', SCOPE),
    ...both('traces', 'span.attributes', SPAN),
    ...both('traces', 'spanevent.attributes', SPAN_EVENT),
    ...both('logs', 'log.attributes', LOG),
    ...both('metrics', 'metric.metadata', METRIC),
    ...both('metrics', 'datapoint.attributes', DATAPOINT),
    ...['span.name', 'resource.attributes["service.name"]', 'instrumentation_scope.name', 'span.status.code'].map(
      (path) => statement('traces', `set(spanevent.attributes["above"], ${path})`),
    ),
    ...['metric.name', 'metric.type', 'metric.unit', 'resource.attributes["host.cores"]'].map((path) =>
      statement('metrics', `set(datapoint.attributes["above"], ${path})`),
    ),
    ...[
      'span.nope',
      'span.attributes.x',
      'span.name["x"]',
      'spanevent.span.name',
      'nope.name',
      'log.name',
      'span',
      'span.kind.nope',
    ].map((path) => statement('traces', `set(span.attributes["read"], ${path})`)),
  ],
};
