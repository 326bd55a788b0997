import { parseMetricSelector, parsePromDuration } from '#lang/promql';
import {
  added,
  bucketsFrom,
  type CounterResetHint,
  EMPTY_HISTOGRAM,
  type FloatHistogram,
  subtracted,
} from './histogram/index.ts';
import { Labels } from './labels.ts';

/**
 * The notation of series that Prometheus' scripts and promtool's rule tests use: `up{job="x"} 1 2+3x2 _ stale {{schema:1 sum:3 count:22
 * buckets:[5 10 7]}}`. Matches promql/parser (ParseSeriesDesc) of Prometheus 3.16.
 */

/** One place in a sequence. */
export type SequenceValue =
  | { readonly kind: 'omitted' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'histogram'; readonly value: FloatHistogram; readonly hasHint: boolean };

export interface SeriesDescription {
  readonly labels: Labels;
  /** What stands behind the name: `@st` marks a sequence of start times. */
  readonly rest: string;
}

/** More places than this no test has. */
const MAX_VALUES = 1_000_000;

/** Splits a line into the labels and the sequence. Throws an Error that says what is wrong. */
export function readSeries(line: string): SeriesDescription {
  const metric = /^[^\s{"@]*(?:\{(?:[^"'`}]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)*\})?/.exec(line)![0];
  const { matchers } = parseMetricSelector(metric, true);
  const wrong = matchers.find(({ operator }) => operator !== '=');
  if (wrong !== undefined) throw new Error(`a label of a series is set by =, not by ${wrong.operator}: ${metric}`);
  return { labels: Labels.of(matchers.map(({ name, value }) => [name, value])), rest: line.slice(metric.length) };
}

const NUMBER = String.raw`(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[iI][nN][fF]|[nN][aA][nN])`;
const ITEM = new RegExp(
  [
    String.raw`\s*(?:(?<omitted>_)(?:x(?<omittedTimes>\d+))?`,
    String.raw`|(?<stale>stale)(?:x(?<staleTimes>\d+))?`,
    String.raw`|(?<value>[-+]?${NUMBER})(?:(?<step>[-+]${NUMBER}))?(?:x(?<times>\d+))?`,
    String.raw`|\{\{(?<histogram>[^}]*)\}\}(?:(?<sign>[-+])\{\{(?<stepHistogram>[^}]*)\}\})?(?:x(?<histogramTimes>\d+))?`,
    String.raw`)(?=\s|$)`,
  ].join(''),
  'y',
);

/** All places of a sequence; `1x2` are three of them. */
export function readSequence(text: string): SequenceValue[] {
  const values: SequenceValue[] = [];
  const trimmed = text.trimEnd();
  ITEM.lastIndex = 0;
  while (ITEM.lastIndex < trimmed.length) {
    const at = ITEM.lastIndex;
    const groups = ITEM.exec(trimmed)?.groups;
    if (groups === undefined) throw new Error(`no value of a series: ${trimmed.slice(at).trim()}`);
    readItem(groups, values);
    if (values.length > MAX_VALUES) throw new Error(`a series of more than ${MAX_VALUES} values`);
  }
  return values;
}

function readItem(groups: Readonly<Record<string, string | undefined>>, values: SequenceValue[]): void {
  const repeat = (count: number, valueAt: (i: number) => SequenceValue): void => {
    if (count > MAX_VALUES) throw new Error(`a value that is repeated more than ${MAX_VALUES} times`);
    for (let i = 0; i < count; i++) values.push(valueAt(i));
  };
  if (groups.omitted !== undefined) {
    repeat(Number(groups.omittedTimes ?? 1), () => ({ kind: 'omitted' }));
  } else if (groups.stale !== undefined) {
    repeat(Number(groups.staleTimes ?? 0) + 1, () => ({ kind: 'stale' }));
  } else if (groups.value !== undefined) {
    let value = readNumber(groups.value);
    const step = groups.step === undefined ? 0 : readNumber(groups.step);
    repeat(Number(groups.times ?? 0) + 1, (i) => {
      if (i > 0) value += step;
      return { kind: 'float', value };
    });
  } else {
    repeatHistogram(groups, repeat);
  }
}

function repeatHistogram(
  groups: Readonly<Record<string, string | undefined>>,
  repeat: (count: number, valueAt: (i: number) => SequenceValue) => void,
): void {
  let { value, hasHint } = readHistogram(groups.histogram!);
  const step = groups.stepHistogram === undefined ? undefined : readHistogram(groups.stepHistogram).value;
  if (step !== undefined && value.schema > step.schema)
    throw new Error(`error combining histograms: cannot merge from schema ${step.schema} to ${value.schema}`);
  repeat(Number(groups.histogramTimes ?? 0) + 1, (i) => {
    if (i > 0 && step !== undefined) value = (groups.sign === '-' ? subtracted : added)(value, step).histogram;
    return { kind: 'histogram', value, hasHint };
  });
}

function readNumber(text: string): number {
  const plain = text.replace(/^[-+]/, '');
  const value = /^inf$/i.test(plain) ? Number.POSITIVE_INFINITY : /^nan$/i.test(plain) ? Number.NaN : Number(plain);
  return text.startsWith('-') ? -value : value;
}

const HINTS: Readonly<Record<string, CounterResetHint>> = {
  unknown: 'unknown',
  reset: 'reset',
  not_reset: 'not-reset',
  gauge: 'gauge',
};

/** What stands between `{{` and `}}`. */
function readHistogram(text: string): { value: FloatHistogram; hasHint: boolean } {
  const fields = new Map<string, string>();
  const field = /\s*([a-z_]+):(\[[^\]]*\]|[^\s[\]]+)/y;
  while (field.lastIndex < text.trimEnd().length) {
    const at = field.lastIndex;
    const found = field.exec(text);
    if (found === null) throw new Error(`bad histogram descriptor found: ${text.slice(at).trim()}`);
    const [, name, value] = found;
    if (fields.has(name!)) throw new Error(`duplicate key "${name}" in histogram`);
    fields.set(name!, value!);
  }
  const number = (name: string): number => readNumber(fields.get(name) ?? '0');
  const list = (name: string): number[] =>
    (fields.get(name) ?? '').replace(/[[\]]/g, '').split(/\s+/).filter(Boolean).map(readNumber);
  const hint = fields.get('counter_reset_hint');
  const value: FloatHistogram = {
    ...EMPTY_HISTOGRAM,
    schema: number('schema'),
    sum: number('sum'),
    count: number('count'),
    zeroCount: number('z_bucket'),
    zeroThreshold: number('z_bucket_w'),
    customValues: list('custom_values'),
    positive: bucketsFrom(number('offset'), list('buckets')),
    negative: bucketsFrom(number('n_offset'), list('n_buckets')),
    hint: HINTS[hint ?? 'unknown'] ?? 'unknown',
  };
  return { value, hasHint: hint !== undefined };
}

/** Start times as offsets from the samples in milliseconds; undefined for none: `_ -1mx3 -30s-1mx2`. */
export function readStartTimes(text: string): (number | undefined)[] {
  return text.trim().split(/\s+/).filter(Boolean).flatMap(readStartTime);
}

const START_TIME = /^(?:_(?:x(\d+))?|([-+]?\d+[a-wyz]*)(?:([-+])(\d+[a-wyz]*))?(?:x(\d+))?)$/;

function readStartTime(item: string): (number | undefined)[] {
  const found = START_TIME.exec(item);
  if (found === null) throw new Error(`invalid ST item "${item}"`);
  const [, omitted, base, sign, step, times] = found;
  if (base === undefined) return new Array<undefined>(Number(omitted ?? 1)).fill(undefined);
  const stepMs = step === undefined ? 0 : (sign === '-' ? -1 : 1) * durationOf(step);
  return Array.from({ length: Number(times ?? 0) + 1 }, (_, i) => durationOf(base) + i * stepMs);
}

function durationOf(text: string): number {
  const ms = parsePromDuration(text.replace(/^[-+]/, ''));
  return text.startsWith('-') ? -ms : ms;
}
