import {
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  type PointChunk,
} from '#pdata';
import { asBool, type Expression } from '../expression.ts';
import type { Key } from '../keys.ts';
import type { Place } from '../place.ts';
import { payloadOf, valueAt } from '../read-value.ts';
import { Parts, type Value, type ValueMap } from '../values.ts';
import { expectInt, uint32 } from './simple.ts';
import { expectParts } from './span.ts';
import { mapPath } from './values.ts';

/** OTTL numbers the types of metrics as pmetric does; columns have the field numbers of OTLP. */
const TYPES: ReadonlyMap<number, number> = new Map([
  [METRIC_GAUGE, 1],
  [METRIC_SUM, 2],
  [METRIC_HISTOGRAM, 3],
  [METRIC_EXPONENTIAL_HISTOGRAM, 4],
  [METRIC_SUMMARY, 5],
]);
const HAS_TEMPORALITY: ReadonlySet<number> = new Set([METRIC_SUM, METRIC_HISTOGRAM, METRIC_EXPONENTIAL_HISTOGRAM]);

const DATA_POINTS: Expression = {
  get: (at) => new Parts('data points', pointCount(at), undefined),
  // Points can only come from the same metric.
  set: (_, value) => void expectParts('data points', value),
};

function pointCount(at: Place): number {
  const chunk = at.chunk as PointChunk;
  const metric = at.metricNumber();
  let count = 0;
  for (let i = 0; i < chunk.count; i++) if (chunk.columns.metric[chunk.rowAt(i)] === metric) count++;
  return count;
}

/** Paths of metrics where they differ from pdata's table. */
export const METRIC_EXTRAS: Readonly<Record<string, Expression>> = {
  type: { get: (at) => TYPES.get(at.metric().type) ?? 0, isSmallInt: true, set: () => {} },
  aggregation_temporality: {
    get: (at) => (HAS_TEMPORALITY.has(at.metric().type) ? at.metric().temporality : null),
    set: (at, value) => {
      const temporality = uint32(expectInt(value));
      if (HAS_TEMPORALITY.has(at.metric().type)) at.metric().temporality = temporality;
    },
  },
  is_monotonic: {
    get: (at) => (at.metric().type === METRIC_SUM ? at.metric().isMonotonic : null),
    set: (at, value) => {
      const isMonotonic = asBool(value);
      if (at.metric().type === METRIC_SUM) at.metric().isMonotonic = isMonotonic;
    },
  },
  data_points: DATA_POINTS,
};

export function metadataPath(keys: readonly Key[]): Expression {
  return mapPath(readMetadata, writeMetadata, keys);
}

function readMetadata(at: Place): ValueMap {
  const map: ValueMap = new Map();
  at.metric().eachMetadata((key, type, from, length) => map.set(key, valueAt(at.chunk.arena, type, from, length)));
  return map;
}

function writeMetadata(at: Place, map: ValueMap): void {
  at.metric().setMetadata(
    Array.from(map, ([key, value]): [string, { type: number; bytes: Uint8Array }] => [key, ownPayload(value)]),
  );
}

function ownPayload(value: Value): { type: number; bytes: Uint8Array } {
  const { type, bytes } = payloadOf(value);
  return { type, bytes: bytes.slice() };
}
