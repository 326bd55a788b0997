/** The attributes of the resources of both sides. There are few resources, so rows are counted by them, and attributes are looked up. */
import { readResources } from '../plan/index.ts';
import { plainValue, type ReadOptions, type StoredAttribute, type StoreReader } from '../reader/index.ts';
import { raw, sql } from '../sql/index.ts';
import type { Counts, Population, ResourceSet } from './population.ts';
import type { KeyCounts } from './score.ts';

const ATTRIBUTE_BYTES = 8_192;
/** Sets of resources of traces; beyond these the rarest are left out. */
const MOST_SETS = 20_000;
const MAX_VALUES = 30;

/** Of all spans of both sides, or of the traces that are looked at. */
export interface ResourceSides {
  readonly counts: Counts;
  readonly selected: Population;
  readonly rest: Population;
}

export async function countResources(
  reader: StoreReader,
  { counts, selected, rest }: ResourceSides,
  options?: ReadOptions,
): Promise<readonly KeyCounts[]> {
  const [ofSelected, ofRest] =
    counts.sets === undefined
      ? await Promise.all([readSets(reader, selected, options), readSets(reader, rest, options)])
      : [counts.sets.selected, counts.sets.rest];
  const total = (sets: readonly ResourceSet[]): number => sets.reduce((sum, { count }) => sum + count, 0);
  const [selectedCount, restCount] =
    counts.sets === undefined ? [total(ofSelected), total(ofRest)] : [counts.selected, counts.rest];
  const ids = new Set([...ofSelected, ...ofRest].flatMap((set) => set.ids));
  const resources = await readResources(reader, ids, ATTRIBUTE_BYTES, options);
  const attributesOf = (id: number | bigint): readonly StoredAttribute[] => resources.get(id)?.attributes ?? [];
  const [own, others] = [countValues(ofSelected, attributesOf), countValues(ofRest, attributesOf)];
  return [...own].map(([key, { have, values }]): KeyCounts => {
    const shown = [...values].sort((a, b) => b[1] - a[1]).slice(0, MAX_VALUES);
    const inRest = others.get(key);
    return {
      key,
      of: 'resource',
      values: shown.map(([value]) => value),
      selected: shown.map(([, count]) => count),
      rest: shown.map(([value]) => inRest?.values.get(value) ?? 0),
      selectedHave: have,
      restHave: inRest?.have ?? 0,
      selectedCount,
      restCount,
      edges: [],
    };
  });
}

async function readSets(
  reader: StoreReader,
  { spans }: Population,
  options?: ReadOptions,
): Promise<readonly ResourceSet[]> {
  const table = await reader.read(
    sql`SELECT ids, count() AS n FROM (
        SELECT arraySort(groupUniqArray(100)(resource_id)) AS ids ${spans} GROUP BY trace_id)
      GROUP BY ids ORDER BY n DESC LIMIT ${raw(String(MOST_SETS))}`,
    options,
  );
  const counts = table.numbers('n');
  return table.column<readonly (number | bigint)[]>('ids').map((ids, row) => ({ ids, count: counts[row]! }));
}

interface ValueCounts {
  have: number;
  readonly values: Map<string, number>;
}

function countValues(
  sets: readonly ResourceSet[],
  attributesOf: (id: number | bigint) => readonly StoredAttribute[],
): ReadonlyMap<string, ValueCounts> {
  const byKey = new Map<string, ValueCounts>();
  for (const { ids, count } of sets) {
    if (count === 0) continue;
    // What several resources of a trace have counts once.
    const seen = new Set<string>();
    for (const id of ids) {
      for (const attribute of attributesOf(id)) {
        const { key } = attribute;
        const value = textOf(attribute);
        const known = byKey.get(key) ?? { have: 0, values: new Map<string, number>() };
        byKey.set(key, known);
        if (!seen.has(key)) known.have += count;
        seen.add(key);
        const pair = `${key}\0${value}`;
        if (!seen.has(pair)) known.values.set(value, (known.values.get(value) ?? 0) + count);
        seen.add(pair);
      }
    }
  }
  return byKey;
}

function textOf({ value }: StoredAttribute): string {
  const plain = plainValue(value);
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}
