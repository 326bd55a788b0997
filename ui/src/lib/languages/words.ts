/** Words of TraceQL and LogQL that completion offers, each with what it is for. */

type Word = readonly [text: string, note: string];

export const TRACEQL_FIELDS: readonly Word[] = [
  ['resource.service.name=', 'service'],
  ['name=', 'span name'],
  ['status=error', 'failed spans'],
  ['duration>', 'span duration, e.g. 250ms'],
  ['kind=', 'span kind'],
  ['statusMessage=', 'what a failed span says'],
  ['rootServiceName=', 'service of the root span'],
  ['rootName=', 'name of the root span'],
  ['traceDuration>', 'duration of the trace'],
  ['childCount>', 'direct children of a span'],
  ['event:name=', 'event of a span, or log record of it'],
  ['event.exception.type=', 'exception, wherever it was written'],
  ['instrumentation:name=', 'instrumentation scope'],
  ['span:id=', 'span id'],
  ['trace:id=', 'trace id'],
];

/** Between sets of spans, and behind `|`. */
export const TRACEQL_WORDS: readonly Word[] = [
  ['rate()', 'spans a second, as a chart'],
  ['count_over_time()', 'spans per step, as a chart'],
  ['quantile_over_time(duration, .95)', 'percentiles over time, as a chart'],
  ['histogram_over_time(duration)', 'durations over time, as a chart'],
  ['avg_over_time(duration)', 'mean over time, as a chart'],
  ['max_over_time(duration)', 'largest over time, as a chart'],
  ['min_over_time(duration)', 'smallest over time, as a chart'],
  ['sum_over_time(duration)', 'sum over time, as a chart'],
  ['by(resource.service.name)', 'groups'],
  ['count() > 2', 'how many spans of a set'],
  ['avg(duration) > 1s', 'mean of a set'],
  ['max(duration) > 1s', 'largest of a set'],
  ['min(duration) > 1s', 'smallest of a set'],
  ['sum(duration) > 1s', 'sum of a set'],
  ['select(span.http.route)', 'what is told of each span'],
  ['topk(10)', 'the largest series'],
  ['bottomk(10)', 'the smallest series'],
  ['compare({status=error})', 'what differs, as series'],
  ['coalesce()', 'one set again'],
];

export const LOGQL_WORDS: readonly Word[] = [
  ['json', 'fields of lines in JSON'],
  ['logfmt', 'fields of lines as key=value'],
  ['pattern "<method> <path>"', 'fields by their places'],
  ['regexp "(?P<name>…)"', 'fields by a regular expression'],
  ['unpack', 'lines that an agent packed'],
  ['detected_level="error"', 'level'],
  ['line_format "{{.name}}"', 'another line'],
  ['label_format to=from', 'labels under other names'],
  ['decolorize', 'without codes of colours'],
  ['drop', 'without these labels'],
  ['keep', 'with these labels alone'],
  ['unwrap', 'the number in a label'],
  ['count_over_time(', 'lines per step, as a chart'],
  ['rate(', 'lines a second, as a chart'],
  ['bytes_rate(', 'bytes a second, as a chart'],
  ['sum by (service_name) (', 'one series for each value'],
  ['topk(10, ', 'the largest series'],
];
