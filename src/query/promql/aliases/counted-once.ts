import type { Labels } from '../labels.ts';
import type { FloatSamples, HistogramSamples, StoredSeries } from '../source.ts';
import { isResourceLabel } from '../store/resource-labels.ts';

/**
 * A process that sends a metric under two names, as the migration of the semantic conventions advises, is counted once: by the name that was
 * asked for, for as long as it sends that one.
 */

/**
 * Two metrics of one export may be taken that far from each other. So much more than the range has to be read for it to be known at the edges
 * that a sample has its counterpart.
 */
export const SAME_EXPORT_MS = 1000;

interface Span {
  firstMs: number;
  lastMs: number;
}

/** Adds to `exact`, which are never changed, what `others` have beside them; those of a lower rank go before those of a higher one. */
export function countedOnce<Series extends StoredSeries>(
  exact: readonly Series[],
  others: readonly (readonly Series[])[],
): Series[] {
  const covered = new Map<string, Span>();
  const series = [...exact];
  cover(covered, exact);
  for (const ofName of others) {
    const left = ofName.flatMap((each) => {
      const span = covered.get(senderOf(each.labels));
      return (span === undefined ? each : outside(each, span)) ?? [];
    });
    cover(covered, left);
    series.push(...left);
  }
  return series;
}

/** The process and the library that measured in it: two libraries may be of different times, and measure different things. */
function senderOf(labels: Labels): string {
  return labels.keep((label) => label === 'otel_scope_name' || isResourceLabel(label)).key;
}

function cover(covered: Map<string, Span>, series: readonly StoredSeries[]): void {
  for (const { labels, floats, histograms } of series) {
    for (const timesMs of [floats.timesMs, histograms?.timesMs]) {
      if (timesMs === undefined || timesMs.length === 0) continue;
      const sender = senderOf(labels);
      const span = covered.get(sender);
      const [firstMs, lastMs] = [timesMs[0]!, timesMs.at(-1)!];
      if (span === undefined) covered.set(sender, { firstMs, lastMs });
      else {
        span.firstMs = Math.min(span.firstMs, firstMs);
        span.lastMs = Math.max(span.lastMs, lastMs);
      }
    }
  }
}

/** What a series has before and behind a span; it ends where the span begins. undefined for nothing. */
function outside<Series extends StoredSeries>(series: Series, { firstMs, lastMs }: Span): Series | undefined {
  const isOutside = (timeMs: number): boolean => timeMs < firstMs - SAME_EXPORT_MS || timeMs > lastMs + SAME_EXPORT_MS;
  const { floats, histograms, staleMs } = series;
  const all = floats.timesMs.length + (histograms?.timesMs.length ?? 0);
  const numbers = floatsWhere(floats, isOutside);
  const natives = histograms && histogramsWhere(histograms, isOutside);
  const left = numbers.timesMs.length + (natives?.timesMs.length ?? 0);
  if (left === 0) return undefined;
  const isBefore = Math.min(numbers.timesMs[0] ?? firstMs, natives?.timesMs[0] ?? firstMs) < firstMs;
  if (left === all && !isBefore) return series;
  return {
    ...series,
    floats: numbers,
    histograms: natives,
    staleMs: isBefore ? Float64Array.from([...(staleMs ?? []), firstMs]).sort() : staleMs,
  };
}

/** The samples of a range, whose end is exclusive; series that have none in it are left out. */
export function within<Series extends StoredSeries>(series: readonly Series[], fromMs: number, toMs: number): Series[] {
  const isIn = (timeMs: number): boolean => timeMs >= fromMs && timeMs < toMs;
  return series.flatMap((each) => {
    const floats = floatsWhere(each.floats, isIn);
    const histograms = each.histograms && histogramsWhere(each.histograms, isIn);
    if (floats.timesMs.length === 0 && (histograms?.timesMs.length ?? 0) === 0) return [];
    return { ...each, floats, histograms, staleMs: each.staleMs?.filter(isIn) };
  });
}

function placesOf(timesMs: Float64Array, isKept: (timeMs: number) => boolean): number[] {
  const places: number[] = [];
  timesMs.forEach((timeMs, i) => {
    if (isKept(timeMs)) places.push(i);
  });
  return places;
}

function floatsWhere({ timesMs, values, startsMs }: FloatSamples, isKept: (timeMs: number) => boolean): FloatSamples {
  const places = placesOf(timesMs, isKept);
  return {
    timesMs: Float64Array.from(places, (i) => timesMs[i]!),
    values: Float64Array.from(places, (i) => values[i]!),
    startsMs: startsMs && Float64Array.from(places, (i) => startsMs[i]!),
  };
}

function histogramsWhere(
  { timesMs, values, startsMs }: HistogramSamples,
  isKept: (timeMs: number) => boolean,
): HistogramSamples {
  const places = placesOf(timesMs, isKept);
  return {
    timesMs: Float64Array.from(places, (i) => timesMs[i]!),
    values: places.map((i) => values[i]!),
    startsMs: startsMs && Float64Array.from(places, (i) => startsMs[i]!),
  };
}
