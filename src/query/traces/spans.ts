/** Conditions on spans that several queries share. */

import { type FilterCompare, SPAN_KIND_NUMBERS } from '#lang/filter';
import type { FilterKind } from '#store/schema.ts';
import type { SpanKind, SpanStatus } from '../answers/index.ts';
import { compileFilter, readFilter, readUnmet, stringOf, Tag } from '../filter/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { OWNER_ATTRIBUTES, ownerMeets, resources, type TimeRange } from '../source/index.ts';
import { allOf, Bound, noId, raw, type Sql, sql, text } from '../sql/index.ts';
import {
  type AttributePlaces,
  isAtPlaces,
  type Required,
  readAttributePlaces,
  requiredComparisons,
} from './attribute-places.ts';

/** Span kinds by OTLP's number. */
export const SPAN_KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
export const SPAN_STATUSES = ['unset', 'ok', 'error'] as const;
export function spanKind(number: number): SpanKind {
  return SPAN_KINDS[number] ?? 'unspecified';
}

export function spanStatus(number: number): SpanStatus {
  return SPAN_STATUSES[number] ?? 'unset';
}

/** The longest duration that the store's 64 bits hold. */
const LONGEST_NS = 2n ** 64n - 1n;

/** Requests enter a service by these spans: kind server or consumer, or a root. */
export const ENTRY_SPAN: Sql = sql`(${raw(`kind IN (${SPAN_KIND_NUMBERS.server}, ${SPAN_KIND_NUMBERS.consumer})`)} OR parent_span_id = ${noId(8)})`;

/** Spans that a query in another language finds in a range. */
export interface MatchingSpans {
  /** As it was asked. */
  readonly query: string;
  /** On spans of the range. */
  readonly condition: Sql;
  /** Undefined where the condition is the query; else what was found is named by it, which may not be all. */
  readonly found: { readonly traceCount: number; readonly isWhole: boolean } | undefined;
}

/** What narrows spans, beside the time. Absent and empty fields do not, but for `service`: '' is that of spans whose resource names none. */
export interface SpanFilter {
  /** The filter language. */
  readonly q?: string | undefined;
  readonly matching?: MatchingSpans | undefined;
  readonly service?: string | undefined;
  readonly operation?: string | undefined;
  readonly minDurationNs?: number | undefined;
  readonly maxDurationNs?: number | undefined;
  readonly environment?: string | undefined;
  /** Attributes of the span, its resource, scope, events or links, by their text. */
  readonly tags?: { readonly [key: string]: string } | undefined;
}

/** All conditions of a filter on the spans of a range. Throws QueryError for a `q` that can't be read. */
export async function spanCondition(filter: SpanFilter, range: TimeRange): Promise<Sql> {
  const parsed = filter.q ? await readFilter(filter.q, 'traces') : undefined;
  const tags = tagsOf(filter, range).map((tag) => tag.anywhere());
  return allOf([
    ...plainConditions(filter),
    ...tags,
    ...(parsed === undefined ? [] : [compileFilter(parsed, 'traces')]),
  ]);
}

/** A condition on spans, and where they can be. */
export interface PrunedCondition {
  /** With `places`, for the indexes. */
  readonly condition: Sql;
  /** Without. */
  readonly ofSpan: Sql;
  /** Undefined where matching spans may be anywhere. */
  readonly places: AttributePlaces<unknown> | undefined;
}

/** As `spanCondition`, of which the store needs to read less where attributes are asked for that few spans have. */
export async function prunedSpanCondition(
  reader: StoreReader,
  filter: SpanFilter,
  range: TimeRange,
  options?: ReadOptions,
): Promise<PrunedCondition> {
  const parsed = filter.q ? await readFilter(filter.q, 'traces') : undefined;
  const tags = tagsOf(filter, range);
  const ofFilter = parsed === undefined ? [] : requiredComparisons(parsed);
  const ofTags = tags.flatMap((tag) => (tag.hashes === undefined ? [] : [{ of: tag, hashes: tag.hashes }]));
  const required: readonly Required<FilterCompare | Tag>[] = [...ofFilter, ...ofTags];
  const [unmet, elsewhere, ofAll] = await Promise.all([
    parsed === undefined ? new Set<FilterCompare>() : readUnmet(reader, parsed, 'traces', options),
    tagsElsewhere(reader, tags, options),
    readAttributePlaces(reader, required, range, options),
  ]);
  // Spans that have a value from their resource, or from what else is not their own, are not where the filters say.
  const ofSpans = [
    ...ofFilter.filter(({ of, isOfResourceToo }) => !isOfResourceToo || unmet.has(of)),
    ...ofTags.filter(({ of }) => !elsewhere.has(of)),
  ];
  const isOfAll = ofSpans.length === required.length;
  const places = isOfAll ? ofAll : await readAttributePlaces<FilterCompare | Tag>(reader, ofSpans, range, options);
  const absent = places?.absent ?? new Map<FilterCompare | Tag, ReadonlySet<FilterKind>>();
  const ofSpan = allOf([
    ...plainConditions(filter),
    ...tags.map((tag) => (elsewhere.has(tag) ? tag.anywhere() : tag.ofSpan(absent.get(tag)))),
    ...(parsed === undefined ? [] : [compileFilter(parsed, 'traces', { unmet, absent })]),
  ]);
  return { condition: places === undefined ? ofSpan : allOf([isAtPlaces(places), ofSpan]), ofSpan, places };
}

function tagsOf({ tags }: SpanFilter, range: TimeRange): readonly Tag[] {
  return Object.entries(tags ?? {}).map(([key, value]) => new Tag(key, value, range));
}

/** Those that something else than spans has. */
async function tagsElsewhere(
  reader: StoreReader,
  tags: readonly Tag[],
  options?: ReadOptions,
): Promise<ReadonlySet<Tag>> {
  const found = await Promise.all(tags.map((tag) => tag.isElsewhere(reader, options)));
  return new Set(tags.filter((_, i) => found[i]));
}

function plainConditions(filter: SpanFilter): readonly Sql[] {
  const conditions: Sql[] = [];
  if (filter.service !== undefined) conditions.push(sql`service_name = ${text(filter.service)}`);
  if (filter.operation) conditions.push(sql`name = ${text(filter.operation)}`);
  if (filter.minDurationNs !== undefined) conditions.push(sql`duration_ns >= ${duration(filter.minDurationNs)}`);
  if (filter.maxDurationNs !== undefined) conditions.push(sql`duration_ns <= ${duration(filter.maxDurationNs)}`);
  if (filter.environment) conditions.push(inEnvironment(filter.environment));
  if (filter.matching !== undefined) conditions.push(filter.matching.condition);
  return conditions;
}

/** What is longer than any stored duration counts as the longest: a larger number would begin anew at 0. */
function duration(ns: number): Bound {
  const whole = BigInt(Math.max(0, Math.round(ns)));
  return new Bound('UInt64', String(whole < LONGEST_NS ? whole : LONGEST_NS));
}

/** A resource's environment, of its own row; NULL without one. */
export const ENVIRONMENT: Sql = stringOf(OWNER_ATTRIBUTES, 'deployment.environment.name');

/** Whether an item of any signal is of an environment. */
export function inEnvironment(environment: string): Sql {
  return ownerMeets(resources, sql`ifNull(${ENVIRONMENT} = ${text(environment)}, 0)`);
}
