import type { BinaryExpr, VectorMatching } from '#lang/promql';
import { NOTES } from './annotations.ts';
import { type Arithmetic, COMPARISON, isArithmetic, isComparison } from './arithmetic.ts';
import type { Evaluation } from './evaluation.ts';
import {
  added,
  compact,
  divided,
  type FloatHistogram,
  type HistogramSum,
  IncompatibleHistograms,
  multiplied,
  sameHistogram,
  subtracted,
  trimmed,
  withHint,
} from './histogram/index.ts';
import { groupKey, type Labels } from './labels.ts';
import {
  ABSENT,
  copyValue,
  FLOAT,
  HISTOGRAM,
  histogramAt,
  newSeries,
  PromqlExecutionError,
  type SeriesTable,
  type StepSeries,
  setFloat,
  setHistogram,
} from './matrix.ts';
import { scalarSeries } from './vector-functions.ts';

/** The operators between two expressions. */

/** The answer to two values; without `isKept` the pair has none, without `isCounted` it doesn't even count as matched. */
class Outcome {
  isCounted = false;
  isKept = false;
  float = 0;
  histogram: FloatHistogram | undefined;
}

interface OperatorNote {
  readonly level: 'warning' | 'info';
  readonly text: string;
}

/** Works out pairs of values and notes what doesn't go together: of each step the last of it, as Prometheus does. */
class Operator {
  readonly #expr: BinaryExpr;
  readonly #evaluation: Evaluation;
  readonly #arithmetic: Arithmetic;
  readonly #notes = new Map<number, OperatorNote>();
  #step = 0;
  readonly outcome = new Outcome();

  constructor(expr: BinaryExpr, evaluation: Evaluation) {
    this.#expr = expr;
    this.#evaluation = evaluation;
    this.#arithmetic = evaluation.context.options.arithmetic;
  }

  /** The pairs of a step come in the order in which its vectors have them. */
  apply(
    step: number,
    left: number,
    right: number,
    leftHistogram: FloatHistogram | undefined,
    rightHistogram: FloatHistogram | undefined,
  ): Outcome {
    const { outcome } = this;
    this.#step = step;
    outcome.isCounted = true;
    outcome.isKept = true;
    outcome.histogram = undefined;
    outcome.float = left;
    const { operator } = this.#expr;
    if (leftHistogram === undefined && rightHistogram === undefined) {
      if (isComparison(operator)) outcome.isKept = COMPARISON[operator](left, right);
      else if (isArithmetic(operator)) outcome.float = this.#arithmetic[operator](left, right);
      else this.#incompatible('float', 'float');
    } else if (leftHistogram === undefined) {
      if (operator === '*') outcome.histogram = compact(multiplied(rightHistogram!, left));
      else this.#incompatible('float', 'histogram');
    } else if (rightHistogram === undefined) {
      this.#histogramAndFloat(leftHistogram, right);
    } else {
      this.#histograms(leftHistogram, rightHistogram);
    }
    return outcome;
  }

  #histogramAndFloat(histogram: FloatHistogram, value: number): void {
    const { operator } = this.#expr;
    const { outcome } = this;
    if (operator === '*') outcome.histogram = compact(multiplied(histogram, value));
    else if (operator === '/') outcome.histogram = compact(divided(histogram, value));
    else if (operator === '</' || operator === '>/') outcome.histogram = trimmed(histogram, value, operator);
    else this.#incompatible('histogram', 'float');
  }

  #histograms(left: FloatHistogram, right: FloatHistogram): void {
    const { operator } = this.#expr;
    const { outcome } = this;
    if (operator === '+') {
      outcome.histogram = this.#combine(() => added(left, right), 'addition');
    } else if (operator === '-') {
      const difference = this.#combine(() => subtracted(left, right), 'subtraction');
      outcome.histogram = difference && withHint(difference, 'gauge');
    } else if (operator === '==' || operator === '!=') {
      outcome.histogram = left;
      outcome.isKept = sameHistogram(left, right) === (operator === '==');
    } else {
      this.#incompatible('histogram', 'histogram');
    }
  }

  /** Hints that contradict each other are as bad as layouts that don't go together. */
  #combine(work: () => HistogramSum, operation: 'addition' | 'subtraction'): FloatHistogram | undefined {
    try {
      const { histogram, isCollision, isReconciled } = work();
      if (isCollision) {
        this.#note('warning', NOTES.resetCollision(operation));
        this.#refuse();
        return undefined;
      }
      if (isReconciled) this.#note('info', NOTES.reconciledBounds(operation));
      return compact(histogram);
    } catch (error) {
      if (!(error instanceof IncompatibleHistograms)) throw error;
      this.#note('warning', NOTES.incompatibleBuckets(this.#expr.operator));
      this.#refuse();
      return undefined;
    }
  }

  #incompatible(left: string, right: string): void {
    this.#note('info', NOTES.incompatibleTypes(left, this.#expr.operator, right));
    this.#refuse();
  }

  #note(level: OperatorNote['level'], text: string): void {
    this.#notes.set(this.#step, { level, text });
  }

  /** Once all pairs are worked out. */
  tell(): void {
    const { annotations } = this.#evaluation.context;
    for (const note of this.#notes.values()) annotations.add({ ...note, range: this.#expr });
  }

  #refuse(): void {
    this.outcome.isCounted = false;
    this.outcome.isKept = false;
  }
}

