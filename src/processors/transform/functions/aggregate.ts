import { fail, type Place } from '#ottl';
import { attributeKey, METRIC_SUMMARY, type PointChunk, TEMPORALITY_DELTA } from '#pdata';
import { type Aggregation, mergePoints } from '../../shared/points/merge-points.ts';
import type { MetricEdits } from './metric-edits.ts';

/** Keeps these attributes of all points of the metric. */
export function keepAttributes(edits: MetricEdits, at: Place, keys: readonly string[]): void {
  for (const point of edits.points(at)) {
    const { attributes } = point;
    const unwanted = [...attributes.entries()].map(([key]) => key).filter((key) => !keys.includes(key));
    for (const key of unwanted) attributes.delete(attributeKey(key));
  }
}

/** Gives an attribute that has one of these values another one. */
export function renameValues(
  edits: MetricEdits,
  at: Place,
  key: string,
  values: readonly string[],
  next: string,
): void {
  const attribute = attributeKey(key);
  for (const { attributes } of edits.points(at)) {
    const value = attributes.get(attribute);
    if (typeof value === 'string' && values.includes(value)) attributes.set(attribute, next);
  }
}

/** Makes one point of all those with the same attributes and time. */
export function aggregate(edits: MetricEdits, at: Place, by: Aggregation): void {
  const { type, temporality } = at.metric();
  if (type === METRIC_SUMMARY) fail('summaries can not be aggregated');
  const rows = Array.from(edits.points(at), ({ row }) => row);
  const isDelta = temporality === TEMPORALITY_DELTA;
  for (const row of mergePoints(at.chunk as PointChunk, rows, { type, isDelta, by })) edits.remove(at, row);
}
