import type { RangeAggregation, Stage, Unwrap } from '#lang/logql';
import { groupKey, Labels } from '../promql/labels.ts';
import { PromqlExecutionError } from '../promql/matrix.ts';
import type { SampleSource, Selection, StoredSeries } from '../promql/source.ts';
import { isSum, type Leaf, type Leaves } from './as-promql.ts';
import { storedLineFilters, wantedLabels } from './line-filters.ts';
import type { LineSelection, LineSource } from './line-source.ts';
import { namesOf, parsedFilters } from './parsed-filters.ts';
import { compileCondition } from './pipeline/conditions.ts';
import { conversionFault, READ_UNIT } from './pipeline/conversion.ts';
import { Entry, ERROR, ERROR_DETAILS } from './pipeline/entry.ts';
import { compilePipeline, type Step } from './pipeline/pipeline.ts';
import { Turn } from './turn.ts';

/** More series make no answer that a person reads. */
const MAX_SERIES = 10_000;
/** Samples of one range aggregation in memory, 16 bytes each. */
const MAX_SAMPLES = 20_000_000;

/** The samples that lines make, for an evaluation of PromQL. */
export class LineSamples implements SampleSource {
  readonly #leaves: Leaves;
  readonly #lines: LineSource;
  readonly #text: string;
  readonly #signal: AbortSignal | undefined;
  readonly #stepMs: number | undefined;

  /** `text`: the query's, for its mistakes. `signal` cancels it. `stepMs`: of a range; undefined of a query at one time. */
  constructor(
    leaves: Leaves,
    lines: LineSource,
    text: string,
    signal: AbortSignal | undefined,
    stepMs: number | undefined,
  ) {
    this.#stepMs = stepMs;
    this.#leaves = leaves;
    this.#lines = lines;
    this.#text = text;
    this.#signal = signal;
  }

  async select({ matchers, fromMs, toMs }: Selection): Promise<readonly StoredSeries[]> {
    const leaf = this.#leaves.get(matchers);
    if (leaf === undefined) throw new Error('bug: a selector that no range aggregation made');
    const { logs } = leaf.expr;
    const selection = {
      matchers: logs.matchers,
      lineFilters: storedLineFilters(logs.stages),
      wanted: wantedLabels(logs.stages),
      firstNs: nsOf(fromMs) + 1n,
      lastNs: nsOf(toMs),
      direction: 'forward',
      limit: undefined,
    } as const;
    const counted = await this.#counted(leaf, selection);
    const { unsure } = counted ?? {};
    if (counted === undefined) return stored(await this.#read(leaf, selection));
    return stored(
      unsure === undefined ? counted.series : both(counted.series, await this.#read(leaf, { ...selection, unsure })),
    );
  }

  async #read(leaf: Leaf, selection: LineSelection): Promise<GrowingSeries> {
    const labels = askedLabels(leaf);
    try {
      return await this.#made(leaf, { ...selection, labels });
    } catch (error) {
      if (labels === undefined || !(error instanceof PipelineError)) throw error;
      // It names all labels of the line.
      return this.#made(leaf, selection);
    }
  }

  async #made(leaf: Leaf, selection: LineSelection): Promise<GrowingSeries> {
    const maker = new SampleMaker(leaf, this.#text);
    const turn = new Turn(leaf.expr.logs.stages, this.#signal);
    for await (const part of this.#lines.read(selection)) {
      this.#signal?.throwIfAborted();
      for (const line of part) {
        if (turn.isOver()) await turn.rest();
        maker.add(line);
      }
    }
    return maker.series;
  }

  /** Where a sum over counts of lines is asked for, and nothing looks into the lines but what the store can tell, it counts. */
  async #counted(
    leaf: Leaf,
    selection: LineSelection,
  ): Promise<{ readonly series: GrowingSeries; readonly unsure: LineSelection['unsure'] } | undefined> {
    const { expr, sumBy } = leaf;
    const of = COUNTS[expr.operator];
    if (of === undefined || sumBy === undefined || expr.unwrap !== undefined) return undefined;
    const stages = neededStages(expr, sumBy);
    const parsed = parsedFilters(stages);
    if (parsed === undefined && !stages.every(({ kind }) => kind === 'line')) return undefined;
    const rangeMs = expr.rangeNs / 1e6;
    const bucketMs = this.#stepMs === undefined ? rangeMs : greatestDivisor(rangeMs, this.#stepMs);
    if (!Number.isInteger(rangeMs) || !Number.isInteger(bucketMs)) return undefined;
    const counted = await this.#lines.count?.(selection, { labels: sumBy, of, bucketMs, parsed });
    if (counted === undefined) return undefined;
    const series: GrowingSeries = new Map();
    for (const { labels, timeMs, value } of counted.counts) {
      const known = series.get(labels.key) ?? { labels, timesMs: [], values: [] };
      series.set(labels.key, known);
      known.timesMs.push(timeMs);
      known.values.push(value);
    }
    return { series, unsure: counted.unsure };
  }
}

const COUNTS: { readonly [operator in RangeAggregation['operator']]?: 'lines' | 'bytes' } = {
  count_over_time: 'lines',
  rate: 'lines',
  bytes_over_time: 'bytes',
  bytes_rate: 'bytes',
};

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

function nsOf(ms: number): bigint {
  const whole = Math.floor(ms);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6));
}

