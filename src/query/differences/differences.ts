/**
 * What differs: all that the selected spans have, ranked by how much more often they have it than the rest. Frequent values are found in a sample
 * of the selection and then counted: in all of the selection, and in a sample of the rest unless all of it is asked for. A value that is not among
 * the 30 most frequent of a sample is in too few to differ much.
 */
import { namesOf } from '#lang';
import { type FilterNode, parseFilter, resolveField } from '#lang/filter';
import type { Differences, DifferenceUnit } from '../answers/index.ts';
import { checkRange } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { EVENT_ATTRIBUTES, SPAN_ATTRIBUTES, spanEvents, spans, type TimeRange } from '../source/index.ts';
import { allOf, raw, type Sql, sql, texts } from '../sql/index.ts';
import { prunedSpanCondition, SPAN_KINDS, SPAN_STATUSES, type SpanFilter } from '../traces/index.ts';
import { countFields, type FieldCounts } from './counts.ts';
import { type Field, type FoundField, readFields } from './fields.ts';
import {
  type Counts,
  countSides,
  type Part,
  type Population,
  restOf,
  type Sides,
  selectedOf,
  WHOLE,
} from './population.ts';
import { countResources } from './resources.ts';
import { differenceOf, type KeyCounts } from './score.ts';

/** Some spans of a range. */
export interface SpanSelection extends SpanFilter {
  readonly status?: 'ok' | 'error' | undefined;
}

export interface DifferenceQuestion extends TimeRange, SpanSelection {
  /** Which of these spans are selected; those of a part of the range, where it has one. */
  readonly selection: SpanSelection & { readonly fromMs?: number | undefined; readonly toMs?: number | undefined };
  readonly unit: DifferenceUnit;
  /** All of the rest is looked at, not a sample. */
  readonly isExact?: boolean | undefined;
  /** Of keys. */
  readonly limit: number;
}

/** So many spans, or traces, keys are looked for in, which takes most for each; and in so many their values. */
const KEYS_IN = { spans: 2_000, traces: 400, pieces: 2 } as const;
const VALUES_IN = { spans: 6_000, traces: 2_000, pieces: 3 } as const;
const SAMPLE_PIECES = 5;
const SAMPLED_SPANS = 200_000;
/** So much larger it is asked for: traffic is not the same at all times. */
const MARGIN = 1.5;
/** A sample is taken from a part of the range that has about so many traces. */
const SAMPLED_TRACES = 16_000;

/** `sampledSpans`: a sample of the rest has more. */
export async function readDifferences(
  reader: StoreReader,
  question: DifferenceQuestion,
  options?: ReadOptions,
  sampledSpans: number = SAMPLED_SPANS,
): Promise<Differences> {
  checkRange(question);
  const sides = await sidesOf(reader, question, options);
  const { unit } = question;
  const counts = await countSides(reader, sides, options);
  const answer = { unit, selectedCount: counts.selected, restCount: counts.rest };
  if (counts.selected === 0)
    return { ...answer, selectedLookedAt: 0, restLookedAt: 0, differences: [], keyCount: 0, truncated: false };
  const { fields, truncated } = await fieldsOf(reader, sides, counts, options);
  const selected = selectedOf(
    sides,
    unit === 'spans' ? WHOLE : { share: SAMPLED_TRACES / counts.selected, pieces: SAMPLE_PIECES },
  );
  const [ofSelected, { ofRest, rest }] = await Promise.all([
    countFields(reader, selected, fields, options),
    countRest(reader, { sides, counts, fields, isExact: question.isExact === true, sampledSpans }, options),
  ]);
  const ofResources = await countResources(reader, { counts, selected, rest }, options);
  const fixed = fixedKeys(question.selection);
  const all = [...keyCounts(fields, ofSelected, ofRest), ...ofResources].filter(({ key }) => !fixed.has(key));
  const differences = all
    .flatMap((key) => differenceOf(key) ?? [])
    .sort((a, b) => b.score - a.score || b.selected - a.selected || (a.key < b.key ? -1 : 1))
    .slice(0, question.limit);
  return {
    ...answer,
    selectedLookedAt: ofSelected.total,
    restLookedAt: ofRest.total,
    differences,
    keyCount: all.length,
    truncated,
  };
}

async function sidesOf(reader: StoreReader, question: DifferenceQuestion, options?: ReadOptions): Promise<Sides> {
  const { selection, unit } = question;
  const fromMs = Math.max(question.fromMs, selection.fromMs ?? question.fromMs);
  const toMs = Math.min(question.toMs, selection.toMs ?? question.toMs);
  const selectedRange = { fromMs, toMs: Math.max(fromMs, toMs) };
  const [base, chosen] = await Promise.all([
    prunedSpanCondition(reader, question, question, options),
    prunedSpanCondition(reader, selection, question, options),
  ]);
  return {
    unit,
    range: { fromMs: question.fromMs, toMs: question.toMs },
    base: allOf([base.condition, ofStatus(question)]),
    selection: allOf([chosen.condition, ofStatus(selection), spans.within(selectedRange)]),
    selectedRange,
  };
}

