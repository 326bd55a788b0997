/** `compare({…})`: how often each value of each attribute occurs among the selected spans, and among the others. */
import { type CompareStage, SPAN_KIND_WORDS, STATUS_WORDS, type Stage } from '#lang/traceql';
import { readResources } from '../plan/index.ts';
import type { StoredAttribute, StoredValue, StoreReader } from '../reader/index.ts';
import { spans, type TimeRange } from '../source/index.ts';
import { allOf, Bound, joinSql, raw, type Sql, sql } from '../sql/index.ts';
import type { FoundAttribute } from './answers.ts';
import { NIL_LABEL, promLabels } from './labels.ts';
import { type Budget, MAX_SERIES, tooMuch } from './limits.ts';
import { type Intervals, intervalOf } from './metric-cells.ts';
import type { WorkingSeries } from './metric-series.ts';
import { eachMatchingSpan } from './metric-spans.ts';
import { exactStages, intervalSql } from './metric-sql.ts';
import { fieldsOf, needsOf } from './needs.ts';
import { compileTest } from './span-fields.ts';
import type { TraceSpans } from './trace-spans.ts';

/** Of more matching spans a sample of whole traces is compared. */
const MAX_COMPARED = 300_000;
/** Bytes of a resource's attributes, and of a value. */
const OWNER_BYTES = 16 * 1024;
const VALUE_CHARS = 256;
/** Different values of one attribute that are counted one by one. */
const MAX_VALUES = 50_000;

interface Compared {
  readonly series: readonly WorkingSeries[];
  readonly warning: string | undefined;
}

/** How often a value occurs, by the number of the interval. */
interface ValueCounts {
  readonly value: StoredValue;
  readonly counts: Map<number, number>;
  total: number;
}

/** Of one attribute in one of the two groups of spans. */
interface AttributeCounts {
  readonly totals: Map<number, number>;
  readonly values: Map<string, ValueCounts>;
  /** Values that are not among them. */
  hasMore: boolean;
}

type Side = 'baseline' | 'selection';

/** Counts of both groups, by attribute. */
class Counts {
  readonly bySide: { readonly [side in Side]: Map<string, AttributeCounts> } = {
    baseline: new Map(),
    selection: new Map(),
  };

  of(side: Side, key: string): AttributeCounts {
    let found = this.bySide[side].get(key);
    if (found === undefined) {
      found = { totals: new Map(), values: new Map(), hasMore: false };
      this.bySide[side].set(key, found);
      if (this.bySide[side].size > MAX_SERIES) throw tooMuch(`${MAX_SERIES} attributes`);
    }
    return found;
  }

  add(side: Side, key: string, value: StoredValue, interval: number, count: number): void {
    const attribute = this.of(side, key);
    increase(attribute.totals, interval, count);
    addValue(attribute, value, interval, count);
  }
}

function increase(counts: Map<number, number>, interval: number, by: number): void {
  counts.set(interval, (counts.get(interval) ?? 0) + by);
}

function addValue(attribute: AttributeCounts, value: StoredValue, interval: number, count: number): void {
  const key = `${value.type} ${String(value.value)}`;
  let of = attribute.values.get(key);
  if (of === undefined) {
    if (attribute.values.size >= MAX_VALUES) {
      attribute.hasMore = true;
      return;
    }
    of = { value, counts: new Map(), total: 0 };
    attribute.values.set(key, of);
  }
  increase(of.counts, interval, count);
  of.total += count;
}

/** Throws QueryError. */
export async function compareSpans(
  reader: StoreReader,
  stages: readonly Stage[],
  stage: CompareStage,
  range: TimeRange,
  intervals: Intervals,
  budget: Budget,
  plan: 'spans' | undefined,
): Promise<Compared> {
  const baseline = plan === 'spans' ? undefined : exactStages(stages, range);
  const selection = plan === 'spans' ? undefined : exactStages([stage.selection], range);
  if (baseline === undefined || selection === undefined) {
    const counts = await compareHere(reader, stages, stage, range, intervals, budget);
    return { series: seriesOfCounts(counts, stage.topN, intervals), warning: undefined };
  }
  const rows = sql`${spans.when(spans.between(intervals.firstNs, intervals.lastNs))} AND ${baseline}`;
  const [total] = (await reader.read(sql`SELECT count() AS n ${rows}`, budget.options)).numbers('n');
  const share = Math.ceil(total! / MAX_COMPARED);
  const sampled = share <= 1 ? rows : sql`${rows} AND cityHash64(trace_id) % ${new Bound('UInt32', share)} = 0`;
  const counts = new Counts();
  await countStored(reader, sampled, selectedSql(selection, stage), stage.topN, intervals, share, counts, budget);
  budget.spans += Math.round(total! / Math.max(1, share));
  const warning = share <= 1 ? undefined : `compared is a sample: one trace of ${share}, each counted ${share} times`;
  return { series: seriesOfCounts(counts, stage.topN, intervals), warning };
}

