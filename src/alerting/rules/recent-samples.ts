import type { Clock } from '#base';
import { matcherTest } from '#lang/promql';
import type { FloatHistogram, Labels, SampleSource, Selection, StoredSeries } from '#query/promql.ts';
import type { RuleSample, RuleSeriesSink } from './sink.ts';

/** A series is in the store about a second after it was taken; for so long at least it is answered from here, too. */
const KEEP_MS = 60_000;
const SAMPLES_MAX = 500_000;

interface RecentSeries {
  readonly labels: Labels;
  /** By time of the samples, ascending. */
  readonly samples: RuleSample[];
}

/**
 * What rules wrote in the last minute, in memory as well: a rule sees at once what the rules before it in its group recorded, wherever that is
 * on its way to the store.
 */
export class RecentSamples implements RuleSeriesSink {
  readonly #sink: RuleSeriesSink;
  readonly #clock: Clock;
  readonly #series = new Map<string, RecentSeries>();
  /** In the order in which they came. */
  #taken: { readonly atMs: number; readonly samples: readonly RuleSample[] }[] = [];
  #count = 0;

  constructor(sink: RuleSeriesSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  async append(samples: readonly RuleSample[]): Promise<void> {
    await this.#sink.append(samples);
    for (const sample of samples) this.#add(sample);
    this.#taken.push({ atMs: this.#clock.monotonicMs(), samples });
    this.#count += samples.length;
    this.#forget();
  }

  /** A source that has them beside what `stored` has. */
  over(stored: SampleSource): SampleSource {
    return {
      select: async (selection) => {
        // Before the store answers: what leaves memory meanwhile is in it.
        const recent = this.#select(selection);
        const found = await stored.select(selection);
        if (recent.size === 0) return found;
        const both = found.map((series) => {
          const own = recent.get(series.labels.key);
          recent.delete(series.labels.key);
          return own === undefined ? series : together(series, own);
        });
        return [...both, ...Array.from(recent.values(), storedSeries)];
      },
    };
  }

  #select({ matchers, fromMs, toMs }: Selection): Map<string, RecentSeries> {
    const tests = matchers.map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
    const found = new Map<string, RecentSeries>();
    for (const [key, { labels, samples }] of this.#series) {
      if (!tests.every(({ name, test }) => test(labels.get(name)))) continue;
      const inRange = samples.filter(({ timeMs }) => timeMs > fromMs && timeMs <= toMs);
      if (inRange.length > 0) found.set(key, { labels, samples: inRange });
    }
    return found;
  }

  #add(sample: RuleSample): void {
    const { key } = sample.labels;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { labels: sample.labels, samples: [] };
      this.#series.set(key, series);
    }
    const { samples } = series;
    let at = samples.length;
    while (at > 0 && samples[at - 1]!.timeMs > sample.timeMs) at--;
    samples.splice(at, 0, sample);
  }

  #forget(): void {
    const beforeMs = this.#clock.monotonicMs() - KEEP_MS;
    let gone = 0;
    while (gone < this.#taken.length && (this.#taken[gone]!.atMs < beforeMs || this.#count > SAMPLES_MAX)) {
      const { samples } = this.#taken[gone++]!;
      this.#count -= samples.length;
      for (const sample of samples) this.#remove(sample);
    }
    if (gone > 0) this.#taken = this.#taken.slice(gone);
  }

  #remove(sample: RuleSample): void {
    const series = this.#series.get(sample.labels.key);
    const at = series?.samples.indexOf(sample) ?? -1;
    if (at >= 0) series!.samples.splice(at, 1);
    if (series?.samples.length === 0) this.#series.delete(sample.labels.key);
  }
}

function storedSeries({ labels, samples }: RecentSeries): StoredSeries {
  return together({ labels, floats: NO_FLOATS, histograms: undefined, staleMs: undefined }, { labels, samples });
}

const NO_FLOATS: StoredSeries['floats'] = {
  timesMs: new Float64Array(),
  values: new Float64Array(),
  startsMs: undefined,
};

/** The samples of both, by time; of two at one time the stored one. */
function together(stored: StoredSeries, { samples }: RecentSeries): StoredSeries {
  const known = new Set([...stored.floats.timesMs, ...(stored.histograms?.timesMs ?? [])]);
  const fresh = samples.filter(({ timeMs, isStale }) => !isStale && !known.has(timeMs));
  const floats = [
    ...Array.from(stored.floats.timesMs, (timeMs, at) => [timeMs, stored.floats.values[at]!] as const),
    ...fresh.flatMap(({ timeMs, value, histogram }) => (histogram === undefined ? [[timeMs, value] as const] : [])),
  ].sort(byTime);
  const histograms = [
    ...(stored.histograms?.values.map((value, at) => [stored.histograms!.timesMs[at]!, value] as const) ?? []),
    ...fresh.flatMap(({ timeMs, histogram }) => (histogram === undefined ? [] : [[timeMs, histogram] as const])),
  ].sort(byTime);
  const ends = samples.flatMap(({ timeMs, isStale }) => (isStale ? [timeMs] : []));
  const stale = [...new Set([...(stored.staleMs ?? []), ...ends])].sort((a, b) => a - b);
  return {
    ...stored,
    floats: {
      timesMs: Float64Array.from(floats, ([timeMs]) => timeMs),
      values: Float64Array.from(floats, ([, value]) => value),
      startsMs: undefined,
    },
    histograms: histograms.length === 0 ? undefined : histogramsOf(histograms),
    staleMs: stale.length === 0 ? undefined : Float64Array.from(stale),
  };
}

function histogramsOf(pairs: readonly (readonly [number, FloatHistogram])[]): StoredSeries['histograms'] {
  return {
    timesMs: Float64Array.from(pairs, ([timeMs]) => timeMs),
    values: pairs.map(([, value]) => value),
    startsMs: undefined,
  };
}

function byTime(a: readonly [number, unknown], b: readonly [number, unknown]): number {
  return a[0] - b[0];
}
