import { DecodeError } from '#base';
import {
  EXPONENTIAL_POINT,
  HISTOGRAM_POINT,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_HISTOGRAM,
  METRIC_SUMMARY,
  NUMBER_POINT,
  POINT_VALUE_DOUBLE,
  POINT_VALUE_INT,
  POINT_VALUE_NONE,
  SUMMARY_POINT,
} from '#pdata';
import { checkKeyValue, contentEnd, expectType, fixed, nextOffset, skipUnknown, varint } from './check.ts';
import type { ColumnSpace, ColumnsOf } from './columns.ts';
import { clearTime, readTime, wordsOf } from './decode-traces.ts';
import { Rejections } from './rejections.ts';

export const POINT_SPEC: {
  readonly startNs: BigUint64ArrayConstructor;
  readonly timeNs: BigUint64ArrayConstructor;
  readonly valueDouble: Float64ArrayConstructor;
  readonly valueInt: BigInt64ArrayConstructor;
  readonly pointCount: BigUint64ArrayConstructor;
  readonly sum: Float64ArrayConstructor;
  readonly min: Float64ArrayConstructor;
  readonly max: Float64ArrayConstructor;
  readonly rowStart: Uint32ArrayConstructor;
  readonly rowEnd: Uint32ArrayConstructor;
  readonly rowScope: Uint32ArrayConstructor;
  readonly metric: Uint32ArrayConstructor;
  readonly flags: Uint32ArrayConstructor;
  readonly valueType: Uint8ArrayConstructor;
} = {
  startNs: BigUint64Array,
  timeNs: BigUint64Array,
  valueDouble: Float64Array,
  valueInt: BigInt64Array,
  pointCount: BigUint64Array,
  sum: Float64Array,
  min: Float64Array,
  max: Float64Array,
  rowStart: Uint32Array,
  rowEnd: Uint32Array,
  rowScope: Uint32Array,
  metric: Uint32Array,
  flags: Uint32Array,
  valueType: Uint8Array,
};

/** What a field of a data point is. The four kinds of points number their fields differently; see ROLES. */
const ROLE = {
  unknown: 0,
  start: 1,
  time: 2,
  double: 3,
  int: 4,
  count: 5,
  sum: 6,
  min: 7,
  max: 8,
  flags: 9,
  attributes: 10,
  exemplars: 11,
  /** Repeated 8-byte values: bucket counts and bounds. */
  fixedList: 12,
  /** Nested messages of numbers: exponential buckets and quantiles. */
  nested: 14,
  /** A scalar without a column: scale, zero_count, zero_threshold. */
  scalar: 13,
} as const;

/** Field number to role, per kind of point. */
function roles(pairs: readonly (readonly [number, number])[]): Uint8Array {
  const table = new Uint8Array(16);
  for (const [field, role] of pairs) table[field] = role;
  return table;
}
const NUMBER_ROLES = roles([
  [NUMBER_POINT.start, ROLE.start],
  [NUMBER_POINT.time, ROLE.time],
  [NUMBER_POINT.asDouble, ROLE.double],
  [NUMBER_POINT.asInt, ROLE.int],
  [NUMBER_POINT.exemplars, ROLE.exemplars],
  [NUMBER_POINT.attributes, ROLE.attributes],
  [NUMBER_POINT.flags, ROLE.flags],
]);
const HISTOGRAM_ROLES = roles([
  [HISTOGRAM_POINT.start, ROLE.start],
  [HISTOGRAM_POINT.time, ROLE.time],
  [HISTOGRAM_POINT.count, ROLE.count],
  [HISTOGRAM_POINT.sum, ROLE.sum],
  [HISTOGRAM_POINT.bucketCounts, ROLE.fixedList],
  [HISTOGRAM_POINT.explicitBounds, ROLE.fixedList],
  [HISTOGRAM_POINT.exemplars, ROLE.exemplars],
  [HISTOGRAM_POINT.attributes, ROLE.attributes],
  [HISTOGRAM_POINT.flags, ROLE.flags],
  [HISTOGRAM_POINT.min, ROLE.min],
  [HISTOGRAM_POINT.max, ROLE.max],
]);
const EXPONENTIAL_ROLES = roles([
  [EXPONENTIAL_POINT.attributes, ROLE.attributes],
  [EXPONENTIAL_POINT.start, ROLE.start],
  [EXPONENTIAL_POINT.time, ROLE.time],
  [EXPONENTIAL_POINT.count, ROLE.count],
  [EXPONENTIAL_POINT.sum, ROLE.sum],
  [EXPONENTIAL_POINT.scale, ROLE.scalar],
  [EXPONENTIAL_POINT.zeroCount, ROLE.scalar],
  [EXPONENTIAL_POINT.positive, ROLE.nested],
  [EXPONENTIAL_POINT.negative, ROLE.nested],
  [EXPONENTIAL_POINT.flags, ROLE.flags],
  [EXPONENTIAL_POINT.exemplars, ROLE.exemplars],
  [EXPONENTIAL_POINT.min, ROLE.min],
  [EXPONENTIAL_POINT.max, ROLE.max],
  [EXPONENTIAL_POINT.zeroThreshold, ROLE.scalar],
]);
const SUMMARY_ROLES = roles([
  [SUMMARY_POINT.start, ROLE.start],
  [SUMMARY_POINT.time, ROLE.time],
  [SUMMARY_POINT.count, ROLE.count],
  [SUMMARY_POINT.sum, ROLE.sum],
  [SUMMARY_POINT.quantiles, ROLE.nested],
  [SUMMARY_POINT.attributes, ROLE.attributes],
  [SUMMARY_POINT.flags, ROLE.flags],
]);

