import { METRIC_HISTOGRAM, METRIC_SUM, TEMPORALITY_CUMULATIVE } from '#pdata';
import { encodeLabels, type WrittenSeries } from '#wire';
import type { RunningSignalbox } from '../../test/lib/signalbox.ts';
import { fetchCount } from './collectors.ts';
import { waitFor } from './processes.ts';
import type { RunningPrometheus } from './prometheus.ts';
import { writeSamples } from './remote-write-load.ts';

/** The same samples for our store and for Prometheus: each value follows from its series and its step. */

export const INTERVAL_MS = 15_000;
/** 20 services, of 20 instances and 25 routes; errors of 10 instances; histograms of 5. */
export const SHAPE = { services: 20, requests: 10_000, errors: 200, histograms: 100 } as const;
export const HISTOGRAM_BOUNDS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 7.5, 10];

interface Metric {
  readonly name: string;
  readonly count: number;
  /** Among the store's series. */
  readonly firstId: number;
}
const REQUESTS: Metric = { name: 'bench_requests_total', count: SHAPE.requests, firstId: 1_000_000 };
const ERRORS: Metric = { name: 'bench_errors_total', count: SHAPE.errors, firstId: 2_000_000 };
const DURATIONS: Metric = { name: 'bench_duration_seconds', count: SHAPE.histograms, firstId: 3_000_000 };

/** Ids as the store gives them: a hash behind some bits that are those of the service. */
function idOf({ firstId }: Metric, series: number): bigint {
  return (
    (BigInt(((series % SHAPE.services) * 197) % 4096) << 52n) | BigInt.asUintN(52, BigInt(firstId + series) * SPREAD)
  );
}
const SPREAD = 0x9e37_79b9_7f4a_7c15n;
const idSql = ({ firstId }: Metric): string =>
  `bitShiftLeft(toUInt64(series % ${SHAPE.services} * 197 % 4096), 52)
    + bitAnd(toUInt64(${firstId} + series) * ${SPREAD}, ${2n ** 52n - 1n})`;

function labelsOf(metric: Metric, series: number): [string, string][] {
  const labels: [string, string][] = [
    ['instance', `i${Math.floor(series / SHAPE.services) % 20}`],
    ['job', 'bench'],
    ['service', `s${series % SHAPE.services}`],
  ];
  if (metric === REQUESTS) labels.splice(2, 0, ['route', `r${Math.floor(series / 400)}`]);
  return labels;
}

/** Grows by 5 to 15 a step, about, and begins anew once. */
export function counterValue(series: number, step: number): number {
  const perStep = 5 + (series % 11);
  const reset = (series * 37) % 5760;
  const steps = step < reset ? step : step - reset;
  return steps * perStep + ((series * 31 + step * 17) % perStep);
}
const COUNTER_SQL = `if(step < (series * 37) % 5760, step, step - (series * 37) % 5760) * (5 + series % 11)
  + (series * 31 + step * 17) % (5 + series % 11)`;

function bucketCount(series: number, bucket: number, step: number): number {
  return step * (((series + 3 * bucket) % 9) + (bucket < 6 ? 2 : 0));
}
const BUCKETS_SQL = `arrayMap(bucket -> toUInt64(step * ((series + 3 * bucket) % 9 + if(bucket < 6, 2, 0))), range(${HISTOGRAM_BOUNDS.length + 1}))`;

/** Series report at different times. */
function timeOf(startMs: number, series: number, step: number): number {
  return startMs + step * INTERVAL_MS + ((series * 13) % INTERVAL_MS);
}
const timeSql = (startMs: number): string =>
  `fromUnixTimestamp64Milli(toInt64(${startMs}) + step * ${INTERVAL_MS} + (series * 13) % ${INTERVAL_MS}, 'UTC')`;

const TABLES_SQL = `SELECT count() FROM system.tables WHERE database = 'signalbox'
  AND name IN ('metric_bounds', 'metric_series', 'metric_points', 'metric_histograms')`;

