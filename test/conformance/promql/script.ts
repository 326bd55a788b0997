import { ALL_OF_PROMQL, parsePromDuration, parsePromql } from '#lang/promql';
import {
  type Annotations,
  compact,
  compareLabels,
  DEFAULT_OPTIONS,
  type EngineOptions,
  FLOAT,
  type FloatHistogram,
  HISTOGRAM,
  histogramAt,
  type Labels,
  type PromqlAnswer,
  printHistogram,
  queryInstant,
  queryRange,
  type SampleSource,
  type StepSeries,
  type StoredSeries,
  timeAt,
} from '../../../src/query/promql/index.ts';
import { readSequence, readSeries, readStartTimes, type SequenceValue } from '../../../src/query/promql/notation.ts';
import { CustomBuckets, MemorySource, NO_LABELS } from './memory-source.ts';

/** Runs scripts of Prometheus' promqltest: `load` series, `eval` a query, compare with what is expected. */

/** As promqltest starts Prometheus' engine. */
const FLAGS = { ...ALL_OF_PROMQL, hasUtf8Names: true };
const OPTIONS: EngineOptions = { ...DEFAULT_OPTIONS, delaysNameRemoval: true, usesStarts: true };

/** Numbers of a result may differ by this share of their sum. */
const EPSILON = 1e-6;

export interface EvalOutcome {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  readonly error: string | undefined;
}

type Expectation = 'fail' | 'warn' | 'info' | 'no_warn' | 'no_info' | 'ordered';

interface Eval {
  readonly line: number;
  readonly text: string;
  readonly expression: string;
  readonly isRange: boolean;
  startMs: number;
  endMs: number;
  stepMs: number;
  readonly expectations: { readonly kind: Expectation; readonly matches: (text: string) => boolean }[];
  readonly series: { readonly labels: Labels; readonly values: readonly SequenceValue[] }[];
  scalar: number | undefined;
  string: string | undefined;
  hasRangeVector: boolean;
}

const LOAD = /^load(?:_(with_nhcb))?\s+(\S+)$/;
const EVAL =
  /^eval(?:_(fail|warn|info|ordered))?\s+(?:instant\s+(?:at\s+(\S+)\s+)?|range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+)(.*)$/;
const EXPECT = /^expect\s+(fail|warn|info|no_warn|no_info|ordered)(?:\s+(msg|regex):(.*))?$/;
const EXPECT_RANGE = /^expect range vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$/;

/** Samples that a script loads, and their answers. */
export interface ScriptSource extends SampleSource {
  clear(): void;
  add(labels: Labels, timeMs: number, value: SequenceValue, startMs?: number): void;
}

/**
 * Runs a whole script; each `eval` has its outcome. Of so many instant queries one is asked in a range, too. Throws where the script itself can't be
 * read.
 */
export async function runScript(
  script: string,
  source: ScriptSource = new MemorySource(),
  inRangeOf = 1,
): Promise<EvalOutcome[]> {
  const outcomes: EvalOutcome[] = [];
  const lines = script.split('\n').map((line) => (line.trim().startsWith('#') ? '' : line.trim()));
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    if (line === '') continue;
    if (line === 'clear') {
      source.clear();
      continue;
    }
    const body: string[] = [];
    const first = at;
    while (at + 1 < lines.length && lines[at + 1] !== '') body.push(lines[++at]!);
    if (LOAD.test(line)) load(source, LOAD.exec(line)!, body);
    else if (EVAL.test(line)) {
      const command = readEval(line, first + 1, body);
      outcomes.push({
        line: first + 1,
        text: line,
        error: await whyNot(command, source, outcomes.length % inRangeOf === 0),
      });
    } else throw new Error(`line ${first + 1}: no command: ${line}`);
  }
  return outcomes;
}

function load(source: ScriptSource, [, nhcb, interval]: RegExpExecArray, body: readonly string[]): void {
  const gapMs = parsePromDuration(interval!);
  const custom = new CustomBuckets();
  const described = body.map(readSeries);
  const starts = new Map(
    described
      .filter(({ rest }) => rest.startsWith('@st'))
      .map(({ labels, rest }) => [labels.key, readStartTimes(rest.slice('@st'.length))]),
  );
  // The last line of a series is the one that counts.
  const series = new Map(
    described.filter(({ rest }) => !rest.startsWith('@st')).map((each) => [each.labels.key, each]),
  );
  for (const { labels, rest } of series.values()) {
    readSequence(rest).forEach((value, step) => {
      const timeMs = step * gapMs;
      const offsetMs = starts.get(labels.key)?.[step];
      source.add(labels, timeMs, value, offsetMs === undefined ? 0 : timeMs + offsetMs);
      if (nhcb !== undefined) custom.add(labels, timeMs, value);
    });
  }
  custom.into(source);
}

