/** Where spans that a query needs can be, as far as the writer's filters of attributes know: of other spans no row is read. */
import type { FilterValue } from '#lang/filter';
import type { TraceqlValue } from '#lang/traceql';
import { type AttributeHashes, attributeHashes } from '../filter/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { resources, SPAN_ATTRIBUTES, type TimeRange } from '../source/index.ts';
import { joinSql, type Sql, sql } from '../sql/index.ts';
import { isAtPlaces, readAttributePlaces } from '../traces/attribute-places.ts';
import { type FieldComparison, resourceMeets } from './span-sql.ts';

/** A span that some trace must have to match. */
export interface NeededSpan {
  readonly condition: Sql;
  /** What follows from the condition: all of these hold for the span. */
  readonly comparisons: readonly FieldComparison[];
}

/** The condition of a needed span, with the places where spans of the range can meet it, if they are few. */
export async function placedCondition(
  reader: StoreReader,
  { condition, comparisons }: NeededSpan,
  range: TimeRange,
  options?: ReadOptions,
): Promise<Sql> {
  const known = comparisons.flatMap(knownComparison);
  const met = await metByResources(reader, known, options);
  const ofSpans = known.filter((one) => !met.has(one));
  const places = await readAttributePlaces(reader, ofSpans, range, options);
  return places === undefined ? condition : sql`${isAtPlaces(places)} AND ${condition}`;
}

/** A comparison of which filters know something. */
interface KnownComparison {
  readonly of: FieldComparison;
  readonly key: string;
  /** A resource's attribute counts where the span has none. */
  readonly isOfResourceToo: boolean;
  readonly hashes: AttributeHashes;
}

/** The service's name is a column. */
const SERVICE_NAME = 'service.name';

function knownComparison(of: FieldComparison): readonly KnownComparison[] {
  const { field, operator, value } = of;
  if (operator !== '=' || field.kind !== 'attribute' || field.isParent || field.key === SERVICE_NAME) return [];
  if (field.scope !== 'span' && field.scope !== undefined) return [];
  const written = filterValue(value);
  const hashes = written === undefined ? undefined : attributeHashes(SPAN_ATTRIBUTES, field.key, written);
  return hashes === undefined ? [] : [{ of, key: field.key, isOfResourceToo: field.scope === undefined, hashes }];
}

/** Undefined for what filters know nothing of. */
function filterValue(value: TraceqlValue): FilterValue | undefined {
  const place = { start: 0, end: 0 };
  if (value.type === 'string') return { kind: 'text', text: value.value, ...place };
  if (value.type !== 'int' && value.type !== 'float') return undefined;
  return { kind: 'number', text: String(value.value), value: Number(value.value), ...place };
}

/** Those that a resource meets: its spans may be anywhere. */
async function metByResources(
  reader: StoreReader,
  comparisons: readonly KnownComparison[],
  options?: ReadOptions,
): Promise<ReadonlySet<KnownComparison>> {
  const asked = comparisons.filter(({ isOfResourceToo }) => isOfResourceToo);
  if (asked.length === 0) return new Set();
  const conditions = asked.map(({ key, of }) => sql`max(${resourceMeets(key, of)})`);
  const table = await reader.read(sql`SELECT [${joinSql(conditions, ', ')}] AS met ${resources.rows}`, options);
  const met = table.column<readonly number[]>('met')[0]!;
  return new Set(asked.filter((_, i) => met[i] === 1));
}
