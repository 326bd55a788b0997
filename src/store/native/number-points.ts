import { POINT_VALUE_INT, POINT_VALUE_NONE } from '#pdata';
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
      doubles[out] = 0;
      doubles[out + 1] = 0;
      if (valueType[row] === POINT_VALUE_INT) {
        this.#hasInts = true;
        forms[form] = FORM_INT;
        ints[out] = words.int[row * 2]!;
        ints[out + 1] = words.int[row * 2 + 1]!;
        continue;
      }
      const integer = valueType[row] === POINT_VALUE_NONE ? Number.NaN : scaledInteger(valueDouble[row]!, decimals);
      if (!Number.isNaN(integer)) {
        this.#hasInts = true;
        forms[form] = FORM_DECIMAL + decimals;
        const high = Math.floor(integer / 0x1_0000_0000);
        ints[out] = integer - high * 0x1_0000_0000;
        ints[out + 1] = high;
        continue;
      }
      this.#hasDoubles = true;
      forms[form] = FORM_DOUBLE;
      ints[out] = 0;
      ints[out + 1] = 0;
      if (valueType[row] === POINT_VALUE_NONE) doubles[out + 1] = NAN_HIGH;
      else {
        doubles[out] = words.double[row * 2]!;
        doubles[out + 1] = words.double[row * 2 + 1]!;
      }
    }
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