function readEval(text: string, line: number, body: readonly string[]): Eval {
  const [, suffix, at = '0', from, to, step, expression] = EVAL.exec(text)!;
  const isRange = from !== undefined;
  const command: Eval = {
    line,
    text,
    expression: expression!,
    isRange,
    startMs: parsePromDuration(isRange ? from : at),
    endMs: parsePromDuration(isRange ? to! : at),
    stepMs: isRange ? parsePromDuration(step!) : 0,
    expectations: suffix === undefined ? [] : [{ kind: suffix as Expectation, matches: () => true }],
    series: [],
    scalar: undefined,
    string: undefined,
    hasRangeVector: false,
  };
  for (const each of body) readExpected(command, each);
  return command;
}

function readExpected(command: Eval, line: string): void {
  const range = EXPECT_RANGE.exec(line);
  if (range !== null) {
    [command.startMs, command.endMs, command.stepMs] = range.slice(1).map(parsePromDuration) as [
      number,
      number,
      number,
    ];
    command.hasRangeVector = true;
  } else if (line.startsWith('expect string ')) {
    command.string = readString(line.slice('expect string '.length));
  } else if (EXPECT.test(line)) {
    const [, kind, how, wanted = ''] = EXPECT.exec(line)!;
    command.expectations.push({ kind: kind as Expectation, matches: matcherOf(how, wanted.trim()) });
  } else if (line.startsWith('expected_fail_message')) {
    command.expectations.push({ kind: 'fail', matches: matcherOf('msg', line.slice(21).trim()) });
  } else if (line.startsWith('expected_fail_regexp')) {
    command.expectations.push({ kind: 'fail', matches: matcherOf('regex', line.slice(20).trim()) });
  } else if (/^[-+]?(?:[0-9.]+(?:[eE][-+]?\d+)?|inf|nan)$/i.test(line)) {
    const [value] = readSequence(line);
    command.scalar = value?.kind === 'float' ? value.value : Number.NaN;
  } else {
    const { labels, rest } = readSeries(line);
    command.series.push({ labels, values: readSequence(rest) });
  }
}

function readString(literal: string): string {
  const expr = parsePromql(literal);
  if (expr.kind !== 'string') throw new Error(`no string: ${literal}`);
  return expr.value;
}

function matcherOf(how: string | undefined, wanted: string): (text: string) => boolean {
  if (how === undefined) return () => true;
  return how === 'msg' ? (text) => text === wanted : (text) => new RegExp(wanted).test(text);
}

/** Undefined where the command gives what it should. */
async function whyNot(command: Eval, source: ScriptSource, isInRange: boolean): Promise<string | undefined> {
  const expectsFailure = command.expectations.filter(({ kind }) => kind === 'fail');
  let answer: PromqlAnswer;
  try {
    const query = { expr: parsePromql(command.expression, FLAGS), source, options: OPTIONS };
    answer = command.isRange ? await queryRange(query, command) : await queryInstant(query, command.endMs);
  } catch (error) {
    const { name, message, stack } = error as Error;
    if (!/^Promql/.test(name)) return `crashed: ${stack}`;
    if (expectsFailure.length === 0) return `failed: ${message}`;
    return expectsFailure.every(({ matches }) => matches(message)) ? undefined : `failed with other words: ${message}`;
  }
  if (expectsFailure.length > 0) return 'did not fail';
  const fault = whyOtherNotes(command, answer.annotations) ?? whyOther(command, answer);
  if (fault !== undefined || command.isRange || command.hasRangeVector || command.string !== undefined) return fault;
  if (!isInRange || /\b(?:range|step|start|end)\s*\(\s*\)/.test(command.expression)) return undefined;
  return whyOtherInRange(command, source);
}

/** An instant query gives the same at the middle step of a range. */
async function whyOtherInRange(command: Eval, source: ScriptSource): Promise<string | undefined> {
  const { endMs } = command;
  const expr = parsePromql(command.expression, FLAGS);
  const times = { startMs: endMs - 60_000, endMs: endMs + 60_000, stepMs: 60_000 };
  try {
    const answer = await queryRange({ expr, source, options: OPTIONS }, times);
    if (answer.type !== 'matrix') return `in a range: ${answer.type}`;
    const middle = answer.series.filter(({ kinds }) => kinds[1] !== 0).map((series) => atStep(series, 1));
    const ordered = command.expectations.some(({ kind }) => kind === 'ordered');
    if (ordered) return undefined;
    const fault =
      command.scalar === undefined ? compareVector(command, middle, false) : compareScalar(command.scalar, middle);
    return fault === undefined ? undefined : `in a range: ${fault}`;
  } catch (error) {
    return `in a range: ${(error as Error).stack}`;
  }
}

