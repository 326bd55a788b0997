/** What a filter need not ask of each item, because the few resources that there are have been asked before. */
import { type FilterCompare, type FilterNode, type FilterSignal, resolveField } from '#lang/filter';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { resources } from '../source/index.ts';
import { joinSql, sql } from '../sql/index.ts';
import { resourceComparison } from './filter-sql.ts';

/**
 * The comparisons of a filter that hold for no resource. An item's attribute wins over its resource's, so each row must be asked for both: where no
 * resource meets a comparison that is half of the work, or more, for nothing.
 */
export async function readUnmet(
  reader: StoreReader,
  filter: FilterNode,
  signal: FilterSignal,
  options?: ReadOptions,
): Promise<ReadonlySet<FilterCompare>> {
  const asked = comparisonsOf(filter).flatMap((node) => {
    const field = resolveField(node.key.text, signal);
    return field.kind === 'attribute' && field.scope === 'any' ? [{ node, key: field.key }] : [];
  });
  if (asked.length === 0) return new Set();
  const conditions = asked.map(({ node, key }) => sql`max(${resourceComparison(node, key)})`);
  const table = await reader.read(sql`SELECT [${joinSql(conditions, ', ')}] AS met ${resources.rows}`, options);
  const met = table.column<readonly number[]>('met')[0]!;
  return new Set(asked.filter((_, i) => !met[i]).map(({ node }) => node));
}

function comparisonsOf(node: FilterNode): readonly FilterCompare[] {
  if (node.kind === 'and' || node.kind === 'or') return node.items.flatMap(comparisonsOf);
  if (node.kind === 'not') return comparisonsOf(node.item);
  return node.kind === 'compare' ? [node] : [];
}
