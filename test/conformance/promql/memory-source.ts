import {
  bucketsFrom,
  CUSTOM_BUCKETS_SCHEMA,
  EMPTY_HISTOGRAM,
  type FloatHistogram,
  Labels,
  type MemorySource,
  type SequenceValue,
} from '../../../src/query/promql/index.ts';

export { MemorySource } from '../../../src/query/promql/index.ts';

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

  into(source: Pick<MemorySource, 'add'>): void {
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