function whyOtherNotes(command: Eval, annotations: Annotations): string | undefined {
  for (const [level, kind] of [
    ['warning', 'warn'],
    ['info', 'info'],
  ] as const) {
    const found = annotations.texts(level, command.expression);
    const wanted = command.expectations.filter((expectation) => expectation.kind === kind);
    if (command.expectations.some((expectation) => expectation.kind === `no_${kind}`) && found.length > 0)
      return `has ${kind} ${found.join(' | ')}`;
    if (wanted.length === 0) continue;
    if (found.length === 0) return `has no ${kind}`;
    if (!wanted.every(({ matches }) => found.some(matches))) return `has another ${kind}: ${found.join(' | ')}`;
    const extra = found.find((text) => !wanted.some(({ matches }) => matches(text)));
    if (extra !== undefined) return `has ${kind} beside: ${extra}`;
  }
  return undefined;
}

interface Point {
  readonly labels: Labels;
  readonly float: number;
  readonly histogram: FloatHistogram | undefined;
}

function atStep(series: StepSeries, step: number): Point {
  const isHistogram = series.kinds[step] === HISTOGRAM;
  return {
    labels: series.labels,
    float: series.floats[step]!,
    histogram: isHistogram ? histogramAt(series, step) : undefined,
  };
}

function whyOther(command: Eval, answer: PromqlAnswer): string | undefined {
  switch (answer.type) {
    case 'string':
      return answer.text === command.string ? undefined : `is ${JSON.stringify(answer.text)}`;
    case 'scalar':
      return command.scalar === undefined
        ? 'is a scalar'
        : compareScalar(command.scalar, [atStep(answer.series[0]!, 0)]);
    case 'vector': {
      const points = answer.series.filter(({ kinds }) => kinds[0] !== 0).map((series) => atStep(series, 0));
      if (command.scalar !== undefined) return 'is no scalar';
      return compareVector(
        command,
        points,
        command.expectations.some(({ kind }) => kind === 'ordered'),
      );
    }
    case 'matrix':
      return compareMatrix(
        command,
        answer.series.map((series) => ({ labels: series.labels, points: pointsOf(series, answer.grid) })),
      );
    case 'samples':
      return compareMatrix(
        command,
        answer.stored.map((stored) => ({ labels: stored.labels, points: samplesOf(stored) })),
      );
  }
}

function compareScalar(wanted: number, found: readonly Point[]): string | undefined {
  const value = found[0]?.float ?? Number.NaN;
  return isAlmost(wanted, value) ? undefined : `is ${value} instead of ${wanted}`;
}

function compareVector(command: Eval, found: readonly Point[], isOrdered: boolean): string | undefined {
  const wanted = command.series.filter(({ values }) => values.length > 0);
  for (const [i, { labels, values }] of wanted.entries()) {
    const place = found.findIndex((point) => point.labels.key === labels.key);
    if (place < 0) return `lacks ${labels}; has ${found.map(describe).join(' ')}`;
    if (isOrdered && place !== i) return `has ${labels} at place ${place} instead of ${i}`;
    const fault = compareValue(values[0]!, found[place]!);
    if (fault !== undefined) return `${labels} ${fault}`;
  }
  const extra = found.find((point) => !wanted.some(({ labels }) => labels.key === point.labels.key));
  return extra === undefined ? undefined : `has ${describe(extra)} beside`;
}

function describe({ labels, float, histogram }: Point): string {
  return `${labels} ${histogram === undefined ? float : printHistogram(histogram)}`;
}

interface TimedPoint extends Point {
  readonly timeMs: number;
}

function pointsOf(series: StepSeries, grid: Parameters<typeof timeAt>[0]): TimedPoint[] {
  const points: TimedPoint[] = [];
  series.kinds.forEach((kind, step) => {
    if (kind === FLOAT || kind === HISTOGRAM) points.push({ ...atStep(series, step), timeMs: timeAt(grid, step) });
  });
  return points;
}

