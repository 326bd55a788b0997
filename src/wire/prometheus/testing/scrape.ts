import type { Label } from '../scrape-metrics.ts';
import type { ScrapeOptions } from '../scrape-reader.ts';
import type { LabelPairs } from '../text-entries.ts';

/** For tests: without limits. */
export function scrapeOptions(options: Partial<ScrapeOptions> = {}): ScrapeOptions {
  return {
    format: 'text',
    honorsTimestamps: true,
    tracksTimestamps: false,
    sampleLimit: 0,
    seriesLimit: 1_000_000,
    latestMs: Number.POSITIVE_INFINITY,
    keepsBody: true,
    takesNative: true,
    takesClassicToo: false,
    bucketLimit: 0,
    maxScale: 8,
    ...options,
  };
}

/** Rules that change nothing. */
export function sortedLabels(labels: LabelPairs): readonly Label[] {
  const sorted = labels.filter(([, value]) => value !== '').sort(([one], [other]) => (one < other ? -1 : 1));
  sorted.forEach(([name], i) => {
    if (sorted[i + 1]?.[0] === name) throw new Error(`non-unique label names: "${name}"`);
  });
  return sorted;
}
