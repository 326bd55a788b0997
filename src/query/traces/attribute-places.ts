/** Where spans with an attribute can be, as far as the writer's filters know. */
import { type FilterCompare, type FilterNode, resolveField } from '#lang/filter';
import type { FilterKind } from '#store/schema.ts';
import { type AttributeHashes, attributeHashes } from '../filter/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { SPAN_ATTRIBUTES, slotsWithAttributes, type TimeRange } from '../source/index.ts';
import { anyOf, Bound, raw, type Sql, sql, text } from '../sql/index.ts';

/** A condition with more seconds of services is not worth its place. */
const MOST_SECONDS = 16_000;
/** Where more of the spans can match, all are read. */
const MOST_SHARE = 0.25;

/** A comparison without which nothing matches. */
export interface RequiredComparison {
  readonly node: FilterCompare;
  /** A resource's attribute counts as well. */
  readonly isOfResourceToo: boolean;
  readonly hashes: AttributeHashes;
}

/** Seconds, since the epoch, in which a service has spans that may match. */
export interface ServicePlaces {
  readonly service: string;
  readonly seconds: readonly number[];
}

export interface AttributePlaces {
  readonly services: readonly ServicePlaces[];
  /** Kinds of values that no span there has. */
  readonly absent: ReadonlyMap<FilterCompare, ReadonlySet<FilterKind>>;
}

/** The comparisons of which filters know something. */
export function requiredComparisons(node: FilterNode): readonly RequiredComparison[] {
  if (node.kind === 'and') return node.items.flatMap(requiredComparisons);
  if (node.kind !== 'compare' || node.operator !== '=') return [];
  const field = resolveField(node.key.text, 'traces');
  if (field.kind !== 'attribute' || field.scope === 'resource') return [];
  const hashes = attributeHashes(SPAN_ATTRIBUTES, field.key, node.value);
  return hashes === undefined ? [] : [{ node, isOfResourceToo: field.scope === 'any', hashes }];
}

/** Where spans of a range can be whose own attributes meet all of these; undefined where that is too much, or not known. */
export async function readAttributePlaces(
  reader: StoreReader,
  required: readonly RequiredComparison[],
  range: TimeRange,
  options?: ReadOptions,
): Promise<AttributePlaces | undefined> {
  if (required.length === 0) return undefined;
  const kinds = required.flatMap(({ node, hashes }) => hashes.kinds.map((one) => ({ node, ...one })));
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
  const mayHave = table.column<readonly number[]>('may_have');
  const present = kinds.filter((_, i) => mayHave.some((row) => row[i] === 1));
  const absent = new Map(
    required.map(({ node, hashes }) => {
      const ofNode = new Set(present.filter((one) => one.node === node).map(({ kind }) => kind));
      return [node, new Set(hashes.kinds.map(({ kind }) => kind).filter((kind) => !ofNode.has(kind)))];
    }),
  );
  return { services, absent };
}

/** Whether a row may be there, for the store's indexes alone: it says nothing of single rows. */
export function isAtPlaces({ services }: AttributePlaces): Sql {
  if (services.length === 0) return raw('0');
  const within = services.map(
    ({ service, seconds }) =>
      sql`service_name = ${text(service)} AND toInt64(time) IN ${new Bound('Array(Int64)', seconds)}`,
  );
  return sql`indexHint(${anyOf(within)})`;
}

function secondsOf(places: readonly (readonly [number, number])[]): readonly number[] {
  const seconds = new Set<number>();
  for (const [first, last] of places)
    for (let second = Number(first); second <= Number(last); second++) seconds.add(second);
  return [...seconds].sort((a, b) => a - b);
}