function samplesOf({ labels, floats, histograms }: StoredSeries): TimedPoint[] {
  const points: TimedPoint[] = Array.from(floats.timesMs, (timeMs, i) => ({
    labels,
    timeMs,
    float: floats.values[i]!,
    histogram: undefined,
  }));
  histograms?.values.forEach((histogram, i) => {
    points.push({ labels, timeMs: histograms.timesMs[i]!, float: 0, histogram });
  });
  return points.sort((a, b) => a.timeMs - b.timeMs);
}

function compareMatrix(
  command: Eval,
  found: readonly { readonly labels: Labels; readonly points: readonly TimedPoint[] }[],
): string | undefined {
  for (let i = 1; i < found.length; i++)
    if (compareLabels(found[i - 1]!.labels, found[i]!.labels) > 0) return 'is not sorted';
  const wanted =
    command.scalar === undefined
      ? command.series
      : [{ labels: NO_LABELS, values: [{ kind: 'float', value: command.scalar } as const] }];
  for (const { labels, values } of wanted) {
    const expected = values
      .map((value, i) => ({ value, timeMs: command.startMs + i * command.stepMs }))
      .filter(({ value }) => value.kind !== 'omitted');
    const points = found.find((series) => series.labels.key === labels.key)?.points;
    if (points === undefined && expected.length === 0) continue;
    if (points === undefined) return `lacks ${labels}; has ${found.map((series) => series.labels).join(' ')}`;
    const shown = points.map((point) => `${point.timeMs}: ${describe(point)}`).join('; ');
    if (points.length !== expected.length)
      return `${labels} has ${points.length} points instead of ${expected.length}: ${shown}`;
    for (const [i, { value, timeMs }] of expected.entries()) {
      const point = points[i]!;
      if (point.timeMs !== timeMs) return `${labels} has a point at ${point.timeMs} instead of ${timeMs}: ${shown}`;
      const fault = compareValue(value, point);
      if (fault !== undefined) return `${labels} at ${timeMs} ${fault}: ${shown}`;
    }
  }
  const extra = found.find(
    ({ labels, points }) => points.length > 0 && !wanted.some((series) => series.labels.key === labels.key),
  );
  return extra === undefined ? undefined : `has ${extra.labels} ${extra.points.map(describe).join(' ')} beside`;
}

function compareValue(wanted: SequenceValue, { float, histogram }: Point): string | undefined {
  if (wanted.kind === 'histogram') {
    if (histogram === undefined) return `is ${float} instead of a histogram`;
    return compareHistogram(wanted, histogram);
  }
  if (histogram !== undefined) return `is the histogram ${printHistogram(histogram)}`;
  if (wanted.kind !== 'float') return `is ${float} instead of ${wanted.kind}`;
  return isAlmost(wanted.value, float) ? undefined : `is ${float} instead of ${wanted.value}`;
}

function compareHistogram(
  wanted: Extract<SequenceValue, { kind: 'histogram' }>,
  histogram: FloatHistogram,
): string | undefined {
  const a = compact(wanted.value);
  const b = compact(histogram);
  const isSame =
    a.schema === b.schema &&
    isAlmost(a.count, b.count) &&
    isAlmost(a.sum, b.sum) &&
    isAlmost(a.zeroCount, b.zeroCount) &&
    (a.customValues.length > 0 || a.zeroThreshold === b.zeroThreshold) &&
    a.customValues.join() === b.customValues.join() &&
    [a.positive, a.negative].every((buckets, i) => {
      const others = [b.positive, b.negative][i]!;
      return (
        buckets.indices.join() === others.indices.join() &&
        buckets.counts.every((count, j) => isAlmost(count, others.counts[j]!))
      );
    });
  if (!isSame) return `is ${JSON.stringify(plain(b))} instead of ${JSON.stringify(plain(a))}`;
  if (wanted.hasHint && wanted.value.hint !== histogram.hint)
    return `has the hint ${histogram.hint} instead of ${wanted.value.hint}`;
  return undefined;
}

function plain(histogram: FloatHistogram): object {
  const { positive, negative, ...rest } = histogram;
  const list = ({ indices, counts }: FloatHistogram['positive']): string[] =>
    Array.from(indices, (index, i) => `${index}:${counts[i]}`);
  return { ...rest, positive: list(positive), negative: list(negative) };
}

function isAlmost(a: number, b: number): boolean {
  if ((Number.isNaN(a) && Number.isNaN(b)) || a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < 2.2250738585072014e-308) return difference < EPSILON * 2.2250738585072014e-308;
  return difference / Math.min(sum, Number.MAX_VALUE) < EPSILON;
}
