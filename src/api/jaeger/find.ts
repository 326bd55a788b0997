import {
  findPlaces,
  type ReadOptions,
  readSpans,
  type StoreReader,
  searchTraces,
  type TraceSearchResult,
} from '#query';
import { missingWarning } from '../shared/missing-warning.ts';
import type { adjustTrace } from './adjust.ts';
import { jaegerTraces, type TraceParts } from './model.ts';
import { serviceOf, splitTags } from './parameters.ts';

/** A search as all of Jaeger's APIs have it. */
export interface JaegerSearch {
  readonly service: string | undefined;
  readonly operation: string | undefined;
  readonly tags: Readonly<Record<string, unknown>>;
  readonly fromMs: number;
  readonly toMs: number;
  readonly minDurationNs: number | undefined;
  readonly maxDurationNs: number | undefined;
  /** Of traces; more than `MAX_TRACES` are none. */
  readonly limit: number;
}

export const DEFAULT_TRACES = 100;
const MAX_TRACES = 1500;

/** The newest traces that match. */
export function searchJaeger(
  reader: StoreReader,
  search: JaegerSearch,
  options: ReadOptions,
): Promise<TraceSearchResult> {
  const { service, tags, limit, ...others } = search;
  const own = { ...splitTags(tags), service: serviceOf(service), limit: Math.min(limit, MAX_TRACES) };
  return searchTraces(reader, { ...others, ...own, sort: 'newest' }, options);
}

/** Traces by their ids, in that order, as far as an answer holds them. */
export async function tracesByIds(
  reader: StoreReader,
  ids: readonly string[],
  adjust: typeof adjustTrace,
  options: ReadOptions,
): Promise<readonly TraceParts[]> {
  const places = await findPlaces(reader, ids, options);
  if (places.length === 0) return [];
  const found = await readSpans(reader, places, options);
  return jaegerTraces(ids, found.spans, adjust, missingWarning(found));
}
