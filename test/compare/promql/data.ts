import { Dice } from '../lib/random.ts';

/**
 * Samples that a real Prometheus and ours are asked about: 100 minutes of series of all shapes. They are the same each time. Each series begins
 * at START_MS, and series come sorted by their labels, so that both sides know them in one order.
 */

/** 2026-01-01, 00:00 UTC. */
export const START_MS = 1_767_225_600_000;
export const LENGTH_MS: number = 100 * 60_000;

/** The bits of the sample that ends a series. */
export const STALE = 0x7ff0_0000_0000_0002n;
/** A native histogram whose sum has these bits. */
export const STALE_HISTOGRAM = 'stale';

export interface NativeHistogram {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly count: number;
  readonly sum: number;
  /** Counts by the index of their bucket, sorted by it. */
  readonly positive: readonly (readonly [index: number, count: number])[];
  readonly negative: readonly (readonly [index: number, count: number])[];
  /** Upper bounds, of the schema -53. */
  readonly bounds: readonly number[];
  readonly isGauge: boolean;
  /** Counts are written as doubles. */
  readonly isFloat: boolean;
}

/** A bigint is the bits of a number. */
export type SampleValue = number | bigint | NativeHistogram | typeof STALE_HISTOGRAM;

export interface DataSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [timeMs: number, value: SampleValue])[];
  readonly type: MetricType;
  readonly help: string;
  readonly unit: string;
}

/** io.prometheus.write.v2.Metadata.MetricType. */
export const TYPES = {
  unknown: 0,
  counter: 1,
  gauge: 2,
  histogram: 3,
  gaugehistogram: 4,
  summary: 5,
  info: 6,
} as const;
export type MetricType = keyof typeof TYPES;

export const CUSTOM_SCHEMA = -53;

type Labels = Readonly<Record<string, string>>;

interface Describing {
  readonly type?: MetricType;
  readonly help?: string;
  readonly unit?: string;
}

/** Closures over what is made. */
interface Data {
  readonly series: DataSeries[];
  readonly dice: Dice;
  add(labels: Labels, samples: DataSeries['samples'], describing?: Describing): void;
  /** Times from the start on, every so often, a bit late each. */
  times(everyMs: number, latestMs?: number): number[];
}

function newData(): Data {
  const dice = new Dice(20260101);
  const series: DataSeries[] = [];
  return {
    series,
    dice,
    add(labels, samples, { type = 'unknown', help = '', unit = '' } = {}) {
      series.push({ labels, samples, type, help, unit });
    },
    times(everyMs, latestMs = 0) {
      const times: number[] = [];
      for (let atMs = 0; atMs < LENGTH_MS; atMs += everyMs)
        times.push(START_MS + atMs + (atMs === 0 ? 0 : dice.below(latestMs + 1)));
      return times;
    },
  };
}

/** `value` of each time; undefined where there is no sample. */
function fill(
  times: readonly number[],
  value: (index: number, timeMs: number) => SampleValue | undefined,
): DataSeries['samples'] {
  return times.flatMap((timeMs, index) => {
    const found = value(index, timeMs);
    return found === undefined ? [] : [[timeMs, found] as const];
  });
}

export function dataSeries(): readonly DataSeries[] {
  const data = newData();
  addCounters(data);
  addGauges(data);
  addOddNumbers(data);
  addEnding(data);
  addInfos(data);
  addClassic(data);
  addNative(data);
  addMixed(data);
  addNames(data);
  return data.series.sort((a, b) => (sortKey(a.labels) < sortKey(b.labels) ? -1 : 1));
}

