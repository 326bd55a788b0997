/** Spans by a key, by time and duration, and what some of them have more often, as the mock makes them up. */
import type { Difference, DifferencesResponse, SpanGroupsResponse, SpanHeatmapResponse } from '#api/types.ts';
import type { MockStore } from './data.ts';
import { compileFilter, type FilterItem } from './filter.ts';
import { gridOf, type Range } from './range.ts';
import { type MatchingSpan, matchingSpans, type TraceSearchInput } from './traces-api.ts';

function textUnder(item: FilterItem, key: string): string {
  const value = item.intrinsics[key] ?? item.attributes[key] ?? item.resource[key];
  return value === undefined ? '' : String(value);
}

const quantile = (sorted: readonly number[], q: number): number => sorted[Math.floor(sorted.length * q)] ?? 0;

export function spanGroups(store: MockStore, range: Range, input: TraceSearchInput, by: string): SpanGroupsResponse {
  const all = matchingSpans(store, range, input);
  const groups = [...Map.groupBy(all, ({ item }) => textUnder(item, by))].map(([value, of]) => {
    const durations = of.map(({ span }) => span.durationNs).sort((a, b) => a - b);
    const errorCount = of.filter(({ span }) => span.status === 2).length;
    const [p50Ns, p95Ns, p99Ns] = [0.5, 0.95, 0.99].map((q) => quantile(durations, q));
    return { value, count: of.length, errorCount, p50Ns: p50Ns!, p95Ns: p95Ns!, p99Ns: p99Ns! };
  });
  return {
    groups: groups.sort((a, b) => b.count - a.count).slice(0, 100),
    groupCount: groups.length,
    spanCount: all.length,
  };
}

const startMsOf = ({ trace, span }: MatchingSpan): number => trace.startMs + span.startNs / 1e6;

export function spanHeatmap(store: MockStore, range: Range, input: TraceSearchInput): SpanHeatmapResponse {
  const grid = gridOf(range, 120);
  const all = matchingSpans(store, range, input);
  const stepOf = (ns: number): number => Math.floor(Math.log10(Math.max(1, ns)) * 5);
  const steps = all.map(({ span }) => stepOf(span.durationNs));
  const [first, last] = [Math.min(...steps), Math.max(...steps)];
  const empty = (): number[] => new Array<number>(grid.count).fill(0);
  const lines = Array.from({ length: all.length === 0 ? 0 : last - first + 1 }, (_, i) => ({
    lowerNs: 10 ** ((first + i) / 5),
    upperNs: 10 ** ((first + i + 1) / 5),
    counts: empty(),
    errorCounts: empty(),
  }));
  for (const [i, one] of all.entries()) {
    const bucket = Math.floor((startMsOf(one) - grid.startMs) / grid.stepMs);
    const { counts, errorCounts } = lines[steps[i]! - first]!;
    if (counts[bucket] === undefined) continue;
    counts[bucket]++;
    if (one.span.status === 2) errorCounts[bucket]!++;
  }
  return { grid, lines, spanCount: all.length };
}

export interface MockSelection {
  readonly q: string;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly minNs: number | undefined;
  readonly maxNs: number | undefined;
}

export function differences(
  store: MockStore,
  range: Range,
  input: TraceSearchInput,
  selection: MockSelection,
  unit: string | undefined,
): DifferencesResponse {
  const all = matchingSpans(store, range, input);
  const predicate = compileFilter(selection.q);
  const isChosen = (one: MatchingSpan): boolean =>
    predicate(one.item) &&
    startMsOf(one) >= (selection.fromMs ?? 0) &&
    startMsOf(one) < (selection.toMs ?? Number.POSITIVE_INFINITY) &&
    one.span.durationNs >= (selection.minNs ?? 0) &&
    one.span.durationNs <= (selection.maxNs ?? Number.POSITIVE_INFINITY);
  const [selected, rest] = [all.filter(isChosen), all.filter((one) => !isChosen(one))];
  const keys = new Set(
    selected.flatMap(({ item }) => [...Object.keys(item.attributes), ...Object.keys(item.resource)]),
  );
  const list = [...keys].flatMap((key): Difference[] => {
    const share = (of: readonly MatchingSpan[], value: string): number =>
      of.filter(({ item }) => textUnder(item, key) === value).length / Math.max(1, of.length);
    const values = [...new Set(selected.map(({ item }) => textUnder(item, key)))]
      .filter((value) => value !== '')
      .slice(0, 50)
      .map((value) => ({ value, selected: share(selected, value), rest: share(rest, value) }))
      .sort((a, b) => b.selected - b.rest - (a.selected - a.rest));
    const [best] = values;
    if (best === undefined || best.selected - best.rest < 0.05) return [];
    const isOfSpan = selected.some(({ item }) => key in item.attributes);
    const have = (of: readonly MatchingSpan[]): number => 1 - share(of, '');
    return [
      {
        key,
        of: isOfSpan ? 'span' : 'resource',
        score: best.selected - best.rest,
        isOutcome: false,
        ...best,
        selectedHave: have(selected),
        restHave: have(rest),
        values: values.slice(0, 10),
      },
    ];
  });
  return {
    unit: unit === 'traces' ? 'traces' : 'spans',
    selectedCount: selected.length,
    restCount: rest.length,
    selectedLookedAt: selected.length,
    restLookedAt: rest.length,
    differences: list.sort((a, b) => b.score - a.score),
    keyCount: keys.size,
    truncated: false,
  };
}
