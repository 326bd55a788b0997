import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ScrapeMetrics } from './scrape-metrics.ts';
import { ScrapeReader } from './scrape-reader.ts';
import { scrapeOptions, sortedLabels } from './testing/scrape.ts';

/** Bodies that others wrote. The folder stands beside the project; without it the tests are skipped. */
const FOLDER = join(import.meta.dirname, '../../../../shared/conformance/openmetrics');

/** What should be refused and is taken, because Prometheus takes it, too, and so targets write it. This list only gets shorter. */
const TAKEN: ReadonlySet<string> = new Set([
  'bad_clashing_names_1',
  'bad_counter_values_0',
  'bad_counter_values_10',
  'bad_counter_values_12',
  'bad_counter_values_14',
  'bad_counter_values_16',
  'bad_counter_values_18',
  'bad_counter_values_2',
  'bad_counter_values_5',
  'bad_exemplars_on_unallowed_metric_types_1',
  'bad_exemplars_on_unallowed_samples_0',
  'bad_exemplars_on_unallowed_samples_2',
  'bad_grouping_or_ordering_0',
  'bad_grouping_or_ordering_10',
  'bad_grouping_or_ordering_3',
  'bad_grouping_or_ordering_5',
  'bad_grouping_or_ordering_7',
  'bad_grouping_or_ordering_9',
  'bad_histograms_0',
  'bad_histograms_2',
  'bad_histograms_6',
  'bad_histograms_8',
  'bad_info_and_stateset_values_1',
  'bad_metadata_in_wrong_place_1',
  'bad_missing_or_invalid_labels_for_a_type_1',
  'bad_missing_or_invalid_labels_for_a_type_4',
  'bad_missing_or_invalid_labels_for_a_type_7',
  'bad_repeated_metadata_1',
  'bad_repeated_metadata_3',
  'bad_stateset_info_values_1',
  'bad_stateset_info_values_3',
  'bad_unit_6',
]);

/** Read, but nothing in them makes a point: histograms without a count, no sample at all. */
const WITHOUT_POINTS: ReadonlySet<string> = new Set([
  'empty_metadata',
  'histogram_exemplars',
  'negative_bucket_histogram',
  'null_byte',
]);

/** The points of a body; throws where it is refused. */
function pointsOf(name: string): number {
  const metrics = new ScrapeMetrics({
    trimsSuffixes: false,
    scope: { name: '', version: '' },
    job: 'job',
    instance: 'instance',
    resourceOf: () => [],
  });
  const reader = new ScrapeReader(metrics, { resolve: sortedLabels });
  metrics.begin(1000);
  reader.read(readFileSync(join(FOLDER, name, 'metrics')), scrapeOptions({ format: 'openmetrics' }));
  return metrics.finish()?.count ?? 0;
}

describe.skipIf(!existsSync(FOLDER))('OpenMetrics by others (skipped where ../shared/conformance is absent)', () => {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER).sort() : [];
  const isBad = (name: string): boolean => name.startsWith('bad_');
  const isInvalid = (name: string): boolean => name.startsWith('invalid_');

  test.each(names.filter((name) => !isBad(name) && !isInvalid(name)))('%s is read', (name) => {
    expect(pointsOf(name)).toBeGreaterThanOrEqual(WITHOUT_POINTS.has(name) ? 0 : 1);
  });

  test.each(names.filter((name) => isBad(name) && !TAKEN.has(name)))('%s is refused', (name) => {
    expect(() => pointsOf(name)).toThrow(/^line \d+: |non-unique|limit/);
  });

  test.each(names.filter((name) => isInvalid(name) && !TAKEN.has(name)))('%s makes no point', (name) => {
    expect(pointsOf(name)).toBe(0);
  });

  test.each([...TAKEN])('%s is taken as Prometheus takes it', (name) => {
    expect(() => pointsOf(name)).not.toThrow();
  });
});
