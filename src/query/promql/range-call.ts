import type { Call, PromExpr, PromRange, VectorSelector } from '#lang/promql';
import type { Evaluation } from './evaluation.ts';
import { isEmpty, newSeries, type StepSeries, setFloat, setHistogram, timeAt } from './matrix.ts';
import { KEEPS_NAME, noteNonCounter, RANGE_FUNCTIONS, USES_STARTS } from './range-functions.ts';
import { RANGE_KERNELS, type RangeKernel } from './range-kernels.ts';
import type { StoredSeries } from './source.ts';
import { unwrapped } from './timing.ts';
import { RangeAnswer, Window } from './window.ts';

/** A function of a range, series by series. */

/** What a range function is to look at. */
export interface FoundRange {
  /** Each series in one of the parts, whole. */
  readonly parts: AsyncIterable<readonly StoredSeries[]>;
  readonly rangeMs: number;
  readonly rangeSeconds: number;
  /** What a modifier sees before and behind the range. */
  readonly beforeMs: number;
  readonly behindMs: number;
  readonly modifier: VectorSelector['modifier'];
  /** Of each step: where its range ends. */
  readonly reference: (step: number) => number;
}

/** As how many samples a histogram counts. */
export const HISTOGRAM_WEIGHT = 10;
/** After so many samples in the windows of a range function others may have their turn. */
const TURN_SAMPLES = 100_000;

export class RangeCall {
  readonly name: string;
  readonly dropsName: boolean;
  readonly usesStarts: boolean;
  readonly #evaluation: Evaluation;
  readonly #found: FoundRange;
  readonly #places: readonly [PromRange, PromRange];
  readonly #parameters: readonly StepSeries[];
  readonly #answer = new RangeAnswer();

  /** `parameters` are the arguments beside the range. */
  constructor(evaluation: Evaluation, call: Call, found: FoundRange, parameters: readonly StepSeries[]) {
    this.name = call.name;
    this.dropsName = !KEEPS_NAME.has(call.name);
    this.usesStarts = evaluation.context.options.usesStarts && USES_STARTS.has(call.name);
    this.#evaluation = evaluation;
    this.#found = found;
    const [first, second] = call.arguments.map(placeOf);
    this.#places = [first!, second ?? first!];
    this.#parameters = parameters;
  }

  /** A series for the answer, under the name that it has there. */
  newResult({ labels, dropsName = false }: Pick<StoredSeries, 'labels' | 'dropsName'>): StepSeries {
    const drops = this.dropsName || dropsName;
    const named = drops ? this.#evaluation.nameless(labels) : labels;
    return newSeries(named, drops, this.#evaluation.grid.count);
  }

  /** Undefined where no step has a value. */
  async ofSeries(stored: StoredSeries): Promise<StepSeries | undefined> {
    const kernel = this.#kernelOf(stored);
    const result = this.newResult(stored);
    if (kernel === undefined) return this.#windowByWindow(stored, result);
    const { reference, rangeMs, rangeSeconds } = this.#found;
    const stepMs = this.#evaluation.grid.count > 1 ? reference(1) - reference(0) : 0;
    const hasAny = kernel(stored.floats, { endMs: reference(0), stepMs, rangeMs, rangeSeconds }, result);
    if (!hasAny) return undefined;
    this.noteFloats(stored.labels.metricName, stored.labels.get('__type__'));
    return result;
  }

  #kernelOf({ floats, histograms, isDelta = false }: StoredSeries): RangeKernel | undefined {
    const { modifier, reference } = this.#found;
    const { grid } = this.#evaluation;
    if (histograms !== undefined || modifier !== undefined) return undefined;
    if (this.usesStarts && floats.startsMs?.some((startMs) => startMs !== 0)) return undefined;
    if (isDelta && COUNTED.has(this.name)) return undefined;
    if (!Number.isInteger(reference(0)) || !Number.isInteger(grid.stepMs)) return undefined;
    return Object.hasOwn(RANGE_KERNELS, this.name) ? RANGE_KERNELS[this.name] : undefined;
  }

  async #windowByWindow(stored: StoredSeries, result: StepSeries): Promise<StepSeries | undefined> {
    const { context, grid } = this.#evaluation;
    const found = this.#found;
    const window = new Window(stored, context.annotations, this.#places, this.usesStarts);
    window.rangeSeconds = found.rangeSeconds;
    window.lookbackMs = context.options.lookbackMs;
    window.modifier = found.modifier;
    const fn = RANGE_FUNCTIONS[this.name]!;
    const answer = this.#answer;
    const values = this.#parameters.map(() => 0);
    let hasFloat = false;
    let seen = 0;
    for (let step = 0; step < grid.count; step++) {
      window.timeMs = timeAt(grid, step);
      window.rangeEndMs = found.reference(step);
      window.rangeStartMs = window.rangeEndMs - found.rangeMs;
      window.slide(window.rangeStartMs - found.beforeMs, window.rangeEndMs + found.behindMs);
      if (window.floatCount === 0 && window.histogramCount === 0) continue;
      seen += window.floatCount + HISTOGRAM_WEIGHT * window.histogramCount;
      if (seen > TURN_SAMPLES) {
        seen = 0;
        await context.pause();
      }
      for (let i = 0; i < values.length; i++) values[i] = this.#parameters[i]!.floats[step]!;
      answer.clear();
      fn(window, answer, values);
      if (answer.histogram !== undefined) {
        setHistogram(result, step, answer.histogram);
      } else if (answer.hasFloat) {
        setFloat(result, step, answer.float);
        hasFloat = true;
      }
    }
    if (hasFloat) this.noteFloats(stored.labels.metricName, stored.labels.get('__type__'));
    return isEmpty(result) ? undefined : result;
  }

  /** Rates of what is no counter are worth a note. */
  noteFloats(metricName: string, type: string): void {
    if (this.name !== 'rate' && this.name !== 'increase') return;
    const { annotations, options } = this.#evaluation.context;
    noteNonCounter(annotations, this.#places[0], metricName, options.hasTypeLabels ? type : undefined);
  }
}

/** Where notes on an argument point: for a subquery to the beginning of the query, since Prometheus has put its samples in its place by then. */
function placeOf(argument: PromExpr): PromRange {
  const expr = unwrapped(argument);
  return expr.kind === 'subquery' ? { start: 0, end: 0 } : expr;
}

/** Functions that add the samples of a delta up. */
const COUNTED: ReadonlySet<string> = new Set(['rate', 'increase']);
