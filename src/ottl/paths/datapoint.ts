import {
  Double,
  type ExponentialBuckets,
  type ExponentialSide,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  type PointView,
} from '#pdata';
import type { Expression } from '../expression.ts';
import type { Place } from '../place.ts';
import { fail, float64, int64, isDouble, isInt, isList, numberOf, Parts, typeName, type Value } from '../values.ts';
import { expectDouble, expectInt, uint64 } from './simple.ts';
import { expectParts, listPath } from './span.ts';

type Kind = 'number' | 'histogram' | 'exponential' | 'summary';

const KINDS: ReadonlyMap<number, Kind> = new Map([
  [METRIC_GAUGE, 'number'],
  [METRIC_SUM, 'number'],
  [METRIC_HISTOGRAM, 'histogram'],
  [METRIC_EXPONENTIAL_HISTOGRAM, 'exponential'],
  [METRIC_SUMMARY, 'summary'],
]);

/** A path that only points of some kinds have: of others it is nil, and setting it is an error. */
function ofKinds(
  kinds: readonly Kind[],
  get: (point: PointView) => Value,
  set: (point: PointView, value: Value) => void,
): Expression {
  const isOf = (at: Place): boolean => kinds.includes(KINDS.get(at.point.metric.type)!);
  return {
    get: (at) => (isOf(at) ? get(at.point) : null),
    set: (at, value) => {
      if (!isOf(at)) fail(`a point of this kind does not have it: only ${kinds.join(', ')} points do`);
      set(at.point, value);
    },
  };
}

const COUNTED: readonly Kind[] = ['histogram', 'exponential', 'summary'];

function doubles(value: Value): Float64Array {
  if (value === null) return new Float64Array(0);
  if (!isList(value)) fail(`expects a list of float64 but got ${typeName(value)}`);
  return Float64Array.from(value as readonly Value[], (item) =>
    isDouble(item) ? numberOf(item) : fail(`expects a list of float64, which has ${typeName(item)}`),
  );
}

function counts(value: Value): BigUint64Array {
  if (value === null) return new BigUint64Array(0);
  if (!isList(value)) fail(`expects a list of int64 but got ${typeName(value)}`);
  return BigUint64Array.from(
    Array.from(value as readonly Value[], (item) =>
      isInt(item) ? uint64(item) : fail(`expects a list of int64, which has ${typeName(item)}`),
    ),
  );
}

const countList = (list: BigUint64Array): Value => Array.from(list, int64);

/** A path to a part of exponential buckets. */
function exponential(
  get: (buckets: ExponentialBuckets) => Value,
  set: (buckets: ExponentialBuckets, value: Value) => ExponentialBuckets,
): Expression {
  return ofKinds(
    ['exponential'],
    (point) => get(point.exponential),
    (point, value) => {
      point.exponential = set(point.exponential, value);
    },
  );
}

function sidePaths(side: 'positive' | 'negative'): Record<string, Expression> {
  const changed = (buckets: ExponentialBuckets, change: Partial<ExponentialSide>): ExponentialBuckets => ({
    ...buckets,
    [side]: { ...buckets[side], ...change },
  });
  return {
    [side]: exponential(
      (buckets) => new Parts('buckets', -1, buckets[side]),
      (buckets, value) => changed(buckets, (expectParts('buckets', value).content ?? NO_SIDE) as ExponentialSide),
    ),
    [`${side}.offset`]: exponential(
      (buckets) => buckets[side].offset,
      (buckets, value) => changed(buckets, { offset: int32(expectInt(value)) }),
    ),
    [`${side}.bucket_counts`]: exponential(
      (buckets) => countList(buckets[side].counts),
      (buckets, value) => changed(buckets, { counts: counts(value) }),
    ),
  };
}

const NO_SIDE: ExponentialSide = { offset: 0, counts: new BigUint64Array(0) };

function int32(value: number | bigint): number {
  return Number(BigInt.asIntN(32, BigInt(value)));
}

/** Paths of points where they differ from pdata's table. */
export const POINT_EXTRAS: Readonly<Record<string, Expression>> = {
  value_double: ofKinds(
    ['number'],
    ({ value }) => (typeof value === 'number' ? float64(value) : new Double(0)),
    (point, value) => {
      point.value = expectDouble(value);
    },
  ),
  value_int: ofKinds(
    ['number'],
    ({ value }) => (typeof value === 'bigint' ? int64(value) : 0),
    (point, value) => {
      point.value = BigInt(expectInt(value));
    },
  ),
  exemplars: listPath('exemplars', (at) => at.point.exemplars),
  count: ofKinds(
    COUNTED,
    (point) => int64(point.count),
    (point, value) => {
      point.count = uint64(expectInt(value));
    },
  ),
  sum: ofKinds(
    COUNTED,
    (point) => (Number.isNaN(point.sum) ? new Double(0) : float64(point.sum)),
    (point, value) => {
      point.sum = expectDouble(value);
    },
  ),
  bucket_counts: ofKinds(
    ['histogram'],
    (point) => countList(point.buckets.counts),
    (point, value) => {
      point.buckets = { bounds: point.buckets.bounds, counts: counts(value) };
    },
  ),
  explicit_bounds: ofKinds(
    ['histogram'],
    (point) => Array.from(point.buckets.bounds, float64),
    (point, value) => {
      point.buckets = { bounds: doubles(value), counts: point.buckets.counts };
    },
  ),
  scale: exponential(
    (buckets) => buckets.scale,
    (buckets, value) => ({ ...buckets, scale: int32(expectInt(value)) }),
  ),
  zero_count: exponential(
    (buckets) => int64(buckets.zeroCount),
    (buckets, value) => ({ ...buckets, zeroCount: uint64(expectInt(value)) }),
  ),
  ...sidePaths('positive'),
  ...sidePaths('negative'),
  quantile_values: ofKinds(
    ['summary'],
    ({ quantiles }) => new Parts('quantile values', quantiles.quantiles.length, quantiles),
    (point, value) => {
      const parts = value === null ? undefined : expectParts('quantile values', value);
      point.quantiles = (parts?.content ?? NO_QUANTILES) as PointView['quantiles'];
    },
  ),
};

const NO_QUANTILES: PointView['quantiles'] = { quantiles: new Float64Array(0), values: new Float64Array(0) };

/** Paths of exemplars that are not in pdata's table. */
export const EXEMPLAR_EXTRAS: Readonly<Record<string, Expression>> = {
  double_value: {
    get: (at) => {
      const { value } = at.exemplar();
      return typeof value === 'number' ? float64(value) : new Double(0);
    },
    set: (at, value) => {
      at.exemplar().value = expectDouble(value);
    },
  },
  int_value: {
    get: (at) => {
      const { value } = at.exemplar();
      return typeof value === 'bigint' ? int64(value) : 0;
    },
    set: (at, value) => {
      at.exemplar().value = BigInt(expectInt(value));
    },
  },
};
