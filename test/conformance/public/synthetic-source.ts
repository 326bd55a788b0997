import { matcherTest } from '#lang/promql';
import { type FloatHistogram, Labels, type SampleSource, type Selection, type StoredSeries } from '#query/promql.ts';
import type { SyntheticSeries } from '../../../src/dashboards/testing/index.ts';

const NO_FLOATS = { timesMs: new Float64Array(0), values: new Float64Array(0), startsMs: undefined };

interface Held {
  readonly labels: Labels;
  readonly series: SyntheticSeries;
}

/** Synthesized series with a sample every `everyMs` from `fromMs` on, for the engine of PromQL. */
export class SyntheticSource implements SampleSource {
  readonly #byName: ReadonlyMap<string, Held[]>;
  readonly #fromMs: number;
  readonly #everyMs: number;

  constructor(series: readonly SyntheticSeries[], fromMs: number, everyMs: number) {
    const held = series.map((each) => ({ labels: Labels.of(Object.entries(each.labels)), series: each }));
    this.#byName = Map.groupBy(held, ({ labels }) => labels.metricName);
    this.#fromMs = fromMs;
    this.#everyMs = everyMs;
  }

  select({ matchers, fromMs, toMs }: Selection): Promise<readonly StoredSeries[]> {
    const tests = matchers.map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
    const name = matchers.find((matcher) => matcher.name === '__name__' && matcher.operator === '=');
    const candidates = name === undefined ? [...this.#byName.values()].flat() : (this.#byName.get(name.value) ?? []);
    const found = candidates.filter(({ labels }) => tests.every((each) => each.test(labels.get(each.name))));
    const first = Math.max(0, Math.floor((fromMs - this.#fromMs) / this.#everyMs) + 1);
    const last = Math.floor((toMs - this.#fromMs) / this.#everyMs);
    const timesMs = Float64Array.from(
      { length: Math.max(0, last - first + 1) },
      (_, i) => this.#fromMs + (first + i) * this.#everyMs,
    );
    return Promise.resolve(found.map(({ labels, series }) => stored(labels, series, timesMs, this.#fromMs)));
  }
}

function stored(
  labels: Labels,
  { kind, valueAt }: SyntheticSeries,
  timesMs: Float64Array,
  fromMs: number,
): StoredSeries {
  const values = timesMs.map((timeMs) => valueAt((timeMs - fromMs) / 1000));
  const rest = { labels, staleMs: undefined };
  if (kind !== 'native-histogram')
    return { ...rest, floats: { timesMs, values, startsMs: undefined }, histograms: undefined };
  return {
    ...rest,
    floats: NO_FLOATS,
    histograms: { timesMs, values: Array.from(values, histogramOf), startsMs: undefined },
  };
}

function histogramOf(count: number): FloatHistogram {
  return {
    ...{ schema: 0, customValues: [], zeroThreshold: 0, zeroCount: 0, hint: 'unknown', sum: count * 1.5, count },
    positive: { indices: Int32Array.of(1), counts: Float64Array.of(count) },
    negative: { indices: new Int32Array(0), counts: new Float64Array(0) },
  };
}
