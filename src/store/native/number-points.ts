import { POINT_VALUE_INT, POINT_VALUE_NONE } from '#pdata';
import type { KnownSamples } from '#wire';
import { ByteSink } from './byte-sink.ts';
import { BlockSink, type TableBlock } from './columns.ts';
import { Decimals, scaledInteger } from './decimals.ts';
import { PointHead, type PointRun, writeSink } from './point-head.ts';
import { WordColumn } from './word-column.ts';

/** What `value_form` says: a double as it is, an int, or a double that is `value_int` / 10^(form - FORM_DECIMAL). */
const FORM_DOUBLE = 0;
const FORM_INT = 1;
const FORM_DECIMAL = 2;
/** The quiet NaN, for a point without a value. */
const NAN_HIGH = 0x7ff8_0000;

/** Points of gauges and sums. Each value stands in one of two columns, exact to the last bit; the other has zero. */
export class NumberPoints {
  readonly #head = new PointHead();
  readonly #sink = new BlockSink(1 << 14);
  readonly #ints = new WordColumn();
  readonly #doubles = new WordColumn();
  readonly #forms = new ByteSink();
  readonly #decimals = new Decimals();
  #hasInts = false;
  #hasDoubles = false;

  get count(): number {
    return this.#head.count;
  }

  reset(): void {
    this.#head.reset();
    this.#ints.reset();
    this.#doubles.reset();
    this.#forms.reset();
    this.#hasInts = false;
    this.#hasDoubles = false;
  }

  add(run: PointRun): void {
    this.#head.add(run);
    const { chunk, words, from, to } = run;
    const { rows } = chunk;
    const { valueType, valueDouble } = chunk.columns;
    const decimals = isIntAt(run, from) ? 0 : this.#decimalsOf(run);
    const count = to - from;
    let form = this.#forms.take(count);
    let out = this.#ints.takeValues(count);
    this.#doubles.takeValues(count);
    const forms = this.#forms.bytes;
    const ints = this.#ints.words;
    const doubles = this.#doubles.words;
    for (let i = from; i < to; i++, out += 2, form++) {
      const row = rows === undefined ? i : rows[i]!;
      if (valueType[row] === POINT_VALUE_INT) {
        doubles[out] = 0;
        doubles[out + 1] = 0;
        this.#hasInts = true;
        forms[form] = FORM_INT;
        ints[out] = words.int[row * 2]!;
        ints[out + 1] = words.int[row * 2 + 1]!;
        continue;
      }
      const isNone = valueType[row] === POINT_VALUE_NONE;
      forms[form] = this.#put(
        out,
        isNone ? Number.NaN : scaledInteger(valueDouble[row]!, decimals),
        isNone ? 0 : words.double[row * 2]!,
        isNone ? NAN_HIGH : words.double[row * 2 + 1]!,
      )
        ? FORM_DECIMAL + decimals
        : FORM_DOUBLE;
    }
  }

  /** Adds samples of known series. */
  addKnown(samples: KnownSamples): void {
    const { count, metrics } = samples;
    for (let from = 0; from < count; ) {
      let to = from + 1;
      while (to < count && metrics[to] === metrics[from]) to++;
      this.#addKnownRun(samples, from, to);
      from = to;
    }
  }

  #addKnownRun(samples: KnownSamples, from: number, to: number): void {
    this.#head.addKnown(samples, from, to);
    const { values, valueWords, flags } = samples;
    const { hash } = samples.knownMetrics[samples.metrics[from]!]!;
    const decimals = this.#decimals.of(values, undefined, from, to, hash);
    const count = to - from;
    let form = this.#forms.take(count);
    let out = this.#ints.takeValues(count);
    this.#doubles.takeValues(count);
    const forms = this.#forms.bytes;
    for (let i = from; i < to; i++, out += 2, form++) {
      const isNone = flags[i] !== 0;
      const integer = isNone ? Number.NaN : scaledInteger(values[i]!, decimals);
      const high = isNone ? NAN_HIGH : valueWords[i * 2 + 1]!;
      const isInteger = this.#put(out, integer, isNone ? 0 : valueWords[i * 2]!, high);
      forms[form] = isInteger ? FORM_DECIMAL + decimals : FORM_DOUBLE;
    }
  }

  /** Puts an integer, or the words of a double where that is NaN, at `out`. Says whether it was the integer. */
  #put(out: number, integer: number, low: number, high: number): boolean {
    const ints = this.#ints.words;
    const doubles = this.#doubles.words;
    if (Number.isNaN(integer)) {
      this.#hasDoubles = true;
      ints[out] = 0;
      ints[out + 1] = 0;
      doubles[out] = low;
      doubles[out + 1] = high;
      return false;
    }
    this.#hasInts = true;
    const integerHigh = Math.floor(integer / 0x1_0000_0000);
    ints[out] = integer - integerHigh * 0x1_0000_0000;
    ints[out + 1] = integerHigh;
    doubles[out] = 0;
    doubles[out + 1] = 0;
    return true;
  }

  #decimalsOf({ chunk, from, to, metric, series }: PointRun): number {
    return this.#decimals.of(chunk.columns.valueDouble, chunk.rows, from, to, series.metricWords[metric * 2]!);
  }

  finish(arrivalNs: bigint): TableBlock {
    const sink = this.#sink;
    this.#head.begin(sink, arrivalNs);
    writeSink(sink, 'value_form', 'UInt8', this.#forms);
    // A column that is left out is zero in all rows.
    if (this.#hasInts) writeSink(sink, 'value_int', 'Int64', this.#ints);
    if (this.#hasDoubles) writeSink(sink, 'value_double', 'Float64', this.#doubles);
    return this.#head.finish(sink, 'metric_points', arrivalNs);
  }
}

function isIntAt({ chunk }: PointRun, place: number): boolean {
  return chunk.columns.valueType[chunk.rowAt(place)] === POINT_VALUE_INT;
}