export function scalarsAndScalars(
  evaluation: Evaluation,
  expr: BinaryExpr,
  left: StepSeries,
  right: StepSeries,
): StepSeries[] {
  const { operator } = expr;
  const { arithmetic } = evaluation.context.options;
  const value = isComparison(operator)
    ? (step: number) => Number(COMPARISON[operator](left.floats[step]!, right.floats[step]!))
    : isArithmetic(operator)
      ? (step: number) => arithmetic[operator](left.floats[step]!, right.floats[step]!)
      : () => Number.NaN;
  return [scalarSeries(evaluation, value)];
}

/** Whether what comes out is no longer the metric that went in. */
function changesMetric({ operator, isBool }: BinaryExpr): boolean {
  return isBool || isArithmetic(operator);
}

/** A vector on one side, a number on the other. Comparisons keep the vector's values. */
export function vectorAndScalar(
  evaluation: Evaluation,
  expr: BinaryExpr,
  vector: readonly StepSeries[],
  scalar: StepSeries,
  isSwapped: boolean,
): StepSeries[] {
  const table = evaluation.newTable();
  const operator = new Operator(expr, evaluation);
  const drops = changesMetric(expr);
  for (const series of vector) {
    const labels = drops ? evaluation.nameless(series.labels) : series.labels;
    for (let step = 0; step < evaluation.grid.count; step++) {
      const kind = series.kinds[step]!;
      if (kind === ABSENT) continue;
      const value = series.floats[step]!;
      const number = scalar.floats[step]!;
      const histogram = kind === HISTOGRAM ? histogramAt(series, step) : undefined;
      const outcome = isSwapped
        ? operator.apply(step, number, value, undefined, histogram)
        : operator.apply(step, value, number, histogram, undefined);
      if (!outcome.isCounted || !(outcome.isKept || expr.isBool)) continue;
      const target = table.at(step, labels, series.dropsName || drops);
      if (expr.isBool) setFloat(target, step, Number(outcome.isKept));
      else if (isSwapped && isComparison(expr.operator)) copyValue(series, target, step);
      else setOutcome(target, step, outcome);
    }
  }
  operator.tell();
  return table.series;
}

function setOutcome(series: StepSeries, step: number, { float, histogram }: Outcome): void {
  if (histogram === undefined) setFloat(series, step, float);
  else setHistogram(series, step, histogram);
}

/** Which labels two series must have in common. */
function matchLabels({ labels, isOn }: VectorMatching): (set: Labels) => Labels {
  if (isOn && labels.length === 0) return groupKey([], false);
  return groupKey(labels, !isOn);
}

/** The series of one side that have the same matching labels. */
type Signatures = Map<string, StepSeries[]>;

function bySignature(series: readonly StepSeries[], matching: (set: Labels) => Labels): Signatures {
  const found: Signatures = new Map();
  for (const each of series) {
    const { key } = matching(each.labels);
    const same = found.get(key);
    if (same === undefined) found.set(key, [each]);
    else same.push(each);
  }
  return found;
}

