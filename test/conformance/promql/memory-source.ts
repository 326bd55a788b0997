import { matcherTest } from '#lang/promql';
import {
  bucketsFrom,
  CUSTOM_BUCKETS_SCHEMA,
  EMPTY_HISTOGRAM,
  type FloatHistogram,
  isCustom,
  isReset,
  Labels,
  type SampleSource,
  type Selection,
  type StoredSeries,
} from '../../../src/query/promql/index.ts';
import type { SequenceValue } from '../../../src/query/promql/notation.ts';

/** Samples in memory, for scripts. Histograms get the hints that Prometheus' storage would give them. */

interface Sample {
  readonly timeMs: number;
  readonly startMs: number;
  readonly value: SequenceValue;
}

export class MemorySource implements SampleSource {
  readonly #series = new Map<string, { readonly labels: Labels; readonly samples: Sample[] }>();

  clear(): void {
    this.#series.clear();
  }

  add(labels: Labels, timeMs: number, value: SequenceValue, startMs = 0): void {
    if (value.kind === 'omitted') return;
    let series = this.#series.get(labels.key);
    if (series === undefined) {
      series = { labels, samples: [] };
      this.#series.set(labels.key, series);
    }
    const at = series.samples.findIndex((sample) => sample.timeMs >= timeMs);
    const sample = { timeMs, startMs, value };
    if (at < 0) series.samples.push(sample);
    else if (series.samples[at]!.timeMs !== timeMs) series.samples.splice(at, 0, sample);
  }

  async select({ matchers, fromMs, toMs }: Selection): Promise<readonly StoredSeries[]> {
    const tests = matchers.map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
    const found: StoredSeries[] = [];
    for (const { labels, samples } of this.#series.values()) {
      if (!tests.every(({ name, test }) => test(labels.get(name)))) continue;
      const hinted = withHints(samples).filter(({ timeMs }) => timeMs > fromMs && timeMs <= toMs);
      if (hinted.length > 0) found.push(toStored(labels, hinted));
    }
    return found;
  }
}

function toStored(labels: Labels, samples: readonly Sample[]): StoredSeries {
  const floats = samples.filter(({ value }) => value.kind === 'float');
  const histograms = samples.filter(({ value }) => value.kind === 'histogram');
  const stale = samples.filter(({ value }) => value.kind === 'stale');
  const times = (list: readonly Sample[]): Float64Array => Float64Array.from(list, ({ timeMs }) => timeMs);
  const starts = (list: readonly Sample[]): Float64Array => Float64Array.from(list, ({ startMs }) => startMs);
  return {
    labels,
    floats: {
      timesMs: times(floats),
      values: Float64Array.from(floats, ({ value }) => (value.kind === 'float' ? value.value : 0)),
      startsMs: starts(floats),
    },
    histograms:
      histograms.length === 0
        ? undefined
        : {
            timesMs: times(histograms),
            values: histograms.map(({ value }) => (value.kind === 'histogram' ? value.value : EMPTY_HISTOGRAM)),
            startsMs: starts(histograms),
          },
    staleMs: stale.length === 0 ? undefined : times(stale),
  };
}

/** As a chunk says it: unknown for its first, then no reset. A reset, a gauge or another layout begins a chunk. */
function withHints(samples: readonly Sample[]): Sample[] {
  let previous: FloatHistogram | undefined;
  return samples.map((sample) => {
    const { value } = sample;
    if (value.kind !== 'histogram') {
      if (value.kind === 'float') previous = undefined;
      return sample;
    }
    const histogram = value.value;
    const hint = hintOf(histogram, previous);
    previous = histogram;
    return { ...sample, value: { ...value, value: { ...histogram, hint } } };
  });
}

function hintOf(histogram: FloatHistogram, previous: FloatHistogram | undefined): FloatHistogram['hint'] {
  if (histogram.hint === 'gauge') return 'gauge';
  if (histogram.hint === 'reset' || previous === undefined || previous.hint === 'gauge') return 'unknown';
  const isOther =
    isCustom(histogram) !== isCustom(previous) ||
    (!isCustom(histogram) &&
      (histogram.schema !== previous.schema || histogram.zeroThreshold !== previous.zeroThreshold));
  if (isOther) return 'unknown';
  return isReset({ ...histogram, hint: 'unknown' }, previous) ? 'unknown' : 'not-reset';
}

/** Classic buckets become native histograms with custom bounds beside them, as `load_with_nhcb` wants. */
export class CustomBuckets {
  readonly #groups = new Map<string, { readonly labels: Labels; readonly byTime: Map<number, Classic> }>();

  add(labels: Labels, timeMs: number, value: SequenceValue): void {
    const found = /^(.*)_(bucket|count|sum)$/.exec(labels.metricName);
    if (found === null || value.kind !== 'float') return;
    const [, name, part] = found;
    const le = Number(labels.get('le').replace(/^\+?Inf$/i, 'Infinity'));
    if (part === 'bucket' && (labels.get('le') === '' || Number.isNaN(le))) return;
    const base = labels.with('__name__', name!).with('le', '');
    const group = this.#groups.get(base.key) ?? { labels: base, byTime: new Map<number, Classic>() };
    this.#groups.set(base.key, group);
    const classic = group.byTime.get(timeMs) ?? { buckets: [], count: undefined, sum: 0 };
    group.byTime.set(timeMs, classic);
    if (part === 'bucket') classic.buckets.push([le, value.value]);
    else if (part === 'count') classic.count = value.value;
    else classic.sum = value.value;
  }

  into(source: MemorySource): void {
    for (const { labels, byTime } of this.#groups.values()) {
      for (const [timeMs, classic] of [...byTime].sort(([a], [b]) => a - b))
        source.add(labels, timeMs, { kind: 'histogram', value: custom(classic), hasHint: false });
    }
  }
}

interface Classic {
  readonly buckets: [upper: number, count: number][];
  count: number | undefined;
  sum: number;
}

function custom({ buckets, count, sum }: Classic): FloatHistogram {
  const sorted = buckets.sort(([a], [b]) => a - b);
  const customValues = sorted.map(([upper]) => upper).filter(Number.isFinite);
  const total = count ?? sorted.at(-1)?.[1] ?? 0;
  const cumulative = [...sorted.filter(([upper]) => Number.isFinite(upper)).map(([, value]) => value), total];
  const counts = cumulative.map((value, i) => value - (cumulative[i - 1] ?? 0));
  return {
    ...EMPTY_HISTOGRAM,
    schema: CUSTOM_BUCKETS_SCHEMA,
    customValues,
    count: total,
    sum,
    positive: bucketsFrom(0, counts),
  };
}

/** Labels for a result without any. */
export const NO_LABELS: Labels = Labels.NONE;