/** Gives how long it took, in seconds, until no merge runs any more. */
export async function loadStore(signalbox: RunningSignalbox, startMs: number, endMs: number): Promise<number> {
  await waitFor('the tables to be made', async () => (await fetchCount(signalbox, TABLES_SQL)) === 4, 60_000);
  const beginMs = performance.now();
  const seen = `${Math.floor(startMs / 1000)}, ${Math.floor(endMs / 1000)}`;
  const bounds = `[${HISTOGRAM_BOUNDS.join()}]`;
  await signalbox.query(
    `INSERT INTO signalbox.metric_bounds (bounds_id, bounds, first_seen, last_seen) VALUES (77, ${bounds}, ${seen})`,
  );
  for (const metric of [REQUESTS, ERRORS, DURATIONS]) {
    const type = metric === DURATIONS ? METRIC_HISTOGRAM : METRIC_SUM;
    const boundsIds = metric === DURATIONS ? '[77]' : '[]';
    const rows = Array.from({ length: metric.count }, (_, series) => {
      const labels = [...labelsOf(metric, series), ['__name__', metric.name]].map(
        ([name, value]) => `'${name}=${value}'`,
      );
      return `('${metric.name}', ${idOf(metric, series)}, ${type}, ${TEMPORALITY_CUMULATIVE}, 1, '${metric.name}', [${labels.sort().join()}], ${boundsIds}, ${seen})`;
    });
    for (let at = 0; at < rows.length; at += 2000)
      await signalbox.query(
        `INSERT INTO signalbox.metric_series
          (name, series_id, type, temporality, monotonic, prometheus_name, labels, bounds_ids, first_seen, last_seen)
          VALUES ${rows.slice(at, at + 2000).join()}`,
      );
  }
  const steps = Math.floor((endMs - startMs) / INTERVAL_MS);
  const perInsert = 3_600_000 / INTERVAL_MS;
  for (let step = 0; step < steps; step += perInsert) {
    const numbers = (count: number): string =>
      `(SELECT toInt64(intDiv(number, ${perInsert})) AS series, toInt64(${step} + number % ${perInsert}) AS step FROM numbers(${count * perInsert}))`;
    const settings = 'SETTINGS max_insert_block_size = 4000000, min_insert_block_size_rows = 4000000';
    for (const metric of [REQUESTS, ERRORS])
      await signalbox.query(
        `INSERT INTO signalbox.metric_points (name, series_id, time, value_form, value_int)
          SELECT '${metric.name}', ${idSql(metric)}, ${timeSql(startMs)}, 1, ${COUNTER_SQL} FROM ${numbers(metric.count)} ${settings}`,
      );
    await signalbox.query(
      `INSERT INTO signalbox.metric_histograms (name, series_id, time, count, sum, bounds_id, bucket_counts)
        SELECT '${DURATIONS.name}', ${idSql(DURATIONS)}, ${timeSql(startMs)}, arraySum(${BUCKETS_SQL}),
          step * (1 + series % 5) * 0.5, 77, ${BUCKETS_SQL} FROM ${numbers(DURATIONS.count)} ${settings}`,
    );
  }
  while (Number(await signalbox.query('SELECT count() FROM system.merges')) > 0)
    await new Promise((resolve) => setTimeout(resolve, 500));
  return (performance.now() - beginMs) / 1000;
}

/** Less than the hour that Prometheus' newest samples may be ahead of others. */
const CHUNK_STEPS = 120;
const SERIES_AT_ONCE = 500;
const NO_METADATA = { family: '', type: 0, help: '', unit: '' };

/** Gives how long it took, in seconds. */
export async function loadPrometheus(prometheus: RunningPrometheus, startMs: number, endMs: number): Promise<number> {
  const beginMs = performance.now();
  const url = `${prometheus.url}/api/v1/write`;
  const steps = Math.floor((endMs - startMs) / INTERVAL_MS);
  for (let from = 0; from < steps; from += CHUNK_STEPS) {
    const count = Math.min(CHUNK_STEPS, steps - from);
    const chunk = (
      labels: readonly [string, string][],
      series: number,
      valueAt: (step: number) => number,
    ): WrittenSeries => ({
      labels: encodeLabels(labels),
      samples: Array.from({ length: count }, (_, i) => ({
        value: valueAt(from + i),
        timestampMs: timeOf(startMs, series, from + i),
        isStale: false,
      })),
      histograms: [],
      exemplars: [],
      metadata: NO_METADATA,
    });
    let batch: WrittenSeries[] = [];
    for (const each of allSeries(chunk)) {
      batch.push(each);
      if (batch.length < SERIES_AT_ONCE) continue;
      await writeSamples(url, batch);
      batch = [];
    }
    if (batch.length > 0) await writeSamples(url, batch);
  }
  return (performance.now() - beginMs) / 1000;
}

function* allSeries(
  chunk: (labels: readonly [string, string][], series: number, valueAt: (step: number) => number) => WrittenSeries,
): Generator<WrittenSeries> {
  for (const metric of [REQUESTS, ERRORS])
    for (let series = 0; series < metric.count; series++)
      yield chunk([['__name__', metric.name], ...labelsOf(metric, series)], series, (step) =>
        counterValue(series, step),
      );
  for (let series = 0; series < DURATIONS.count; series++) {
    const own = labelsOf(DURATIONS, series);
    const upTo = (bucket: number, step: number): number => {
      let total = 0;
      for (let each = 0; each <= bucket; each++) total += bucketCount(series, each, step);
      return total;
    };
    const last = HISTOGRAM_BOUNDS.length;
    for (let bucket = 0; bucket <= last; bucket++) {
      const le: [string, string] = ['le', bucket === last ? '+Inf' : String(HISTOGRAM_BOUNDS[bucket])];
      const labels: [string, string][] = [
        ['__name__', `${DURATIONS.name}_bucket`],
        ...own.slice(0, 2),
        le,
        ...own.slice(2),
      ];
      yield chunk(labels, series, (step) => upTo(bucket, step));
    }
    yield chunk([['__name__', `${DURATIONS.name}_count`], ...own], series, (step) => upTo(last, step));
    yield chunk([['__name__', `${DURATIONS.name}_sum`], ...own], series, (step) => step * (1 + (series % 5)) * 0.5);
  }
}