/** Sorts as a Prometheus sorts labels, for the names that are here. */
function sortKey(labels: Labels): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}\0${labels[name]!}\0`)
    .join('');
}

function addCounters(data: Data): void {
  const { dice } = data;
  for (const job of ['api', 'db']) {
    for (const instance of ['a:1', 'b:2', 'c:3']) {
      for (const code of ['200', '404', '500']) {
        if (job === 'db' && code === '404') continue;
        let value = dice.below(1000);
        const resetShare = dice.pick(0, 0, 0.01, 0.05);
        const gapFrom = dice.below(400);
        const samples = fill(data.times(15_000, 700), (index) => {
          value = dice.chance(resetShare) ? dice.below(5) : value + dice.below(40);
          return index > 0 && index >= gapFrom && index < gapFrom + 30 ? undefined : value;
        });
        data.add({ __name__: 'requests_total', job, instance, code }, samples, {
          type: 'counter',
          help: 'Requests by "code".\nAnd more.',
        });
      }
    }
  }
  let large = 1e15;
  data.add(
    { __name__: 'bytes_total', job: 'api' },
    fill(data.times(30_000), () => (large += dice.below(1e6) * 1000.25)),
    { type: 'counter', help: 'Bytes.', unit: 'bytes' },
  );
  let small = 0;
  data.add(
    { __name__: 'seconds', job: 'api', instance: 'a:1' },
    fill(data.times(10_000, 3000), () => (small += dice.below(100) / 997)),
    { type: 'counter', unit: 'seconds' },
  );
}

function addGauges(data: Data): void {
  const { dice } = data;
  for (const instance of ['a:1', 'b:2', 'c:3', 'd:4']) {
    for (const zone of ['', 'x', 'y']) {
      let value = dice.below(200) - 100;
      const samples = fill(data.times(dice.pick(15_000, 20_000, 60_000), 500), (index) => {
        value += (dice.below(2001) - 1000) / 128;
        return index > 0 && dice.chance(0.03) ? undefined : value;
      });
      const labels = { __name__: 'temperature', job: instance < 'c' ? 'api' : 'db', instance, ...(zone && { zone }) };
      data.add(labels, samples, { type: 'gauge', help: 'Degrees.', unit: 'celsius' });
    }
  }
  for (const instance of ['a:1', 'b:2', 'c:3']) {
    const samples = fill(data.times(30_000), () => dice.below(5));
    data.add({ __name__: 'level', instance, job: 'api', group: instance === 'c:3' ? 'two' : 'one' }, samples, {
      type: 'gauge',
    });
  }
}

function addOddNumbers(data: Data): void {
  const { dice } = data;
  const kinds: Readonly<Record<string, readonly (number | bigint)[]>> = {
    nan: [Number.NaN],
    inf: [Number.POSITIVE_INFINITY],
    'minus inf': [Number.NEGATIVE_INFINITY],
    zero: [0],
    'minus zero': [-0],
    huge: [1e308, 1.7e308, -1.7e308],
    tiny: [5e-324, -5e-324, 2.2e-308],
    decimals: [0.1, 0.2, 0.3, 1e-7, 1e-6, 123456789.125, 1e21, 1e20, 999999999999999],
    all: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1, -1, 1e300],
    'other nan': [0x7ff8_0000_0000_0001n, 0x7ff8_0000_0000_0000n, 1],
  };
  for (const [kind, values] of Object.entries(kinds))
    data.add(
      { __name__: 'odd', kind },
      fill(data.times(60_000), () => dice.pick(...values)),
    );
}

function addEnding(data: Data): void {
  const { dice } = data;
  for (const instance of ['a:1', 'b:2', 'c:3']) {
    let isThere = true;
    let count = 0;
    const samples = fill(data.times(15_000, 200), (index) => {
      if (index > 0 && dice.chance(0.08)) {
        isThere = !isThere;
        if (!isThere) return STALE;
      }
      return isThere ? count++ : undefined;
    });
    data.add({ __name__: 'flapping', instance, job: 'api' }, samples, { type: 'gauge' });
  }
  for (const instance of ['a:1', 'b:2']) {
    const samples = fill(data.times(60_000, 40_000), (index) => (index % 5 === 0 ? dice.below(50) : undefined));
    data.add({ __name__: 'sparse', instance, job: 'db' }, samples, { type: 'gauge' });
  }
}

function addInfos(data: Data): void {
  const one = (labels: Labels, type: MetricType = 'info') =>
    data.add(
      labels,
      fill(data.times(60_000), () => 1),
      { type },
    );
  for (const instance of ['a:1', 'b:2', 'c:3']) {
    one({ __name__: 'build_info', job: 'api', instance, version: instance === 'c:3' ? '1.1' : '1.0' }, 'gauge');
    one({
      __name__: 'target_info',
      job: 'api',
      instance,
      region: instance === 'a:1' ? 'eu' : 'us',
      data: `d-${instance}`,
    });
  }
}

const CLASSIC_BOUNDS = ['0.1', '0.5', '1', '2.5', '10', '+Inf'];

function addClassic(data: Data): void {
  const { dice } = data;
  for (const instance of ['a:1', 'b:2']) {
    const counts = CLASSIC_BOUNDS.map(() => 0);
    const rows = data.times(30_000).map((timeMs, index) => {
      if (instance === 'b:2' && index === 90) counts.fill(0);
      for (let i = 0; i < 5; i++) counts[dice.below(dice.pick(3, counts.length))]! += dice.below(9);
      let total = 0;
      return { timeMs, cumulative: counts.map((count) => (total += count)), sum: total * 0.75 };
    });
    const labels = { instance, job: 'api' };
    CLASSIC_BOUNDS.forEach((le, i) => {
      data.add(
        { __name__: 'latency_bucket', ...labels, le },
        rows.map(({ timeMs, cumulative }) => [timeMs, cumulative[i]!]),
        { type: 'histogram' },
      );
    });
    data.add(
      { __name__: 'latency_count', ...labels },
      rows.map(({ timeMs, cumulative }) => [timeMs, cumulative.at(-1)!]),
      { type: 'histogram' },
    );
    data.add(
      { __name__: 'latency_sum', ...labels },
      rows.map(({ timeMs, sum }) => [timeMs, sum]),
      { type: 'histogram' },
    );
  }
  // Not monotonic, without the last, with bounds that are none, with one bound in two forms.
  const broken: Readonly<Record<string, readonly (readonly [le: string, value: number])[]>> = {
    falling: [
      ['1', 10],
      ['2', 8],
      ['4', 20],
      ['+Inf', 19],
    ],
    slightly: [
      ['1', 10],
      ['2', 10 - 1e-13],
      ['+Inf', 20],
    ],
    'no inf': [
      ['1', 10],
      ['2', 12],
    ],
    text: [
      ['one', 10],
      ['2', 12],
      ['+Inf', 13],
    ],
    twice: [
      ['1', 5],
      ['1.0', 6],
      ['2', 12],
      ['+Inf', 15],
    ],
    negative: [
      ['-5', 2],
      ['-1', 3],
      ['0', 4],
      ['5', 9],
      ['+Inf', 9],
    ],
    'only inf': [['+Inf', 9]],
    empty: [
      ['1', 0],
      ['2', 0],
      ['+Inf', 0],
    ],
    nan: [
      ['1', Number.NaN],
      ['2', 5],
      ['+Inf', 9],
    ],
  };
  for (const [kind, buckets] of Object.entries(broken)) {
    for (const [le, value] of buckets)
      data.add(
        { __name__: 'broken_bucket', kind, le },
        fill(data.times(60_000), (index) => value * (1 + Math.floor(index / 10))),
      );
  }
  for (const quantile of ['0.5', '0.9', '0.99'])
    data.add(
      { __name__: 'summary', job: 'api', quantile },
      fill(data.times(60_000), () => Number(quantile) * dice.below(100)),
      { type: 'summary' },
    );
}

/** Counts observations in buckets. */
class Counts {
  readonly schema: number;
  readonly bounds: readonly number[];
  readonly zeroThreshold: number;
  readonly #positive = new Map<number, number>();
  readonly #negative = new Map<number, number>();
  #zero = 0;
  #count = 0;
  #sum = 0;

  constructor(
    schema: number,
    { bounds = [], zeroThreshold = 1e-128 }: { bounds?: readonly number[]; zeroThreshold?: number } = {},
  ) {
    this.schema = schema;
    this.bounds = bounds;
    this.zeroThreshold = schema === CUSTOM_SCHEMA ? 0 : zeroThreshold;
  }

  observe(value: number, weight = 1): void {
    this.#count += weight;
    this.#sum += value * weight;
    if (Number.isNaN(value)) return;
    const add = (buckets: Map<number, number>, index: number): void =>
      void buckets.set(index, (buckets.get(index) ?? 0) + weight);
    if (this.schema === CUSTOM_SCHEMA) {
      const place = this.bounds.findIndex((bound) => value <= bound);
      add(this.#positive, place < 0 ? this.bounds.length : place);
    } else if (Math.abs(value) <= this.zeroThreshold) this.#zero += weight;
    else add(value > 0 ? this.#positive : this.#negative, Math.ceil(Math.log2(Math.abs(value)) * 2 ** this.schema));
  }

  value({ isGauge = false, isFloat = false }: { isGauge?: boolean; isFloat?: boolean } = {}): NativeHistogram {
    const sorted = (buckets: Map<number, number>) => [...buckets].sort(([a], [b]) => a - b);
    return {
      schema: this.schema,
      zeroThreshold: this.zeroThreshold,
      zeroCount: this.#zero,
      count: this.#count,
      sum: this.#sum,
      positive: sorted(this.#positive),
      negative: sorted(this.#negative),
      bounds: this.bounds,
      isGauge,
      isFloat,
    };
  }
}

function addNative(data: Data): void {
  const { dice } = data;
  const observation = (): number => 2 ** ((dice.below(1000) - 600) / 100);
  for (const instance of ['a:1', 'b:2', 'c:3']) {
    let counts = new Counts(instance === 'b:2' ? 1 : 3);
    const samples = fill(data.times(30_000, 300), (index) => {
      if (index === 70 && instance !== 'a:1') counts = new Counts(instance === 'c:3' ? 0 : 1);
      for (let i = dice.below(4); i >= 0; i--) counts.observe(observation());
      return index > 0 && dice.chance(0.04) ? undefined : counts.value();
    });
    data.add({ __name__: 'native_seconds', instance, job: 'api' }, samples, { type: 'histogram', unit: 'seconds' });
  }
  for (const instance of ['a:1', 'b:2']) {
    const samples = fill(data.times(30_000), () => {
      const counts = new Counts(2, { zeroThreshold: 0.001 });
      for (let i = dice.below(6); i >= 0; i--) counts.observe(dice.pick(1, -1, 1, 0) * observation());
      return counts.value({ isGauge: true, isFloat: instance === 'b:2' });
    });
    data.add({ __name__: 'native_gauge', instance, job: 'api' }, samples, { type: 'gaugehistogram' });
  }
  for (const [instance, bounds] of [
    ['a:1', [0.1, 0.5, 1, 5]],
    ['b:2', [0.1, 0.5, 1, 5]],
    ['c:3', [0.1, 1, 2, 5, 25]],
  ] as const) {
    let counts = new Counts(CUSTOM_SCHEMA, { bounds });
    const samples = fill(data.times(30_000, 300), (index) => {
      if (index === 110 && instance === 'a:1') counts = new Counts(CUSTOM_SCHEMA, { bounds: [0.1, 1, 5] });
      if (index === 50 && instance === 'b:2') counts = new Counts(CUSTOM_SCHEMA, { bounds });
      for (let i = dice.below(4); i >= 0; i--) counts.observe(observation());
      return counts.value();
    });
    data.add({ __name__: 'native_custom', instance, job: 'api' }, samples, { type: 'histogram' });
  }
  addNativeOddities(data, observation);
}

function addNativeOddities({ times, dice, add }: Data, observation: () => number): void {
  const negative = new Counts(1, { zeroThreshold: 0.01 });
  add(
    { __name__: 'native_odd', kind: 'negative' },
    fill(times(30_000), (index) => {
      negative.observe(-observation());
      if (index % 3 === 0) negative.observe(observation() / 1000);
      if (index % 4 === 0) negative.observe(observation());
      return negative.value();
    }),
  );
  const fractions = new Counts(0);
  add(
    { __name__: 'native_odd', kind: 'fractions' },
    fill(times(30_000), () => {
      fractions.observe(observation(), dice.below(100) / 7);
      return fractions.value({ isFloat: true });
    }),
  );
  const nan = new Counts(0);
  add(
    { __name__: 'native_odd', kind: 'nan' },
    fill(times(30_000), (index) => {
      nan.observe(index % 7 === 3 ? Number.NaN : observation());
      return nan.value();
    }),
  );
  const infinite = new Counts(CUSTOM_SCHEMA, { bounds: [1, 2] });
  add(
    { __name__: 'native_odd', kind: 'beyond' },
    fill(times(30_000), () => {
      infinite.observe(observation() * 100);
      return infinite.value();
    }),
  );
  add(
    { __name__: 'native_odd', kind: 'empty' },
    fill(times(60_000), () => new Counts(3).value()),
  );
  const wide = new Counts(-2);
  add(
    { __name__: 'native_odd', kind: 'wide' },
    fill(times(60_000), () => {
      wide.observe(observation() ** 9);
      return wide.value();
    }),
  );
  const falling = new Counts(2);
  add(
    { __name__: 'native_odd', kind: 'ends' },
    fill(times(30_000), (index) => {
      falling.observe(observation());
      return index % 20 === 19 ? STALE : falling.value();
    }),
  );
  const ending = new Counts(2);
  add(
    { __name__: 'native_odd', kind: 'ends as a histogram' },
    fill(times(30_000), (index) => {
      ending.observe(observation());
      return index % 20 === 19 ? STALE_HISTOGRAM : ending.value();
    }),
  );
}

function addMixed({ times, dice, add }: Data): void {
  const counts = new Counts(1);
  add(
    { __name__: 'mixed', kind: 'turns' },
    fill(times(30_000), (index) => {
      counts.observe(1 + dice.below(20));
      return Math.floor(index / 9) % 2 === 0 ? index : counts.value();
    }),
  );
  const custom = new Counts(CUSTOM_SCHEMA, { bounds: [1, 5, 10] });
  const exponential = new Counts(2);
  add(
    { __name__: 'mixed', kind: 'schemas' },
    fill(times(30_000), (index) => {
      custom.observe(dice.below(20));
      exponential.observe(1 + dice.below(20));
      return (Math.floor(index / 15) % 2 === 0 ? custom : exponential).value();
    }),
  );
  add(
    { __name__: 'mixed', kind: 'float' },
    fill(times(30_000), (index) => index * 2),
  );
  const gauge = new Counts(2);
  add(
    { __name__: 'mixed', kind: 'gauge' },
    fill(times(30_000), (index) => {
      gauge.observe(1 + dice.below(20));
      return gauge.value({ isGauge: Math.floor(index / 12) % 2 === 0 });
    }),
  );
}

function addNames({ times, dice, add }: Data): void {
  const values = () => fill(times(60_000), () => dice.below(100));
  add({ __name__: 'dotted.name', 'label.name': 'x', job: 'api' }, values(), { type: 'gauge' });
  add({ __name__: 'dotted.name', 'label.name': 'y z', job: 'db' }, values(), { type: 'gauge' });
  add({ __name__: 'größe in €', ключ: 'значение', job: 'api' }, values());
  add({ __name__: 'quoted', text: 'a "b" \\ c\n\td', job: 'api' }, values());
  add({ __name__: 'quoted', text: '<&>\u2028', job: 'api' }, values());
  add({ __name__: 'typed', job: 'api', kind: 'gauge' }, values(), { type: 'gauge', help: 'One.' });
  add({ __name__: 'typed', job: 'api', kind: 'counter' }, values(), { type: 'counter', help: 'Another.' });
  add({ __name__: 'job:requests:rate5m', job: 'api' }, values());
  add({ __name__: 'many_labels', a: '1', b: '2', c: '3', d: '4', e: '5', job: 'api' }, values());
  add({ __name__: 'UPPER', Job: 'api', job: 'db' }, values());
}
