/**
 * The newest traces that match, without looking at all that do. A trace is as new as its first matching span. The newest matching spans are
 * read, which the sort key and the times of granules give at once; whether a trace among them has an earlier match is asked only of those that
 * began before what was read.
 */
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { inRange, ofPlaces, spans, type TimeRange } from '../source/index.ts';
import { Bound, type Sql, sql } from '../sql/index.ts';
import { isInPlaces } from './attribute-places.ts';
import type { PrunedCondition } from './spans.ts';
import { findTraces, type TraceNote } from './trace-place.ts';

export interface Match {
  readonly traceId: string;
  /** The first span that matches. */
  readonly spanId: string;
}

export interface NewestTraces {
  readonly matches: readonly Match[];
  readonly notes: readonly TraceNote[];
}

/** What is read at first: so many spans for each trace that is wanted, and so many at least. */
const SPANS_PER_TRACE = 10;
const LEAST_SPANS = 500;
const MORE = 8;
/** Few traces with very many matching spans are found by looking at all. */
const MOST_SPANS = 200_000;

interface Candidate {
  readonly traceId: string;
  spanId: string;
  firstNs: bigint;
  /** Nothing earlier of it matches. */
  isSure: boolean;
}

/** Which spans match. */
export interface SpanSearch {
  readonly range: TimeRange;
  readonly condition: Sql;
  /** Where they can be; undefined where that is anywhere. */
  readonly places: PrunedCondition['places'];
}

/** At most `limit`, the newest first; undefined where they can't be told from few spans. */
export async function findNewest(
  reader: StoreReader,
  search: SpanSearch,
  limit: number,
  options?: ReadOptions,
): Promise<NewestTraces | undefined> {
  const { range, condition } = search;
  const ofParts = await findInNewestParts(reader, search, limit, options);
  if (ofParts !== undefined) return ofParts;
  for (let count = leastSpans(limit); count <= MOST_SPANS; count *= MORE) {
    const { candidates, beforeNs } = await readNewestSpans(reader, search, range, count, options);
    const found = await settle(reader, { range, condition, beforeNs, limit }, candidates, options);
    if (found !== undefined) return found;
  }
  return undefined;
}

function leastSpans(limit: number): number {
  return Math.max(LEAST_SPANS, limit * SPANS_PER_TRACE);
}

/** Slots that may have matches, in the part of a range that is read first: so many for each trace that is wanted, and some that only seem to. */
const SLOTS_PER_TRACE = 1.25;
const LEAST_SLOTS = 4;
const MORE_SLOTS = 3;

/** From when on each part of a range is read, the newest first; one part where more would not be worth their statements. */
function partStarts({ range, places }: SpanSearch, limit: number): readonly number[] {
  const starts: number[] = [];
  const slotSeconds = places?.slotSeconds ?? [];
  for (
    let slots = Math.ceil(limit * SLOTS_PER_TRACE) + LEAST_SLOTS;
    slots * 1.5 < slotSeconds.length;
    slots *= MORE_SLOTS
  ) {
    const fromMs = slotSeconds[slots]! * 1000;
    if (fromMs > range.fromMs && fromMs < (starts.at(-1) ?? range.toMs)) starts.push(fromMs);
  }
  return [...starts, range.fromMs];
}

/** Where it is known which slots may have matches, older ones are not read once there are enough. Undefined where that helps nothing. */
async function findInNewestParts(
  reader: StoreReader,
  search: SpanSearch,
  limit: number,
  options?: ReadOptions,
): Promise<NewestTraces | undefined> {
  const { range, condition } = search;
  const starts = partStarts(search, limit);
  if (starts.length === 1) return undefined;
  const candidates = new Map<string, Candidate>();
  let toMs = range.toMs;
  for (const fromMs of starts) {
    const part = await readNewestSpans(reader, search, { fromMs, toMs }, leastSpans(limit), options);
    // So many matches in so few slots: their number says where to end.
    if (part.beforeNs !== undefined) return undefined;
    const isLast = fromMs === range.fromMs;
    for (const found of part.candidates.values()) {
      const known = candidates.get(found.traceId);
      if (known === undefined) candidates.set(found.traceId, { ...found, isSure: isLast });
      else if (found.firstNs < known.firstNs) Object.assign(known, { spanId: found.spanId, firstNs: found.firstNs });
    }
    const beforeNs = isLast ? undefined : BigInt(fromMs) * 1_000_000n - 1n;
    const newest = await settle(reader, { range, condition, beforeNs, limit }, candidates, options);
    if (newest !== undefined) return newest;
    toMs = fromMs;
  }
  return undefined;
}

/**
 * The traces of the newest `count` matching spans of a part of the range. What is not after `beforeNs` may have matches that were not read;
 * undefined where all were.
 */