function selectedSql(condition: Sql, { window }: CompareStage): Sql {
  if (window === undefined) return condition;
  const at = raw('toUnixTimestamp64Nano(time)');
  const bound = (ns: bigint): Bound => new Bound('Int64', String(ns));
  return allOf([condition, sql`${at} >= ${bound(window.startNs)} AND ${at} < ${bound(window.endNs)}`]);
}

function wordSql(column: string, words: readonly string[]): Sql {
  const list = words.map((word) => `'${word}'`).join(', ');
  return raw(`[${list}][if(${column} >= ${words.length}, 0, ${column}) + 1]`);
}

/** Key, type and text of each attribute of a span. */
const PAIRS: Sql = (() => {
  const own = raw("[('name', 'String', toString(stored.name)), ('status', 'String', ");
  const status = wordSql('status_code', STATUS_WORDS);
  const kind = wordSql('kind', SPAN_KIND_WORDS);
  const ofColumn = (column: string): string =>
    `arrayMap(one -> (concat('span.', one.1), one.3, one.2), arrayFilter(one -> one.2 != 'ᴺᵁᴸᴸ' OR position(one.3, 'Nullable') = 0,
      arrayZip(JSONAllPaths(${column}), JSONAllValues(${column}), mapValues(JSONAllPathsWithTypes(${column})))))`;
  return sql`arrayConcat(${own}${status}), ('kind', 'String', ${kind})],
    if(status_message = '', [], [('statusMessage', 'String', status_message)]),
    ${joinSql([raw(ofColumn('attributes')), raw(ofColumn('attributes_other'))], ', ')})`;
})();

async function countStored(
  reader: StoreReader,
  rows: Sql,
  selected: Sql,
  topN: number,
  intervals: Intervals,
  share: number,
  counts: Counts,
  budget: Budget,
): Promise<void> {
  const interval = intervalSql(intervals);
  const pairs = sql`SELECT ${interval} AS i, toUInt8(${selected}) AS is_selected, arrayJoin(${PAIRS}) AS pair ${rows}`;
  const each = sql`SELECT is_selected, pair.1 AS key, pair.2 AS type, substringUTF8(pair.3, 1, ${raw(String(VALUE_CHARS))}) AS text, i, count() AS n
    FROM (${pairs}) GROUP BY is_selected, key, type, text, i`;
  const values = sql`SELECT is_selected, key, type, text, sum(n) AS total, groupArray((i, n)) AS at,
      count() OVER (PARTITION BY is_selected, key) AS value_count
    FROM (${each}) GROUP BY is_selected, key, type, text ORDER BY total DESC, text LIMIT ${new Bound('UInt32', topN)} BY is_selected, key`;
  const totals = sql`SELECT is_selected, pair.1 AS key, i, count() AS n FROM (${pairs}) GROUP BY is_selected, key, i`;
  const owners = sql`SELECT ${interval} AS i, toUInt8(${selected}) AS is_selected, resource_id, count() AS n ${rows}
    GROUP BY i, is_selected, resource_id`;
  const [found, sums, ofResources] = await Promise.all(
    [values, totals, owners].map((statement) => reader.read(statement, budget.options)),
  );
  const side = (selectedFlag: number): Side => (selectedFlag === 1 ? 'selection' : 'baseline');
  for (let row = 0; row < sums!.rowCount; row++) {
    const of = counts.of(side(sums!.numbers('is_selected')[row]!), sums!.strings('key')[row]!);
    increase(of.totals, sums!.numbers('i')[row]!, sums!.numbers('n')[row]! * share);
  }
  for (let row = 0; row < found!.rowCount; row++) {
    const of = counts.of(side(found!.numbers('is_selected')[row]!), found!.strings('key')[row]!);
    const value = typedValue(found!.strings('type')[row]!, found!.strings('text')[row]!);
    for (const [i, n] of found!.column<readonly (readonly [number, number])[]>('at')[row]!)
      addValue(of, value, Number(i), Number(n) * share);
    of.hasMore ||= found!.numbers('value_count')[row]! > topN;
  }
  const ids = ofResources!.column<number | bigint>('resource_id');
  const resources = await readResources(reader, ids, OWNER_BYTES, budget.options);
  for (let row = 0; row < ids.length; row++) {
    const of = side(ofResources!.numbers('is_selected')[row]!);
    const n = ofResources!.numbers('n')[row]! * share;
    for (const [key, value] of told('resource', resources.get(ids[row]!)?.attributes ?? []))
      counts.add(of, key, value, ofResources!.numbers('i')[row]!, n);
  }
}