interface Growing {
  readonly labels: Labels;
  readonly timesMs: number[];
  readonly values: number[];
}

/** By the keys of their labels. */
type GrowingSeries = Map<string, Growing>;

/** The samples of both, in the order of their times. */
function both(left: GrowingSeries, right: GrowingSeries): GrowingSeries {
  const all: GrowingSeries = new Map(left);
  for (const [key, { labels, timesMs, values }] of right) {
    const other = all.get(key);
    const [times, of] = [
      [...(other?.timesMs ?? []), ...timesMs],
      [...(other?.values ?? []), ...values],
    ];
    const order = [...times.keys()].sort((a, b) => times[a]! - times[b]!);
    all.set(key, { labels, timesMs: order.map((i) => times[i]!), values: order.map((i) => of[i]!) });
  }
  return all;
}

function stored(series: GrowingSeries): readonly StoredSeries[] {
  return Array.from(series.values(), storedSeries);
}

/** A value of an entry; undefined where it has none. */
type Value = (entry: Entry) => number | undefined;

/** Lines to samples, by the labels of their series. */
class SampleMaker {
  readonly #entry = new Entry();
  readonly #pipeline: Step;
  readonly #value: Value;
  readonly #labelsOf: (entry: Entry) => Labels;
  readonly series: GrowingSeries = new Map();
  /** A sum by errors counts them. */
  readonly #keepsErrors: boolean;
  #samples = 0;