async function readNewestSpans(
  reader: StoreReader,
  { condition, places }: SpanSearch,
  range: TimeRange,
  count: number,
  options?: ReadOptions,
): Promise<{ readonly candidates: Map<string, Candidate>; readonly beforeNs: bigint | undefined }> {
  const rows =
    places === undefined
      ? sql`${spans.in(range)} AND ${condition}`
      : sql`${spans.first(sql`${spans.within(range)} AND ${condition}`)} AND ${isInPlaces(places)}`;
  const table = await reader.read(
    sql`SELECT trace_id, span_id, toUnixTimestamp64Nano(time) AS at ${rows}
      ORDER BY time DESC LIMIT ${new Bound('UInt32', count)}`,
    { ...options, cost: 'bounded' },
  );
  const [traceIds, spanIds, times] = [table.strings('trace_id'), table.strings('span_id'), table.integers('at')];
  const candidates = new Map<string, Candidate>();
  const isAll = table.rowCount < count;
  // The newest come first, so a later row is an earlier match.
  for (const [row, traceId] of traceIds.entries())
    candidates.set(traceId, { traceId, spanId: spanIds[row]!, firstNs: times[row]!, isSure: isAll });
  return { candidates, beforeNs: isAll ? undefined : times.at(-1)! };
}

interface Question {
  readonly range: TimeRange;
  readonly condition: Sql;
  readonly beforeNs: bigint | undefined;
  readonly limit: number;
}

/** The newest of the candidates; undefined where traces that were not read may be newer. */
async function settle(
  reader: StoreReader,
  question: Question,
  candidates: Map<string, Candidate>,
  options?: ReadOptions,
): Promise<NewestTraces | undefined> {
  const { beforeNs, limit } = question;
  // A trace that expired meanwhile has no note.
  const notes = new Map<string, TraceNote | undefined>();
  for (let lookedAt = limit; ; lookedAt *= 2) {
    const sorted = [...candidates.values()].sort((a, b) =>
      a.firstNs > b.firstNs ? -1 : a.firstNs < b.firstNs ? 1 : a.traceId < b.traceId ? -1 : 1,
    );
    const newest = sorted.slice(0, limit);
    const isEnough = newest.length === limit && newest.every(({ firstNs }) => firstNs > beforeNs!);
    if (beforeNs !== undefined && !isEnough) return undefined;
    if (newest.every(({ traceId }) => notes.has(traceId))) {
      const matches = newest.filter(({ traceId }) => notes.get(traceId) !== undefined);
      return { matches, notes: matches.map(({ traceId }) => notes.get(traceId)!) };
    }
    // Each time more of them, should one after the other turn out to be older than it seemed.
    const unknown = sorted.filter(({ traceId }) => !notes.has(traceId)).slice(0, lookedAt);
    for (const { traceId } of unknown) notes.set(traceId, undefined);
    const ids = unknown.map(({ traceId }) => traceId);
    for (const note of await findTraces(reader, ids, options)) notes.set(note.traceId, note);
    if (beforeNs !== undefined) await lookBack(reader, question, beforeNs, candidates, [...notes.values()], options);
  }
}

/** Finds the first matches of traces that began before what was read. */
async function lookBack(
  reader: StoreReader,
  { range, condition }: Question,
  beforeNs: bigint,
  candidates: Map<string, Candidate>,
  notes: readonly (TraceNote | undefined)[],
  options?: ReadOptions,
): Promise<void> {
  const unsure = notes.filter((note) => note !== undefined && !candidates.get(note.traceId)!.isSure) as TraceNote[];
  for (const { traceId } of unsure) candidates.get(traceId)!.isSure = true;
  const fromNs = BigInt(Math.floor(range.fromMs)) * 1_000_000n;
  const places = unsure
    .filter(({ firstNs }) => firstNs <= beforeNs)
    .map((note) => ({ ...note, firstNs: note.firstNs > fromNs ? note.firstNs : fromNs, lastNs: beforeNs }));
  if (places.length === 0) return;
  const table = await reader.read(
    sql`SELECT trace_id, argMin(span_id, stored.time) AS matched, toUnixTimestamp64Nano(min(stored.time)) AS first
      ${ofPlaces(spans, places)} AND ${inRange(range)} AND ${condition} GROUP BY trace_id`,
    { ...options, cost: 'bounded' },
  );
  const [spanIds, firsts] = [table.strings('matched'), table.bigints('first')];
  for (const [row, traceId] of table.strings('trace_id').entries()) {
    const candidate = candidates.get(traceId)!;
    candidate.spanId = spanIds[row]!;
    candidate.firstNs = firsts[row]!;
  }
}
