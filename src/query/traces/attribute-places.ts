/** Where spans with an attribute can be, as far as the writer's filters know. */
import { type FilterCompare, type FilterNode, resolveField } from '#lang/filter';
import type { FilterKind } from '#store/schema.ts';
import { type AttributeHashes, attributeHashes } from '../filter/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { SPAN_ATTRIBUTES, slotsWithAttributes, spans, type TimeRange } from '../source/index.ts';
import { Bound, raw, type Sql, sql, texts } from '../sql/index.ts';

/** A condition with more seconds of services is not worth its place. */
const MOST_SECONDS = 16_000;
/** Where more of the spans can match, all are read. */
const MOST_SHARE = 0.25;

/** What a span's own attributes must have, or nothing matches. */
export interface Required<Of> {
  /** What asks for it. */
  readonly of: Of;
  readonly hashes: AttributeHashes;
}

export interface RequiredComparison extends Required<FilterCompare> {
  /** A resource's attribute counts as well. */
  readonly isOfResourceToo: boolean;
}

/** Seconds, since the epoch, in which a service has spans that may match. */
export interface ServicePlaces {
  readonly service: string;
  readonly seconds: readonly number[];
}

export interface AttributePlaces<Of> {
  readonly services: readonly ServicePlaces[];
  /** The first second of each slot that may have matches, the newest first: there are hardly fewer matches than slots. */
  readonly slotSeconds: readonly number[];
  /** Kinds of values that no span there has. */
  readonly absent: ReadonlyMap<Of, ReadonlySet<FilterKind>>;
}

/** The comparisons of which filters know something. */
export function requiredComparisons(node: FilterNode): readonly RequiredComparison[] {
  if (node.kind === 'and') return node.items.flatMap(requiredComparisons);
  if (node.kind !== 'compare' || node.operator !== '=') return [];
  const field = resolveField(node.key.text, 'traces');
  if (field.kind !== 'attribute' || field.scope === 'resource') return [];
  const hashes = attributeHashes(SPAN_ATTRIBUTES, field.key, node.value);
  return hashes === undefined ? [] : [{ of: node, isOfResourceToo: field.scope === 'any', hashes }];
}

/** Where spans of a range can be whose own attributes meet all of these; undefined where that is too much, or not known. */
export async function readAttributePlaces<Of>(
  reader: StoreReader,
  required: readonly Required<Of>[],
  range: TimeRange,
  options?: ReadOptions,
): Promise<AttributePlaces<Of> | undefined> {
  if (required.length === 0) return undefined;
  const kinds = required.flatMap(({ of, hashes }) => hashes.kinds.map((one) => ({ of, ...one })));
  const slots = slotsWithAttributes(
    range,
    required.map(({ hashes }) => hashes.values),
    kinds.map(({ hash }) => hash),
  );
  const table = await reader.read(
    sql`SELECT service_name, groupUniqArrayIf(${raw(String(MOST_SECONDS))})((first, last), may_match) AS places,
        sumIf(span_count, may_match) AS may_match_n, sum(span_count) AS all_n, maxForEachIf(kinds, may_match) AS may_have
      FROM (SELECT ${slots}) GROUP BY service_name`,
    options,
  );
  const total = (name: string): number => table.numbers(name).reduce((sum, count) => sum + count, 0);
  if (total('may_match_n') > total('all_n') * MOST_SHARE) return undefined;
  const places = table.column<readonly (readonly [number, number])[]>('places');
  const services = table
    .strings('service_name')
    .map((service, row) => ({ service, seconds: secondsOf(places[row]!) }))
    .filter(({ seconds }) => seconds.length > 0);
  if (services.reduce((sum, { seconds }) => sum + seconds.length, 0) > MOST_SECONDS) return undefined;
  const slotSeconds = places.flatMap((slots) => slots.map(([first]) => Number(first))).sort((a, b) => b - a);
  const mayHave = table.column<readonly number[]>('may_have');
  const present = kinds.filter((_, i) => mayHave.some((row) => row[i] === 1));
  const absent = new Map(
    required.map(({ of, hashes }) => {
      const there = new Set(present.filter((one) => one.of === of).map(({ kind }) => kind));
      return [of, new Set(hashes.kinds.map(({ kind }) => kind).filter((kind) => !there.has(kind)))];
    }),
  );
  return { services, slotSeconds, absent };
}

/**
 * Whether a row may be there, for the store's indexes alone: it says nothing of single rows. One set of pairs, and not a condition per
 * service: the engine goes through its marks once, and the statement is the same for any number of services.
 */
export function isAtPlaces({ services }: Pick<AttributePlaces<unknown>, 'services'>): Sql {
  if (services.length === 0) return raw('0');
  return sql`indexHint((service_name, toInt64(time)) IN (SELECT ${serviceAndSecond(services)}))`;
}

/**
 * Whether a row is there: for rows that meet all else, which are few. With the bucket of the sort key, which is not found in a hint, a third less of
 * the store is read: where the rows of one service end and those of the next begin, a second alone says nothing of a later bucket's seconds.
 */
export function isInPlaces({ services }: Pick<AttributePlaces<unknown>, 'services'>): Sql {
  if (services.length === 0) return raw('0');
  return sql`(${spans.bucket}, service_name, toInt64(time)) IN (
    SELECT ${spans.bucketOf(raw('at.2'))}, ${serviceAndSecond(services)})`;
}

function serviceAndSecond(services: readonly ServicePlaces[]): Sql {
  const names = texts(services.map(({ service }) => service));
  // A name stands once: parameters travel in the URL.
  const which = new Bound(
    'Array(UInt32)',
    services.flatMap(({ seconds }, i) => seconds.map(() => i + 1)),
  );
  const seconds = new Bound(
    'Array(Int64)',
    services.flatMap((service) => service.seconds),
  );
  return sql`${names}[at.1], at.2 FROM (SELECT arrayJoin(arrayZip(${which}, ${seconds})) AS at)`;
}

function secondsOf(places: readonly (readonly [number, number])[]): readonly number[] {
  const seconds = new Set<number>();
  for (const [first, last] of places)
    for (let second = Number(first); second <= Number(last); second++) seconds.add(second);
  return [...seconds].sort((a, b) => a - b);
}