function ofStatus({ status }: SpanSelection): Sql {
  return raw(status === undefined ? '1' : status === 'error' ? 'status_code = 2' : 'status_code != 2');
}

async function fieldsOf(
  reader: StoreReader,
  sides: Sides,
  counts: Counts,
  options?: ReadOptions,
): Promise<{ readonly fields: readonly Field[]; readonly truncated: boolean }> {
  const { unit, range } = sides;
  const part = (of: typeof KEYS_IN | typeof VALUES_IN, count: number): Part => ({
    share: of[unit] / count,
    pieces: of.pieces,
  });
  const keys = selectedOf(sides, part(KEYS_IN, counts.selected));
  const values = selectedOf(sides, part(VALUES_IN, counts.selected));
  const rows = (of: 'spans' | 'events') => ({ keys: keys[of], values: values[of] });
  const hasEvents = await reader.read(sql`SELECT 1 AS n ${spanEvents.in(range)} LIMIT 1`, {
    ...options,
    cost: 'bounded',
  });
  const [ofSpans, ofEvents] = await Promise.all([
    readFields(reader, { ...rows('spans'), column: SPAN_ATTRIBUTES, of: 'span', intrinsics: SPAN_FIELDS }, options),
    hasEvents.rowCount === 0
      ? { fields: [], truncated: false }
      : readFields(
          reader,
          { ...rows('events'), column: EVENT_ATTRIBUTES, of: 'event', intrinsics: EVENT_FIELDS },
          options,
        ),
  ]);
  // A field in which no row has a value is none.
  const fields = [...ofSpans.fields, ...ofEvents.fields].filter((one) => one.values.length + one.edges.length > 0);
  return { fields, truncated: ofSpans.truncated || ofEvents.truncated };
}

const intrinsic = (key: string, of: 'intrinsic' | 'event', value: Sql): FoundField => ({
  key,
  of,
  text: value,
  number: undefined,
});
const SPAN_FIELDS: readonly FoundField[] = [
  intrinsic('name', 'intrinsic', raw('toString(stored.name)')),
  intrinsic('kind', 'intrinsic', sql`${texts(SPAN_KINDS)}[kind + 1]`),
  intrinsic('status', 'intrinsic', sql`${texts(SPAN_STATUSES)}[status_code + 1]`),
  intrinsic('status message', 'intrinsic', raw("nullIf(status_message, '')")),
];
const EVENT_FIELDS: readonly FoundField[] = [intrinsic('event', 'event', raw('toString(stored.name)'))];

interface RestQuestion {
  readonly sides: Sides;
  readonly counts: Counts;
  readonly fields: readonly Field[];
  readonly isExact: boolean;
  readonly sampledSpans: number;
}

async function countRest(
  reader: StoreReader,
  { sides, counts, fields, isExact, sampledSpans }: RestQuestion,
  options?: ReadOptions,
): Promise<{ readonly ofRest: FieldCounts; readonly rest: Population }> {
  const isOfSpans = sides.unit === 'spans';
  let share =
    isExact && isOfSpans ? 1 : (isOfSpans ? sampledSpans * MARGIN : SAMPLED_TRACES) / Math.max(1, counts.rest);
  for (;;) {
    const rest = restOf(sides, { share, pieces: SAMPLE_PIECES });
    const ofRest = await countFields(reader, rest, fields, options);
    if (!isOfSpans || share >= 1 || ofRest.total >= sampledSpans) return { ofRest, rest };
    // The pieces lay where there is less than elsewhere.
    share *= Math.max(2, (sampledSpans * MARGIN) / Math.max(1, ofRest.total));
  }
}

function keyCounts(fields: readonly Field[], selected: FieldCounts, rest: FieldCounts): readonly KeyCounts[] {
  return fields.map((field, i): KeyCounts => {
    const [ofSelected, ofRest] = [selected.fields[i]!, rest.fields[i]!];
    return {
      key: field.key,
      of: field.of,
      values: field.edges.length > 0 ? ofSelected.counts.map(String) : field.values,
      selected: ofSelected.counts,
      rest: ofRest.counts,
      selectedHave: ofSelected.have,
      restHave: ofRest.have,
      selectedCount: selected.total,
      restCount: rest.total,
      edges: field.edges,
    };
  });
}

/** What a selection was made by says nothing of it. */
function fixedKeys({ service, operation, status, q }: SpanSelection): ReadonlySet<string> {
  const keys = new Set<string>();
  if (service !== undefined) keys.add('service.name');
  if (operation !== undefined) keys.add('name');
  if (status !== undefined) keys.add('status');
  const parsed = q === undefined ? undefined : parseFilter(q);
  const visit = (node: FilterNode): void => {
    if (node.kind === 'and' || node.kind === 'or') node.items.forEach(visit);
    else if (node.kind === 'not') visit(node.item);
    else if (node.kind !== 'text') {
      const field = resolveField(node.key.text, 'traces');
      const key = field.kind === 'attribute' ? field.key : field.name === 'service' ? 'service.name' : field.name;
      for (const name of namesOf(key)) keys.add(name);
    }
  };
  if (parsed?.ok === true && parsed.filter !== undefined) visit(parsed.filter);
  return keys;
}