function typedValue(type: string, text: string): StoredValue {
  const plain = /^(?:LowCardinality\()?(?:Nullable\()?(\w+)\)*$/.exec(type)?.[1] ?? type;
  if (plain === 'Int64') {
    const number = Number(text);
    return { type: 'int', value: Number.isSafeInteger(number) ? number : BigInt(text) };
  }
  if (plain === 'Float64') return { type: 'double', value: Number(text.replace(/inf$/, 'Infinity')) };
  return plain === 'Bool' ? { type: 'bool', value: text === 'true' } : { type: 'string', value: text };
}

/** Attributes with the names that labels have; values that are no single ones as the store's texts. */
function told(scope: string, attributes: readonly StoredAttribute[]): readonly (readonly [string, StoredValue])[] {
  return attributes.flatMap(({ key, value }) => {
    if (value.type === 'empty' || value.type === 'map' || value.type === 'bytes') return [];
    const text = value.type === 'array' ? `[${value.value.map(listItem).join(',')}]` : value.value;
    const single =
      typeof text === 'string'
        ? ({ type: 'string', value: text.slice(0, VALUE_CHARS) } as const)
        : (value as StoredValue);
    return [[`${scope}.${key}`, single] as const];
  });
}

function listItem(value: StoredValue): string {
  return value.type === 'string' ? `'${value.value}'` : String(value.value);
}

async function compareHere(
  reader: StoreReader,
  stages: readonly Stage[],
  stage: CompareStage,
  range: TimeRange,
  intervals: Intervals,
  budget: Budget,
): Promise<Counts> {
  const { window, selection } = stage;
  const isSelected = compileTest(selection.condition);
  const counts = new Counts();
  const needs = needsOf(fieldsOf([...stages, selection]), true);
  await eachMatchingSpan(reader, stages, needs, range, intervals, budget, (trace, place, startNs) => {
    const isInWindow = window === undefined || (startNs >= window.startNs && startNs < window.endNs);
    const side = isInWindow && isSelected(trace, place) ? 'selection' : 'baseline';
    const interval = intervalOf(intervals, startNs);
    for (const [key, value] of spanValues(trace, place)) counts.add(side, key, value, interval, 1);
  });
  return counts;
}

function spanValues({ spans: of, rows }: TraceSpans, place: number): readonly (readonly [string, StoredValue])[] {
  const row = rows[place]!;
  const text = (value: string): StoredValue => ({ type: 'string', value: value.slice(0, VALUE_CHARS) });
  return [
    ['name', text(of.names[row]!)],
    ['status', text(STATUS_WORDS[of.statuses[row]!] ?? 'unset')],
    ['kind', text(SPAN_KIND_WORDS[of.kinds[row]!] ?? 'unspecified')],
    ...(of.messages[row] === '' ? [] : ([['statusMessage', text(of.messages[row]!)]] as const)),
    ...told('span', of.allAttributes[row]!),
    ...told('resource', of.resources[row]?.attributes ?? []),
  ];
}

/** Of each attribute the most frequent values, how many spans have it, and whether it has more values. */
function seriesOfCounts(counts: Counts, topN: number, intervals: Intervals): readonly WorkingSeries[] {
  const series: WorkingSeries[] = [];
  const add = (labels: readonly FoundAttribute[], at: ReadonlyMap<number, number>): void => {
    const values = Array.from({ length: intervals.count }, (_, i) => at.get(i) ?? 0);
    series.push({ labels, promLabels: promLabels(labels), values, exemplars: [] });
    if (series.length > MAX_SERIES) throw tooMuch(`${MAX_SERIES} series`);
  };
  for (const side of ['baseline', 'selection'] as const) {
    for (const [key, { totals, values, hasMore }] of counts.bySide[side]) {
      const meta = (name: string, value: string): FoundAttribute => ({ key: name, value: { type: 'string', value } });
      const none = { key, value: NIL_LABEL };
      const sorted = [...values.values()].sort(
        (a, b) => b.total - a.total || (String(a.value.value) < String(b.value.value) ? -1 : 1),
      );
      for (const { value, counts: at } of sorted.slice(0, topN)) add([meta('__meta_type', side), { key, value }], at);
      add([meta('__meta_type', `${side}_total`), none], totals);
      if (hasMore || sorted.length > topN)
        add([meta('__meta_type', side), meta('__meta_error', '__too_many_values__'), none], totals);
    }
  }
  return series;
}