/** `and`, `or` and `unless`: whole series are taken over, step by step. */
export async function setOperation(
  evaluation: Evaluation,
  expr: BinaryExpr,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
): Promise<StepSeries[]> {
  const { count } = evaluation.grid;
  const matching = matchLabels(expr.matching!);
  const table = evaluation.newTable();
  const { pause } = evaluation.context;
  /** The steps at which the other side is there, or is not; all of them where no other side is given. */
  const takeWhere = async (
    side: readonly StepSeries[],
    other: ReadonlyMap<string, Uint8Array> | undefined,
    wanted: boolean,
  ): Promise<void> => {
    for (const series of side) {
      const present = other?.get(matching(series.labels).key);
      for (let step = 0; step < count; step++) {
        if (series.kinds[step] === ABSENT) continue;
        if (other !== undefined && (present !== undefined && present[step] !== ABSENT) !== wanted) continue;
        copyValue(series, table.at(step, series.labels, series.dropsName), step);
      }
      await pause();
    }
  };
  if (expr.operator === 'or') {
    await takeWhere(left, undefined, true);
    await takeWhere(right, await presenceOf(evaluation, left, matching), false);
  } else {
    await takeWhere(left, await presenceOf(evaluation, right, matching), expr.operator === 'and');
  }
  return table.series;
}

/** Of each signature: at which steps one of its series has a value. */
async function presenceOf(
  { grid, context }: Evaluation,
  side: readonly StepSeries[],
  matching: (set: Labels) => Labels,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const presence = new Map<string, Uint8Array>();
  for (const { labels, kinds } of side) {
    const { key } = matching(labels);
    const known = presence.get(key);
    if (known === undefined) presence.set(key, kinds.slice());
    else for (let step = 0; step < grid.count; step++) known[step]! |= kinds[step]!;
    await context.pause();
  }
  return presence;
}

/** Arithmetic and comparisons between the series of two vectors whose matching labels are equal. */
export function vectorsWithVectors(
  evaluation: Evaluation,
  expr: BinaryExpr,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
): Promise<StepSeries[]> {
  return new VectorMatcher(evaluation, expr, left, right).run();
}

/** Two series of one signature. */
interface Twins {
  readonly step: number;
  readonly series: readonly [StepSeries, StepSeries];
}

class VectorMatcher {
  readonly #evaluation: Evaluation;
  readonly #expr: BinaryExpr;
  readonly #matching: VectorMatching;
  /** The side of which many may match, and the one where each signature is there once. */
  readonly #many: readonly StepSeries[];
  readonly #one: readonly StepSeries[];
  readonly #isSwapped: boolean;
  readonly #signatureOf: (set: Labels) => Labels;
  readonly #operator: Operator;
  readonly #table: SeriesTable;
  /** Per signature and, in group matching, resulting labels: the steps that have a match. */
  readonly #matched = new Map<string, Uint8Array>();
  /** The first step that fails; those behind it don't count any more. */
  #endAt: number;
  /** It fails because something is matched twice. */
  #isTwice = false;

