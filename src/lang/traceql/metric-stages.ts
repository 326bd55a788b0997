import { isCompareOperator, negative, parseField, staticOf } from './fields.ts';
import type { TokenReader } from './reader.ts';
import {
  type CompareStage,
  METRIC_FUNCTIONS,
  type MetricFunction,
  type MetricStage,
  type SeriesStage,
  type SpansetFilter,
  type TraceqlField,
} from './tree.ts';

/** Values of an attribute that `compare` tells where the query does not say. */
const DEFAULT_TOP_N = 10;

/** The stage that makes series of spans; undefined where none stands here. */
export function parseMetricStage(
  reader: TokenReader,
  filter: () => SpansetFilter,
): MetricStage | CompareStage | undefined {
  const { kind, text } = reader.peek();
  if (kind !== 'word') return undefined;
  if (text === 'compare') return compareStage(reader, filter);
  const operator = METRIC_FUNCTIONS.find((each) => each === text);
  return operator === undefined ? undefined : metricStage(reader, operator);
}

function metricStage(reader: TokenReader, operator: MetricFunction): MetricStage {
  const { start } = reader.next();
  reader.expect('sign', '(');
  const isCount = operator === 'rate' || operator === 'count_over_time';
  const of = isCount ? undefined : field(reader);
  const quantiles: number[] = [];
  while (operator === 'quantile_over_time' && (quantiles.length === 0 || reader.is('sign', ','))) {
    reader.expect('sign', ',');
    const token = reader.expect('value');
    const { value } = token;
    if (value === undefined || (value.type !== 'float' && value.type !== 'int'))
      throw reader.error('a quantile is a number from 0 to 1', token);
    quantiles.push(Number(value.value));
  }
  reader.expect('sign', ')');
  const by: TraceqlField[] = [];
  if (reader.accept('word', 'by') !== undefined) {
    reader.expect('sign', '(');
    do by.push(field(reader));
    while (reader.accept('sign', ',') !== undefined);
    reader.expect('sign', ')');
  }
  return { kind: 'metric', operator, of, quantiles, by, start, end: reader.lastEnd };
}

function field(reader: TokenReader): TraceqlField {
  const found = parseField(reader);
  if (found === undefined) throw reader.unexpected('an attribute or an intrinsic');
  return found;
}

function compareStage(reader: TokenReader, filter: () => SpansetFilter): CompareStage {
  const { start } = reader.next();
  reader.expect('sign', '(');
  const selection = filter();
  const numbers: bigint[] = [];
  while (reader.accept('sign', ',') !== undefined) {
    const token = reader.expect('value');
    if (token.value?.type !== 'int') throw reader.error('compare takes whole numbers behind the filter', token);
    numbers.push(BigInt(token.value.value));
  }
  reader.expect('sign', ')');
  const place = { start, end: reader.lastEnd };
  if (numbers.length === 2 || numbers.length > 3)
    throw reader.error('compare takes a filter, how many values, and from when to when: both times or neither', place);
  const [topN, startNs, endNs] = numbers;
  const window = startNs === undefined || endNs === undefined ? undefined : { startNs, endNs };
  return { kind: 'compare', selection, topN: topN === undefined ? DEFAULT_TOP_N : Number(topN), window, ...place };
}

/** `> 5 | topk(3) < 10s`: what is done to the series that came before. */
export function parseSeriesStages(reader: TokenReader): readonly SeriesStage[] {
  const stages: SeriesStage[] = [];
  for (;;) {
    const stage = threshold(reader) ?? pick(reader);
    if (stage === undefined) return stages;
    stages.push(stage);
  }
}

function threshold(reader: TokenReader): SeriesStage | undefined {
  const { kind, text: operator, start } = reader.peek();
  if (kind !== 'sign' || !isCompareOperator(operator)) return undefined;
  reader.next();
  if (operator === '=~' || operator === '!~')
    throw reader.error('series are compared by =, !=, <, <=, > or >=', { start, end: reader.lastEnd });
  const isNegative = reader.accept('sign', '-') !== undefined;
  const token = reader.peek();
  const written = staticOf(token);
  const value = written !== undefined && isNegative ? negative(written) : written;
  if (value === undefined || (value.type !== 'int' && value.type !== 'float' && value.type !== 'duration'))
    throw reader.unexpected('a number or a duration');
  reader.next();
  return { kind: 'threshold', operator, value, start, end: token.end };
}

function pick(reader: TokenReader): SeriesStage | undefined {
  if (!reader.is('sign', '|')) return undefined;
  const { kind, text, start } = reader.peek(1);
  if (kind !== 'word' || (text !== 'topk' && text !== 'bottomk')) {
    reader.next();
    throw reader.unexpected('topk or bottomk: nothing else takes series');
  }
  reader.next();
  reader.next();
  reader.expect('sign', '(');
  const token = reader.expect('value');
  if (token.value?.type !== 'int' || token.value.value < 1)
    throw reader.error(`${text} takes a whole number from 1 on`, token);
  reader.expect('sign', ')');
  return { kind: text, limit: Number(token.value.value), start, end: reader.lastEnd };
}
