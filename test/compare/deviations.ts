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
];
