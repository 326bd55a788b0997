import type { RuleSample, RuleSeriesSink } from '#alerting';
import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram, type Labels } from '#query/promql.ts';
import type { MetricSink } from '#store';
import { newRequestSeries, OwnSeries, type RequestHistogram, type RequestSeries } from '#wire';

/** Puts the series of rules into the store, with the names and labels that they have. */
export class StoreRuleSeries implements RuleSeriesSink {
  readonly #sink: Pick<MetricSink, 'write'>;

  constructor(sink: Pick<MetricSink, 'write'>) {
    this.#sink = sink;
  }

  async append(samples: readonly RuleSample[]): Promise<void> {
    const series = new Map<string, RequestSeries>();
    for (const sample of samples) add(series, sample);
    const own = new OwnSeries(series.values());
    if (own.refusedCount > 0) throw new Error(own.reason);
    const batch = own.batch();
    if (batch.itemCount > 0) await this.#sink.write(batch);
  }
}

function add(all: Map<string, RequestSeries>, { labels, timeMs, value, histogram, isStale }: RuleSample): void {
  const series = seriesOf(all, labels);
  if (histogram === undefined || isStale)
    series.samples.push({ value: isStale ? 0 : value, timestampMs: timeMs, startMs: 0, isStale });
  else series.histograms.push(histogramForm(histogram, timeMs));
}

function seriesOf(all: Map<string, RequestSeries>, labels: Labels): RequestSeries {
  let series = all.get(labels.key);
  if (series === undefined) {
    series = newRequestSeries(labels.pairs);
    series.type = 'gauge';
    all.set(labels.key, series);
  }
  return series;
}

function histogramForm(histogram: FloatHistogram, timestampMs: number): RequestHistogram {
  const side = ({ indices, counts }: FloatHistogram['positive']): RequestHistogram['positive'] => ({
    // A span for each bucket: the first at its index, each other one so many behind the one before.
    offsets: Array.from(indices, (index, at) => (at === 0 ? index : index - indices[at - 1]! - 1)),
    lengths: Array.from(indices, () => 1),
    deltas: [],
    counts: Array.from(counts),
  });
  return {
    count: histogram.count,
    sum: histogram.sum,
    isStale: false,
    isFloat: true,
    isGauge: histogram.hint === 'gauge',
    scale: histogram.schema,
    zeroThreshold: histogram.zeroThreshold,
    zeroCount: histogram.zeroCount,
    timestampMs,
    startMs: 0,
    positive: side(histogram.positive),
    negative: side(histogram.negative),
    bounds: histogram.schema === CUSTOM_BUCKETS_SCHEMA ? [...histogram.customValues] : [],
  };
}
