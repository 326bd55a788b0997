/** Why an answer here is another one than otelcol's. A difference without a row fails, and so does a row without a difference. */
export interface Deviation {
  /** The suite's name. */
  readonly suite: string;
  /** The names of the cases. */
  readonly cases: RegExp;
  readonly reason: string;
}

export const DEVIATIONS: readonly Deviation[] = [
  {
    suite: 'attributes',
    cases:
      /^(\{"action":"hash","(key":"(blob|tags|nested)"|pattern":"\.\*"|pattern":"e\$"|pattern":"http")\}|hash in logs)$/,
    reason:
      'bytes, lists and maps are hashed; otelcol leaves an empty text, which says of two values neither that they are equal nor not',
  },
  {
    suite: 'attributes',
    cases: /log_severity_number":\{"min":"INFO"\}/,
    reason: 'the name of a severity is taken in place of its number too',
  },
  {
    suite: 'attributes',
    cases: /^exclude metrics \{"match_type":"(strict|regexp)","resources"/,
    reason: 'resources are looked at in metrics too; otelcol takes the block and does not look at them there',
  },
  {
    suite: 'cumulative_to_delta',
    cases:
      /^(a histogram that begins again|a bucket that shrinks|finer|an exponential histogram that begins again|a bucket of it that shrinks)$/,
    reason:
      'what follows a histogram that began again is compared with that; otelcol 0.161 goes on comparing with the point before, leaves out what is smaller and understates the rest (https://github.com/open-telemetry/opentelemetry-collector-contrib/issues/50828, mended since)',
  },
  {
    suite: 'cumulative_to_delta',
    cases: /^a histogram whose sum is gone once$/,
    reason: 'a sum is compared with the last one that there was; otelcol takes the one that is missing for 0',
  },
  {
    suite: 'cumulative_to_delta',
    cases: /"match_type":"exact"/,
    reason: 'a match_type that does not exist is refused; otelcol then converts everything',
  },
  {
    suite: 'delta_to_cumulative',
    cases: /^from integers to doubles$/,
    reason:
      'a series that goes from integers to doubles keeps what it had; otelcol begins again at 0, without a new start',
  },
  {
    suite: 'delta_to_cumulative',
    cases: /^(exemplars|no recorded value)$/,
    reason: 'exemplars and flags are those of the point; otelcol repeats those of the first one for ever',
  },
  {
    suite: 'interval',
    cases: /^metadata$/,
    reason: 'the metadata of metrics stay; otelcol loses them',
  },
  {
    suite: 'groupbyattrs',
    cases: /^(the sample of |no block)/,
    reason: 'schema URLs and counts of dropped attributes stay; otelcol loses them',
  },
  {
    suite: 'metrics_transform',
    cases: /^(combined|grouped) in part$/,
    reason: 'points that do not match stay where they are; otelcol loses them',
  },
  {
    suite: 'metrics_transform',
    cases: /^exponential histograms with lower buckets aggregated$/,
    reason:
      'buckets are added to those for the same values; otelcol puts the lower ones in front, also where both histograms have them',
  },
  {
    suite: 'metrics_transform',
    cases: /^a label that keeps its name$/,
    reason: 'a label that is renamed to itself stays; otelcol takes it out',
  },
  {
    suite: 'metrics_transform',
    cases: /^metadata$/,
    reason: 'the metadata of metrics stay in copies of some points; otelcol loses them there',
  },
  {
    suite: 'debug',
    cases: /traces 3$/,
    reason: 'resources and scopes without an item are not in a batch: nothing could be done with them',
  },
  {
    suite: 'debug',
    cases: /^(normal|detailed) metrics 1$/,
    reason: 'a double has all of its digits; otelcol prints six behind the point, so that 1e-7 reads 0.000000',
  },
  {
    suite: 'count',
    cases:
      /^(traces \{"spans":\{"n":\{"attributes":\[\{"key":"nope"(,"default_value":null)?\}\]|logs \{"logs":\{"counted":\{"conditions":\["log\.body == \\"x)/,
    reason: 'where nothing is counted nothing is sent; otelcol sends a request without metrics',
  },
  {
    suite: 'count',
    cases: /"key":"code"\},\{"key":"code"/,
    reason: 'an attribute that is named twice is refused; otelcol then counts nothing',
  },
  {
    suite: 'count',
    cases: /event_index/,
    reason: 'the index of the event; otelcol fails, because its connector never sets it',
  },
  {
    suite: 'count',
    cases: /^traces \{"(span|spans)":\{"a":\{("condition":\[\])?\}\}\}$/,
    reason: 'a key that there is not is refused; otelcol leaves it out without a word',
  },
  {
    suite: 'redaction',
    cases: /"summary":"loud"/,
    reason: 'a word that is none is refused; otelcol takes it for silent',
  },
  {
    suite: 'redaction',
    cases: /^(opensearch|es) (of \{"db|(not in|in) )/,
    reason: 'the attributes of opensearch and es lose their values, as the key says; otelcol does not look at the key',
  },
  {
    suite: 'redaction',
    cases: /^mysql in an attribute$/,
    reason:
      'an attribute is read as the database reads it; otelcol reads it as the one of the last span name, so that a text in double quotes may stay',
  },
  {
    suite: 'resource',
    cases: /"action":"hash","key":"k8s.labels"/,
    reason: 'lists and maps are hashed; otelcol leaves an empty text',
  },
  {
    suite: 'tail_sampling',
    cases: /^\[\{"type":"not","not":\{"not_sub_policy":\{"name":"n","type":"not"/,
    reason: 'policies go into each other as deep as one likes; otelcol knows `not` on the first level alone',
  },
  {
    suite: 'tail_sampling',
    cases: /^\[\{"type":"latency","latency":\{"threshold_ms":\d+,"upper_threshold_ms"/,
    reason:
      'the duration of the whole trace counts; otelcol looks after each span, so that the order in which they came decides',
  },
  {
    suite: 'tail_sampling',
    cases:
      /^\[\{"type":"(numeric_attribute","numeric_attribute":\{"key":"http.status_code","max_value":200|boolean_attribute","boolean_attribute":\{"key":"cached","value":false)/,
    reason: 'a value of another type is neither a number nor false; otelcol takes it for 0 and for false',
  },
  {
    suite: 'tail_sampling',
    cases: /^the block /,
    reason: 'a block that decides nothing, or at once, is refused; otelcol starts with it',
  },
  {
    suite: 'ottl-editors',
    cases: /^traces: append\(.*span\.attributes\["nested"\]/,
    reason: 'a map can be appended, and appended to; otelcol fails with an invalid value type',
  },
  {
    suite: 'ottl-editors',
    cases: /^traces: set\(span\.attributes\["nested"\]\["(inner|new)"\].*, span\.attributes\["nested"\]\)$/,
    reason:
      'what is set is what was there before the statement; in otelcol the map then holds itself, as far as it was written',
  },
  {
    suite: 'ottl-paths',
    cases: /^\w+: set\((\w+)\.(attributes|metadata)\["read"\], \1\.\2\)$/,
    reason:
      'what is set is what was there before the statement; in otelcol the map then holds itself, as far as it was written',
  },
  {
    suite: 'ottl-paths',
    cases: /^\w+: set\((span\.status\.code|span\.kind|log\.severity_number), -1\)$/,
    reason: 'a number that stands for nothing is cut to a byte; otelcol writes one that no reader knows either',
  },
  {
    suite: 'ottl-paths',
    cases: /spanevent\.event_index\)$/,
    reason: 'the index of the event; otelcol fails, because its transform processor never sets it',
  },
  {
    suite: 'ottl-paths',
    cases: /, datapoint\.((positive|negative)\.)?bucket_counts\)$/,
    reason: 'points without buckets give nil, as they do for every other path that they lack; otelcol sets nothing',
  },
  {
    suite: 'ottl-language',
    cases: /\[1 - 1\]/,
    reason: "an index may be computed, as the grammar says; otelcol's search for the context refuses it",
  },
  {
    suite: 'ottl-language',
    cases: /Concat\(\[\[0xff10, \{/,
    reason: 'a map in a list in a list keeps what it holds; otelcol writes {}',
  },
  {
    suite: 'ottl-language',
    cases: /String\(\{"k": span\./,
    reason: 'a map that holds values of the item has a text too; otelcol fails',
  },
  {
    suite: 'ottl-language',
    cases: /\[\[0xff10, span\.attributes\["http\.cached"\]\], \[span\.start_time/,
    reason: 'a time can not be an attribute, in a list either; otelcol leaves out what it can not set',
  },
  {
    suite: 'ottl-converters',
    cases: /Is(Bool|Double|Int|Map|String)\(/,
    reason: 'a literal of another type is not what is asked for: false; otelcol refuses the statement',
  },
  {
    suite: 'ottl-converters',
    cases: /(ProfileID|SpanID|TraceID)\(nil\)/,
    reason: 'nil fails when it is met, as it does where a path gives it; otelcol refuses the statement',
  },
  {
    suite: 'ottl-converters',
    cases: /SliceToMap\(\[\{/,
    reason: "a list may be written out; otelcol's takes one from a path alone",
  },
  {
    suite: 'ottl-converters',
    cases: /Decode\(7, /,
    reason: 'a number is decoded as its digits; otelcol fails',
  },
  {
    suite: 'ottl-converters',
    cases: /(Decode\("(_-8|hi)"|Substring\("äöü)/,
    reason:
      'bytes that are no UTF-8 become U+FFFD, because a text must be UTF-8 in protobuf; otelcol sends what a receiver may refuse',
  },
  {
    suite: 'ottl-converters',
    cases: /Format\("%v", \[(span\.attributes\["(tags|nested)"\]|span\.start_time)\]\)/,
    reason:
      'lists and maps are printed with what they hold, otelcol prints addresses; times are printed as String prints them',
  },
  {
    suite: 'ottl-converters',
    cases: /Double\("1_000"\)/,
    reason: 'an underscore in a number is a mistake in a text, as it is for Int',
  },
  {
    suite: 'k8s-attributes',
    cases: /^ignored by an annotation$/,
    reason:
      'a pod that says that nothing shall be added for it is heeded; otelcol reads the annotation only where some annotation is extracted',
  },
  {
    suite: 'span_metrics',
    cases: /^without a service$/,
    reason: 'no request is sent that has no points',
  },
  {
    suite: 'span_metrics',
    cases: /"include_instrumentation_scope"/,
    reason: 'two scopes are two series; in otelcol the first that comes names the spans of both',
  },
  {
    suite: 'span_metrics',
    cases: /"aggregation_temporality":"CUMULATIVE"/,
    reason: 'a temporality is one of the two names; otelcol takes any text for cumulative',
  },
  {
    suite: 'ottl-xml',
    cases: /XML\(.*, "\/\/n:\*"\)\)$/,
    reason: '`n:*` is every element with the prefix; in otelcol it is none',
  },
  {
    suite: 'ottl-converters',
    cases: /ExtractPatterns\(span\.(name|attributes\["(http\.url|absent)"\]), "\(\\\\w\+\)"\)/,
    reason: 'that a pattern has no named group is found when the configuration is read; otelcol fails for each item',
  },
  {
    suite: 'ottl-converters',
    cases: /ParseSeverity\(.*, \{("error": \["err", |"debug": "x")/,
    reason: 'a mapping that is none is found when the configuration is read; otelcol fails for each item',
  },
  {
    suite: 'ottl-editors',
    cases: /scale_metric\(-1\.5\)/,
    reason: 'a negative number may be written; otelcol takes it for a computation, and wants none there',
  },
  {
    suite: 'ottl-editors',
    cases: /aggregate_on_attribute_value\(/,
    reason: 'summaries can not be aggregated, and the statement fails for them; otelcol takes away their points',
  },
  {
    suite: 'filter',
    cases: /^metrics (in|ex)clude \{"match_type":"expr"/,
    reason: 'expressions of expr-lang are refused; the message names the form in OTTL',
  },
];
