import { matcherTest } from '#lang/promql';
import { EMPTY_HISTOGRAM, type FloatHistogram, isCustom, isReset } from './histogram/index.ts';
import type { Labels } from './labels.ts';
import type { SequenceValue } from './notation.ts';
import type { SampleSource, Selection, StoredSeries } from './source.ts';

/** Samples in memory, for scripts and unit tests of rules. Histograms get the hints that Prometheus' storage would give them. */

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

  /** In any order; of two samples at one time the first counts. */
  add(labels: Labels, timeMs: number, value: SequenceValue, startMs = 0): void {
    if (value.kind === 'omitted') return;
    let series = this.#series.get(labels.key);
    if (series === undefined) {
      series = { labels, samples: [] };
      this.#series.set(labels.key, series);
    }
    const { samples } = series;
    let at = samples.length;
    while (at > 0 && samples[at - 1]!.timeMs >= timeMs) at--;
    if (samples[at]?.timeMs !== timeMs) samples.splice(at, 0, { timeMs, startMs, value });
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