  constructor(evaluation: Evaluation, expr: BinaryExpr, left: readonly StepSeries[], right: readonly StepSeries[]) {
    this.#evaluation = evaluation;
    this.#expr = expr;
    this.#matching = expr.matching!;
    this.#isSwapped = this.#matching.cardinality === 'one-to-many';
    [this.#many, this.#one] = this.#isSwapped ? [right, left] : [left, right];
    this.#signatureOf = matchLabels(this.#matching);
    this.#operator = new Operator(expr, evaluation);
    this.#table = evaluation.newTable();
    this.#endAt = evaluation.grid.count;
  }

  async run(): Promise<StepSeries[]> {
    const { fillLeft, fillRight } = this.#matching;
    const [fillMany, fillOne] = this.#isSwapped ? [fillRight, fillLeft] : [fillLeft, fillRight];
    const ones = bySignature(this.#one, this.#signatureOf);
    const twins = this.#firstTwins(ones, fillMany !== undefined || fillOne !== undefined);
    this.#endAt = twins?.step ?? this.#endAt;
    const seen = new Map<string, Uint8Array>();
    for (const many of this.#many) {
      const signature = this.#signatureOf(many.labels);
      const partners = ones.get(signature.key) ?? [];
      const steps = getOrMake(seen, signature.key, () => new Uint8Array(this.#evaluation.grid.count));
      for (const one of partners) this.#pair(signature, many, one, steps);
      if (fillOne !== undefined) this.#pair(signature, many, this.#filler(signature, fillOne, partners), steps);
      await this.#evaluation.context.pause();
    }
    if (fillMany !== undefined) {
      for (const one of this.#one) {
        const signature = this.#signatureOf(one.labels);
        const steps = seen.get(signature.key);
        const filler = this.#filler(signature, fillMany, []);
        if (steps !== undefined) {
          for (let step = 0; step < steps.length; step++) if (steps[step] !== 0) filler.kinds[step] = ABSENT;
        }
        this.#pair(signature, filler, one, undefined);
        await this.#evaluation.context.pause();
      }
    }
    if (this.#isTwice) throw new PromqlExecutionError(this.#whyTwice());
    if (twins !== undefined) throw this.#whyTwins(twins.series);
    this.#operator.tell();
    return this.#table.series;
  }

  /** A number where none of the partners has a value. */
  #filler(signature: Labels, value: number, partners: readonly StepSeries[]): StepSeries {
    const filler = newSeries(signature, false, this.#evaluation.grid.count);
    for (let step = 0; step < filler.kinds.length; step++) {
      if (partners.every(({ kinds }) => kinds[step] === ABSENT)) setFloat(filler, step, value);
    }
    return filler;
  }

  /**
   * On the one side each signature may be there once at a time: the first step where one is there twice, and the two series. Where the other
   * side has nothing, nothing is matched.
   */
  #firstTwins(ones: Signatures, hasFill: boolean): Twins | undefined {
    if ([...ones.values()].every(({ length }) => length < 2)) return undefined;
    for (let step = 0; step < this.#evaluation.grid.count; step++) {
      if (!hasFill && this.#many.every(({ kinds }) => kinds[step] === ABSENT)) continue;
      const first = new Map<string, StepSeries>();
      for (const series of this.#one) {
        if (series.kinds[step] === ABSENT) continue;
        const { key } = this.#signatureOf(series.labels);
        const known = first.get(key);
        if (known !== undefined) return { step, series: [known, series] };
        first.set(key, series);
      }
    }
    return undefined;
  }

  #whyTwins([first, second]: Twins['series']): PromqlExecutionError {
    const [a, b] = [String(first.labels), String(second.labels)].sort();
    const side = this.#isSwapped ? 'left' : 'right';
    return new PromqlExecutionError(
      `found duplicate series for the match group ${this.#signatureOf(first.labels)} ` +
        `on the ${side} hand-side of the operation: [${a}, ${b}];` +
        'many-to-many matching not allowed: matching labels must be unique on one side',
    );
  }

  #pair(signature: Labels, many: StepSeries, one: StepSeries, steps: Uint8Array | undefined): void {
    const { isBool } = this.#expr;
    let labels: Labels | undefined;
    let matched: Uint8Array | undefined;
    for (let step = 0; step < this.#endAt; step++) {
      if (many.kinds[step] === ABSENT || one.kinds[step] === ABSENT) continue;
      const [left, right] = this.#isSwapped ? [one, many] : [many, one];
      const outcome = this.#operator.apply(
        step,
        left.floats[step]!,
        right.floats[step]!,
        left.kinds[step] === FLOAT ? undefined : histogramAt(left, step),
        right.kinds[step] === FLOAT ? undefined : histogramAt(right, step),
      );
      if (!outcome.isCounted) continue;
      if (steps !== undefined) steps[step] = 1;
      labels ??= this.#resultLabels(many.labels, one.labels);
      matched ??= this.#matchedSteps(signature, labels);
      if (matched[step] !== 0) {
        this.#isTwice = true;
        this.#endAt = step;
        break;
      }
      matched[step] = 1;
      if (!outcome.isKept && !isBool) continue;
      const target = this.#table.at(step, labels, isBool);
      if (isBool) setFloat(target, step, Number(outcome.isKept));
      else setOutcome(target, step, outcome);
    }
  }

  #matchedSteps(signature: Labels, labels: Labels): Uint8Array {
    const isOneToOne = this.#matching.cardinality === 'one-to-one';
    const key = isOneToOne ? signature.key : `${signature.key.length}:${signature.key}${labels.key}`;
    return getOrMake(this.#matched, key, () => new Uint8Array(this.#evaluation.grid.count));
  }

  #whyTwice(): string {
    return this.#matching.cardinality === 'one-to-one'
      ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
      : 'multiple matches for labels: grouping labels must ensure unique matches';
  }

  #resultLabels(many: Labels, one: Labels): Labels {
    const { cardinality, labels: names, isOn, include } = this.#matching;
    const { isBool, operator } = this.#expr;
    const isNameless = isArithmetic(operator) || (isBool && !this.#evaluation.context.options.delaysNameRemoval);
    let labels = isNameless ? many.withoutName() : many;
    if (cardinality === 'one-to-one') {
      const named = new Set(names);
      labels = labels.keep((name) => named.has(name) === isOn);
    }
    for (const name of include) labels = labels.with(name, one.get(name));
    return labels;
  }
}

function getOrMake<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