  constructor({ expr, sumBy }: Leaf, text: string) {
    this.#keepsErrors = sumBy !== undefined && isSum(expr.operator) && sumBy.some((name) => ERRORS.includes(name));
    this.#pipeline = compilePipeline(neededStages(expr, sumBy), text);
    this.#value = lineValue(expr);
    const { grouping, unwrap } = expr;
    const unwrapped = unwrap?.label;
    // What is summed afterwards may be put together here: a series for each trace id would be a series for each line.
    if (sumBy !== undefined && isSum(expr.operator)) this.#labelsOf = groupedBy(sumBy);
    else if (grouping?.isWithout === false) this.#labelsOf = groupedBy([...grouping.labels, ...ERRORS]);
    else {
      const group = grouping === undefined ? undefined : groupKey(grouping.labels, true);
      this.#labelsOf = (entry) => {
        // What became the value tells no series from another.
        const labels = entry.labels().keep((name) => name !== unwrapped);
        return group === undefined ? labels : group(labels);
      };
    }
  }

  /** Throws PromqlExecutionError for a line with an error that nothing took out. */
  add(line: Parameters<Entry['reset']>[0]): void {
    const entry = this.#entry;
    entry.reset(line);
    if (!this.#pipeline(entry)) return;
    const value = this.#value(entry);
    if (value === undefined) return;
    if (entry.hasFailed && !entry.isErrorWanted && !this.#keepsErrors) throw pipelineError(entry);
    const labels = this.#labelsOf(entry);
    let series = this.series.get(labels.key);
    if (series === undefined) {
      if (this.series.size === MAX_SERIES) throw tooManySeries();
      series = { labels, timesMs: [], values: [] };
      this.series.set(labels.key, series);
    }
    if (++this.#samples > MAX_SAMPLES) throw tooManyLines();
    // A window is open at its beginning and has its end: so the time is rounded up to what windows are counted in.
    series.timesMs.push(Number((line.timeNs + 999_999n) / 1_000_000n));
    series.values.push(value);
  }
}

function storedSeries({ labels, timesMs, values }: Growing): StoredSeries {
  return {
    labels,
    floats: { timesMs: Float64Array.from(timesMs), values: Float64Array.from(values), startsMs: undefined },
    histograms: undefined,
    staleMs: undefined,
  };
}

/** Samples of lines with errors keep them, whatever they are grouped by. */
const ERRORS: readonly string[] = [ERROR, ERROR_DETAILS];

const PARSERS: ReadonlySet<Stage['kind']> = new Set(['json', 'logfmt', 'pattern', 'regexp']);

/** Where lines are counted in one sum, and nothing looks at what parsers find, they need not run: as in Loki a line that they can't read counts. */
function neededStages(
  { operator, unwrap, logs: { stages } }: RangeAggregation,
  sumBy: Leaf['sumBy'],
): readonly Stage[] {
  const countsLines = COUNTS[operator] !== undefined && unwrap === undefined && sumBy?.length === 0;
  const onlyFinds = stages.every(({ kind }) => kind === 'line' || PARSERS.has(kind));
  return countsLines && onlyFinds ? stages.filter(({ kind }) => kind === 'line') : stages;
}

/** Stages that look at the line, and at no other labels than they name. */
const LOOK_AT_LINES: ReadonlySet<Stage['kind']> = new Set(['line', 'filter', 'decolorize', ...PARSERS]);

/** All labels that samples and their series depend on; undefined where any may be one. */
function askedLabels({ expr, sumBy }: Leaf): readonly string[] | undefined {
  const { grouping, operator, unwrap } = expr;
  const listed = grouping?.isWithout === false ? grouping.labels : undefined;
  const by = sumBy !== undefined && isSum(operator) ? sumBy : listed;
  const stages = neededStages(expr, sumBy);
  if (by === undefined || !stages.every(({ kind }) => LOOK_AT_LINES.has(kind))) return undefined;
  const filters = stages.flatMap((stage) => (stage.kind === 'filter' ? [stage.filter] : []));
  const unwrapped = unwrap === undefined ? [] : [unwrap.label];
  return [...by, ...ERRORS, ...unwrapped, ...[...filters, ...(unwrap?.filters ?? [])].flatMap(namesOf)];
}

/** These labels of an entry alone. Most lines have those of a line before. */
function groupedBy(names: readonly string[]): (entry: Entry) => Labels {
  const known = new Map<string, Labels>();
  return (entry) => {
    let key = '';
    for (const name of names) {
      const value = entry.get(name);
      key += `${value.length}:${value}`;
    }
    let labels = known.get(key);
    if (labels === undefined) {
      labels = Labels.of(names.map((name) => [name, entry.get(name)] as const));
      if (known.size <= MAX_SERIES) known.set(key, labels);
    }
    return labels;
  };
}

function lineValue({ operator, unwrap }: RangeAggregation): Value {
  if (unwrap !== undefined) return unwrappedValue(unwrap);
  if (operator === 'bytes_over_time' || operator === 'bytes_rate') return ({ line }) => Buffer.byteLength(line);
  return () => 1;
}

const UNITS = { bytes: 'bytes', duration: 'duration', duration_seconds: 'duration' } as const;

/** The value of a line whose label is none is 0, beside its error. */
function unwrappedValue({ label, conversion, filters }: Unwrap): Value {
  const unit = conversion === undefined ? 'number' : UNITS[conversion];
  const read = READ_UNIT[unit];
  const conditions = filters.map(compileCondition);
  return (entry) => {
    if (!entry.has(label)) return undefined;
    const text = entry.get(label);
    const value = read(text);
    if (value === undefined) entry.fail('SampleExtractionErr', conversionFault(unit, text));
    return conditions.every((condition) => condition(entry)) ? (value ?? 0) : undefined;
  };
}

/** Of a line with an error that nothing took out. */
class PipelineError extends PromqlExecutionError {}

function pipelineError(entry: Entry): PipelineError {
  const error = entry.get(ERROR);
  return new PipelineError(
    `pipeline error: '${error}' for series: '${entry.labels()}'.
Use a label filter to intentionally skip this error. (e.g | __error__!="${error}").
To skip all potential errors you can match empty errors.(e.g __error__="")
The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__="" )
`,
  );
}

function tooManySeries(): PromqlExecutionError {
  return new PromqlExecutionError(
    `maximum number of series (${MAX_SERIES}) reached for a single query; consider reducing query cardinality by adding more ` +
      'specific stream selectors, reducing the time range, or aggregating results with functions like sum(), count() or topk()',
  );
}

function tooManyLines(): PromqlExecutionError {
  return new PromqlExecutionError(
    `the query needs more than ${MAX_SAMPLES} lines; narrow its selector, its line filters or its time range`,
  );
}