/** Reads data points of all kinds into the columns of `space`. */
export class PointReader {
  readonly rejections: Rejections = new Rejections();
  readonly #space: ColumnSpace<typeof POINT_SPEC>;
  #columns: ColumnsOf<typeof POINT_SPEC>;
  /** The 8-byte columns as word pairs. */
  #words: WordColumns;
  count = 0;
  attributeCount = 0;

  constructor(space: ColumnSpace<typeof POINT_SPEC>) {
    this.#space = space;
    this.#columns = space.columns;
    this.#words = wordColumns(space.columns);
  }

  readPoint(bytes: Uint8Array, from: number, end: number, metric: number, scope: number, type: number): void {
    if (this.count === this.#space.capacity) {
      this.#space.grow();
      this.#columns = this.#space.columns;
      this.#words = wordColumns(this.#columns);
    }
    const row = this.count;
    const columns = this.#columns;
    columns.rowStart[row] = from;
    columns.rowEnd[row] = end;
    columns.rowScope[row] = scope;
    columns.metric[row] = metric;
    columns.flags[row] = 0;
    columns.valueType[row] = POINT_VALUE_NONE;
    columns.sum[row] = Number.NaN;
    columns.min[row] = Number.NaN;
    columns.max[row] = Number.NaN;
    columns.valueDouble[row] = 0;
    clearTime(this.#words.int, row);
    clearTime(this.#words.start, row);
    clearTime(this.#words.time, row);
    clearTime(this.#words.count, row);
    if (this.#readFields(bytes, from, end, row, rolesOf(type))) this.count++;
    else this.rejections.count++;
  }

  #readFields(bytes: Uint8Array, at: number, end: number, row: number, roleOf: Uint8Array): boolean {
    const words = this.#words;
    let accepted = true;
    while (at < end) {
      const tag = varint(bytes, at, end);
      at = nextOffset();
      const role = tag < 128 ? roleOf[tag >>> 3]! : ROLE.unknown;
      switch (role) {
        case ROLE.start:
          expectType(tag, 1, at);
          at = readTime(bytes, at, end, words.start, row);
          break;
        case ROLE.time:
          expectType(tag, 1, at);
          at = readTime(bytes, at, end, words.time, row);
          break;
        case ROLE.double:
          expectType(tag, 1, at);
          at = readTime(bytes, at, end, words.double, row);
          this.#columns.valueType[row] = POINT_VALUE_DOUBLE;
          break;
        case ROLE.int:
          expectType(tag, 1, at);
          at = readTime(bytes, at, end, words.int, row);
          this.#columns.valueType[row] = POINT_VALUE_INT;
          this.#columns.valueDouble[row] = (words.int[row * 2 + 1]! | 0) * 0x1_0000_0000 + words.int[row * 2]!;
          break;
        case ROLE.count:
          expectType(tag, 1, at);
          at = readTime(bytes, at, end, words.count, row);
          break;
        case ROLE.sum:
          expectType(tag, 1, at);
          at = readTime(bytes, at, end, words.sum, row);
          break;
        case ROLE.min:
          expectType(tag, 1, at);
          at = readTime(bytes, at, end, words.min, row);
          break;
        case ROLE.max:
          expectType(tag, 1, at);
          at = readTime(bytes, at, end, words.max, row);
          break;
        case ROLE.flags:
          expectType(tag, 0, at);
          this.#columns.flags[row] = varint(bytes, at, end);
          at = nextOffset();
          break;
        case ROLE.attributes: {
          expectType(tag, 2, at);
          const to = contentEnd(bytes, at, end);
          checkKeyValue(bytes, nextOffset(), to, 0);
          this.attributeCount++;
          at = to;
          break;
        }
        case ROLE.exemplars: {
          expectType(tag, 2, at);
          const to = contentEnd(bytes, at, end);
          accepted = this.#checkExemplar(bytes, nextOffset(), to) && accepted;
          at = to;
          break;
        }
        case ROLE.fixedList:
          at = checkFixedList(bytes, at, end, tag);
          break;
        case ROLE.nested: {
          expectType(tag, 2, at);
          const to = contentEnd(bytes, at, end);
          checkNested(bytes, nextOffset(), to);
          at = to;
          break;
        }
        default:
          at = skipUnknown(bytes, at, end, tag);
      }
    }
    return accepted;
  }

  /** Exemplar: time = 2, as_double = 3, span_id = 4, trace_id = 5, as_int = 6, filtered_attributes = 7. */
  #checkExemplar(bytes: Uint8Array, at: number, end: number): boolean {
    let accepted = true;
    while (at < end) {
      const tag = varint(bytes, at, end);
      at = nextOffset();
      if (tag === 0x22 || tag === 0x2a) {
        const to = contentEnd(bytes, at, end);
        const wanted = tag === 0x2a ? 16 : 8;
        const length = to - nextOffset();
        if (length !== 0 && length !== wanted) {
          accepted = this.rejections.add(tag === 0x2a ? 'exemplar trace_id' : 'exemplar span_id', length, wanted);
        }
        at = to;
      } else if (tag === 0x3a) {
        const to = contentEnd(bytes, at, end);
        checkKeyValue(bytes, nextOffset(), to, 0);
        at = to;
      } else {
        const field = tag >>> 3;
        if (field === 2 || field === 3 || field === 6) expectType(tag, 1, at);
        else if (field === 4 || field === 5 || field === 7) expectType(tag, 2, at);
        at = skipUnknown(bytes, at, end, tag);
      }
    }
    return accepted;
  }
}

/** Repeated fixed64 or double, packed (a multiple of 8 bytes) or one by one: protobuf allows both. */
function checkFixedList(bytes: Uint8Array, at: number, end: number, tag: number): number {
  if ((tag & 7) === 1) return fixed(at, 8, end);
  expectType(tag, 2, at);
  const to = contentEnd(bytes, at, end);
  if ((to - nextOffset()) % 8 !== 0)
    throw new DecodeError(`packed field ${tag >>> 3} is not a multiple of 8 bytes`, at);
  return to;
}

/** Buckets { offset = 1, bucket_counts = 2 packed varints } and ValueAtQuantile { quantile = 1, value = 2 doubles }. */
function checkNested(bytes: Uint8Array, at: number, end: number): void {
  while (at < end) {
    const tag = varint(bytes, at, end);
    at = skipUnknown(bytes, nextOffset(), end, tag);
    if ((tag & 7) === 2 && at > 0 && bytes[at - 1]! >= 0x80) throw new DecodeError('packed varint is cut off', at);
  }
}

function rolesOf(type: number): Uint8Array {
  if (type === METRIC_HISTOGRAM) return HISTOGRAM_ROLES;
  if (type === METRIC_EXPONENTIAL_HISTOGRAM) return EXPONENTIAL_ROLES;
  if (type === METRIC_SUMMARY) return SUMMARY_ROLES;
  return NUMBER_ROLES;
}

type WordColumns = Record<'start' | 'time' | 'double' | 'int' | 'count' | 'sum' | 'min' | 'max', Uint32Array>;

function wordColumns(columns: ColumnsOf<typeof POINT_SPEC>): WordColumns {
  return {
    start: wordsOf(columns.startNs),
    time: wordsOf(columns.timeNs),
    double: wordsOf(columns.valueDouble),
    int: wordsOf(columns.valueInt),
    count: wordsOf(columns.pointCount),
    sum: wordsOf(columns.sum),
    min: wordsOf(columns.min),
    max: wordsOf(columns.max),
  };
}
