import { matcherTest } from '#lang/promql';
import type { SampleSource, Selection, StoredSeries } from '#query/promql.ts';

/** Series that were read once, so that thousands of questions about them need no store. */
export class KeptSource implements SampleSource {
  readonly #all: readonly StoredSeries[];

  constructor(all: readonly StoredSeries[]) {
    this.#all = all;
  }

  async select({ matchers, fromMs, toMs }: Selection): Promise<readonly StoredSeries[]> {
    const tests = matchers.map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
    const isMeant = ({ labels }: StoredSeries): boolean => tests.every(({ name, test }) => test(labels.get(name)));
    return this.#all
      .filter(isMeant)
      .map((series) => within(series, fromMs, toMs))
      .filter(({ floats, histograms }) => floats.timesMs.length > 0 || histograms !== undefined);
  }
}

/** The samples behind `fromMs`, up to `toMs`. */
function within(series: StoredSeries, fromMs: number, toMs: number): StoredSeries {
  const { floats, histograms, staleMs } = series;
  const placesOf = (times: Float64Array): readonly [number, number] => {
    const first = times.findIndex((timeMs) => timeMs > fromMs);
    const end = times.findIndex((timeMs) => timeMs > toMs);
    return [first < 0 ? times.length : first, end < 0 ? times.length : end];
  };
  const [from, to] = placesOf(floats.timesMs);
  const [fromNative, toNative] = histograms === undefined ? [0, 0] : placesOf(histograms.timesMs);
  return {
    ...series,
    floats: {
      timesMs: floats.timesMs.slice(from, to),
      values: floats.values.slice(from, to),
      startsMs: floats.startsMs?.slice(from, to),
    },
    histograms:
      histograms === undefined || fromNative >= toNative
        ? undefined
        : {
            timesMs: histograms.timesMs.slice(fromNative, toNative),
            values: histograms.values.slice(fromNative, toNative),
            startsMs: histograms.startsMs?.slice(fromNative, toNative),
          },
    staleMs: staleMs?.slice(...placesOf(staleMs)),
  };
}
