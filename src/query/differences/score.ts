/** How much two populations differ in one key. */
import { namesOf } from '#lang';
import type { Difference, DifferenceValue } from '../answers/index.ts';

/** How many of each side have each value of a key. */
export interface KeyCounts {
  readonly key: string;
  readonly of: Difference['of'];
  /** What each count is of, in the order of both lists. */
  readonly values: readonly string[];
  readonly selected: readonly number[];
  readonly rest: readonly number[];
  /** How many have the key at all. */
  readonly selectedHave: number;
  readonly restHave: number;
  readonly selectedCount: number;
  readonly restCount: number;
  /** Where the values are ranges of numbers: their bounds. */
  readonly edges: readonly number[];
}

/** What fewer of the selection have than this share says little, however much it differs among them. */
const FULL_SHARE = 0.05;
const OUTCOME_WEIGHT = 0.5;
/** Less is noise, as that of a key with another value in each span. */
const LEAST_SCORE = 0.05;
const SHOWN_VALUES = 10;

/** How a span ended, by the conventions. */
const OUTCOMES: ReadonlySet<string> = new Set(
  [
    'status',
    'status message',
    'error',
    'error.type',
    'http.response.status_code',
    'rpc.grpc.status_code',
    'rpc.response.status_code',
    'db.response.status_code',
    'otel.status_code',
    'otel.status_description',
  ].flatMap(namesOf),
);

function isOutcome(key: string, of: Difference['of']): boolean {
  return of === 'event' || key.startsWith('exception.') || OUTCOMES.has(key);
}

/** Undefined where the selection has nothing much more often. */
export function differenceOf(counts: KeyCounts): Difference | undefined {
  const { key, of, edges } = counts;
  const most = edges.length > 0 ? bestRange(counts) : bestValue(counts);
  if (most === undefined || most.score < LEAST_SCORE) return undefined;
  const outcome = isOutcome(key, of);
  return {
    key,
    of,
    score: most.score * (outcome ? OUTCOME_WEIGHT : 1),
    isOutcome: outcome,
    value: most.value,
    selected: share(most.selected, counts.selectedCount),
    rest: share(most.rest, counts.restCount),
    selectedHave: share(counts.selectedHave, counts.selectedCount),
    restHave: share(counts.restHave, counts.restCount),
    values: shownValues(counts),
  };
}

interface Found {
  readonly value: string;
  readonly selected: number;
  readonly rest: number;
  readonly score: number;
}

function bestValue(counts: KeyCounts): Found | undefined {
  let best: Found | undefined;
  for (const [i, value] of counts.values.entries()) {
    const found = { value, selected: counts.selected[i]!, rest: counts.rest[i]! };
    const score = scoreOf(found.selected, found.rest, counts);
    if (best === undefined || score > best.score) best = { ...found, score };
  }
  return best;
}

/** The bound that parts both sides most. */
function bestRange(counts: KeyCounts): Found | undefined {
  const { edges } = counts;
  const sum = (of: readonly number[]): number => of.reduce((total, n) => total + n, 0);
  const [allSelected, allRest] = [sum(counts.selected), sum(counts.rest)];
  let best: Found | undefined;
  let [selected, rest] = [0, 0];
  for (const [i, edge] of edges.entries()) {
    selected += counts.selected[i]!;
    rest += counts.rest[i]!;
    const below = { value: `< ${numberText(edge)}`, selected, rest };
    const above = { value: `≥ ${numberText(edge)}`, selected: allSelected - selected, rest: allRest - rest };
    for (const one of [below, above]) {
      const score = scoreOf(one.selected, one.rest, counts);
      if (best === undefined || score > best.score) best = { ...one, score };
    }
  }
  return best;
}

/** The difference of shares, of all or of those that have the key. What few have been seen of is drawn towards the rest. */
function scoreOf(selected: number, rest: number, counts: KeyCounts): number {
  const difference = (selectedOf: number, restOf: number): number => {
    const expected = share(rest, restOf);
    return (selected + expected) / (selectedOf + 1) - expected;
  };
  const weight = Math.min(1, share(counts.selectedHave, counts.selectedCount) / FULL_SHARE);
  return Math.max(
    difference(counts.selectedCount, counts.restCount),
    weight * difference(counts.selectedHave, counts.restHave),
  );
}

function share(count: number, of: number): number {
  return of === 0 ? 0 : count / of;
}

function shownValues(counts: KeyCounts): readonly DifferenceValue[] {
  const all = counts.values.map((value, i) => ({
    value,
    selected: share(counts.selected[i]!, counts.selectedCount),
    rest: share(counts.rest[i]!, counts.restCount),
  }));
  if (counts.edges.length === 0) return all.sort((a, b) => b.selected - a.selected).slice(0, SHOWN_VALUES);
  return joined(all, counts.edges);
}

/** Ranges, so many neighbours taken together that few are left. */
function joined(ranges: readonly DifferenceValue[], edges: readonly number[]): readonly DifferenceValue[] {
  const size = Math.ceil(ranges.length / SHOWN_VALUES);
  const shown: DifferenceValue[] = [];
  for (let at = 0; at < ranges.length; at += size) {
    const some = ranges.slice(at, at + size);
    const [from, to] = [edges[at - 1], edges[at + size - 1]];
    shown.push({
      value:
        from === undefined
          ? `< ${numberText(to!)}`
          : to === undefined
            ? `≥ ${numberText(from)}`
            : `${numberText(from)} to ${numberText(to)}`,
      selected: some.reduce((sum, one) => sum + one.selected, 0),
      rest: some.reduce((sum, one) => sum + one.rest, 0),
    });
  }
  return shown;
}

function numberText(value: number): string {
  return String(Number(value.toPrecision(4)));
}
