/** The Prometheus API of the mock: the server's own engine over made-up counters, gauges and histograms. */
import { type LabelMatcher, matcherTest, PromqlError, parseMetricSelector, parsePromql } from '#lang/promql';
import { METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_SUM, prometheusLabelName, prometheusMetricName } from '#pdata';
import {
  DEFAULT_OPTIONS,
  FLOAT,
  type Grid,
  Labels,
  type PromqlAnswer,
  PromqlExecutionError,
  queryInstant,
  queryRange,
  type SampleSource,
  type Selection,
  type StoredSeries,
  timeAt,
} from '#query/promql.ts';
import { METRICS, type MockMetric } from './metrics-api.ts';
import { createRandom } from './random.ts';

const SCRAPE_MS = 15_000;
/** Counters began then. */
const EPOCH_S = 1_780_000_000;
const BOUNDS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Number.POSITIVE_INFINITY];
const MAX_COMBINATIONS = 60;

interface MockSeries {
  readonly labels: Labels;
  readonly at: (seconds: number) => number;
}

interface MockName {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly unit: string;
  readonly series: readonly MockSeries[];
}

/** A rate that goes up and down by a quarter, and its integral. */
function wave(base: number, phase: number) {
  return {
    rate: (seconds: number) => base * (1 + 0.25 * Math.sin(seconds / 900 + phase)),
    sum: (seconds: number) =>
      base * (seconds - EPOCH_S - 0.25 * 900 * (Math.cos(seconds / 900 + phase) - Math.cos(EPOCH_S / 900 + phase))),
  };
}

function labelSets({ labels }: MockMetric): readonly (readonly (readonly [string, string])[])[] {
  let rows: (readonly [string, string])[][] = [[]];
  for (const [key, values] of Object.entries(labels))
    rows = rows.flatMap((row) => values.map((value) => [...row, [prometheusLabelName(key), value] as const]));
  return rows.slice(0, MAX_COMBINATIONS).map((row) => {
    const service = row.find(([name]) => name === 'service_name')?.[1] ?? 'node';
    return [...row, ['job', service] as const, ['instance', `${service}-0`] as const];
  });
}

function namesOf(metric: MockMetric): readonly MockName[] {
  const { type, unit, monotonic, description: help, base } = metric;
  const isHistogram = type === 'histogram' || type === 'exponential_histogram';
  const stored = isHistogram ? METRIC_HISTOGRAM : type === 'sum' ? METRIC_SUM : METRIC_GAUGE;
  const name = prometheusMetricName(metric.name, unit, stored, monotonic);
  const about = { help, unit: unit === 's' ? 'seconds' : unit === 'By' ? 'bytes' : '' };
  const sets = labelSets(metric).map((pairs, i) => {
    const random = createRandom(i * 977 + name.length * 31);
    return { pairs, level: 0.5 + random.next() * 1.4, phase: random.next() * 6 };
  });
  const series = (
    suffix: string,
    make: (set: (typeof sets)[number]) => MockSeries['at'],
    more: readonly (readonly [string, string])[] = [],
  ) =>
    sets.map((set) => ({
      labels: Labels.of([['__name__', `${name}${suffix}`], ...set.pairs, ...more]),
      at: make(set),
    }));
  if (!isHistogram) {
    const isCounter = type === 'sum' && monotonic;
    return [
      {
        name,
        type: isCounter ? 'counter' : 'gauge',
        ...about,
        series: series('', ({ level, phase }) =>
          isCounter ? wave(base * level, phase).sum : wave(base * level, phase).rate,
        ),
      },
    ];
  }
  const share = (bound: number, level: number): number =>
    Number.isFinite(bound) ? 1 / (1 + (bound / (base * level)) ** -2.2) : 1;
  const counted = { type: 'histogram', ...about };
  return [
    {
      name: `${name}_bucket`,
      ...counted,
      series: BOUNDS.flatMap((bound) =>
        series(
          '_bucket',
          ({ level, phase }) =>
            (at) =>
              wave(3, phase).sum(at) * share(bound, level),
          [['le', Number.isFinite(bound) ? String(bound) : '+Inf']],
        ),
      ),
    },
    { name: `${name}_count`, ...counted, series: series('_count', ({ phase }) => wave(3, phase).sum) },
    {
      name: `${name}_sum`,
      ...counted,
      series: series(
        '_sum',
        ({ level, phase }) =>
          (at) =>
            wave(3, phase).sum(at) * base * level,
      ),
    },
  ];
}

const NAMES: readonly MockName[] = METRICS.flatMap(namesOf);
const ALL_SERIES: readonly MockSeries[] = NAMES.flatMap(({ series }) => series);

/** What rules wrote of their alerts: one fires for five of ten minutes. No list of metrics has them. */
const ALERT_SERIES: readonly MockSeries[] = (['pending', 'firing'] as const).map((alertstate) => ({
  labels: Labels.of([
    ...([
      ['__name__', 'ALERTS'],
      ['alertname', 'HighErrorRate'],
      ['alertstate', alertstate],
    ] as const),
    ...([
      ['service_name', 'payments'],
      ['severity', 'page'],
    ] as const),
  ]),
  at: (seconds) => {
    const minute = (seconds / 60) % 10;
    return (alertstate === 'pending' ? minute <= 2 : minute > 2 && minute < 7) ? 1 : Number.NaN;
  },
}));

function matching(matchers: readonly LabelMatcher[]): readonly MockSeries[] {
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
  return [...ALL_SERIES, ...ALERT_SERIES].filter(({ labels }) =>
    tests.every(({ name, test }) => test(labels.get(name))),
  );
}

class MockSource implements SampleSource {
  async select({ matchers, fromMs, toMs }: Selection): Promise<readonly StoredSeries[]> {
    const firstMs = (Math.floor(fromMs / SCRAPE_MS) + 1) * SCRAPE_MS;
    const count = Math.max(0, Math.floor((Math.min(toMs, Date.now()) - firstMs) / SCRAPE_MS) + 1);
    const timesMs = Float64Array.from({ length: count }, (_, i) => firstMs + i * SCRAPE_MS);
    return matching(matchers).map(({ labels, at }) => ({
      labels,
      floats: present(timesMs, at),
      histograms: undefined,
      staleMs: undefined,
    }));
  }
}

/** Samples at the times at which there is a value. */
function present(timesMs: Float64Array<ArrayBuffer>, at: MockSeries['at']) {
  const own = timesMs.filter((ms) => !Number.isNaN(at(ms / 1000)));
  return { timesMs: own, values: own.map((ms) => at(ms / 1000)), startsMs: undefined };
}

interface MockAnswer {
  readonly status: number;
  readonly body: object;
}

type Traces = readonly { traceId: string; spanId: string; startMs: number; seconds: number }[];

/** `path` is below /api/v1. */
export async function prometheus(
  path: string,
  params: URLSearchParams,
  traces: (fromMs: number, toMs: number) => Traces,
): Promise<MockAnswer> {
  try {
    return { status: 200, body: { status: 'success', ...(await answerOf(path, params, traces)) } };
  } catch (error) {
    if (error instanceof PromqlError) return failed(400, 'bad_data', `invalid parameter "query": ${error.message}`);
    if (error instanceof PromqlExecutionError) return failed(422, 'execution', error.message);
    throw error;
  }
}

export function failed(status: number, errorType: string, error: string): MockAnswer {
  return { status, body: { status: 'error', errorType, error } };
}

async function answerOf(
  path: string,
  params: URLSearchParams,
  traces: (fromMs: number, toMs: number) => Traces,
): Promise<object> {
  const ms = (name: string): number => Number(params.get(name)) * 1000;
  const text = params.get('query') ?? '';
  const selectors = params.getAll('match[]').map((selector) => parseMetricSelector(selector).matchers);
  const selected = selectors.length === 0 ? ALL_SERIES : selectors.flatMap(matching);
  if (path === '/query' || path === '/query_range') {
    const query = { expr: parsePromql(text), source: new MockSource(), options: DEFAULT_OPTIONS };
    const answer =
      path === '/query'
        ? await queryInstant(query, ms('time'))
        : await queryRange(query, { startMs: ms('start'), endMs: ms('end'), stepMs: ms('step') });
    const notes = {
      warnings: answer.annotations.texts('warning', text),
      infos: answer.annotations.texts('info', text),
    };
    return { data: dataOf(answer), ...notes, ...(params.get('explain') === '1' && { explain: explained(text) }) };
  }
  if (path === '/query_exemplars') {
    const isOfTraces = /http_server_request_duration/.test(text);
    const exemplars = (isOfTraces ? traces(ms('start'), ms('end')) : []).map(
      ({ traceId, spanId, startMs, seconds }) => ({
        labels: { trace_id: traceId, span_id: spanId },
        value: String(seconds),
        timestamp: startMs / 1000,
      }),
    );
    return { data: exemplars.length === 0 ? [] : [{ seriesLabels: { service_name: 'web-gateway' }, exemplars }] };
  }
  if (path === '/metadata')
    return { data: Object.fromEntries(NAMES.map(({ name, type, help, unit }) => [name, [{ type, help, unit }]])) };
  if (path === '/labels') return { data: sorted(selected.flatMap(({ labels }) => labels.pairs.map(([name]) => name))) };
  const label = /^\/label\/([^/]+)\/values$/.exec(path)?.[1];
  if (label !== undefined) return { data: sorted(selected.map(({ labels }) => labels.get(label)).filter(Boolean)) };
  return { data: {} };
}

/** A plan like that of the server: a selector below a range function. The figures are made up. */
function explained(expr: string): object {
  const selector = /[a-z_]+(?:\{[^}]*\})?\[[^\]]+\]/.exec(expr)?.[0] ?? 'up';
  const leaf = {
    expr: selector,
    how: [],
    ms: 9.4,
    series: 60,
    values: 3600,
    samples: 216_000,
    statements: [0, 1],
    nodes: [],
  };
  const how = ['ClickHouse finds the windows: the function is exact there, and 216,000 samples stay where they are'];
  const rate = {
    expr: `rate(${selector})`,
    how,
    ms: 14.2,
    series: 60,
    values: 3600,
    samples: 0,
    statements: [],
    nodes: [leaf],
  };
  const plan = { expr, how: [], ms: 15.1, series: 5, values: 300, samples: 0, statements: [], nodes: [rate] };
  const statement = (sql: string, rowsRead: number) => ({
    sql,
    parameters: { p0: 'x' },
    limits: {},
    rowsRead,
    bytesRead: rowsRead * 8,
    storeMs: 4.2,
    estimatedRows: rowsRead,
  });
  return {
    plan,
    statements: [
      statement('SELECT series_id, labels\nFROM metric_series\nWHERE name = {p0:String}', 480),
      statement(
        'SELECT series_id, groupArray(value)\nFROM metric_points\nWHERE name = {p0:String}\nGROUP BY series_id',
        216_000,
      ),
    ],
    totalMs: 16.3,
    storeMs: 8.4,
    rowsRead: 216_480,
    bytesRead: 1_731_840,
    samples: 216_000,
    peakSamples: 216_000,
  };
}

function sorted(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}

function dataOf(answer: PromqlAnswer): object {
  switch (answer.type) {
    case 'string':
      return { resultType: 'string', result: [answer.timeMs / 1000, answer.text] };
    case 'samples':
      return { resultType: 'matrix', result: [] };
    case 'scalar':
      return { resultType: 'scalar', result: pointsOf(answer.series[0]!, answer.grid)[0] };
    case 'vector':
      return {
        resultType: 'vector',
        result: answer.series.map((series) => ({
          metric: metricOf(series.labels),
          value: pointsOf(series, answer.grid)[0],
        })),
      };
    case 'matrix':
      return {
        resultType: 'matrix',
        result: answer.series.map((series) => ({
          metric: metricOf(series.labels),
          values: pointsOf(series, answer.grid),
        })),
      };
  }
}

function metricOf({ pairs }: Labels): object {
  return Object.fromEntries(pairs);
}

function pointsOf({ kinds, floats }: { readonly kinds: Uint8Array; readonly floats: Float64Array }, grid: Grid) {
  return [...kinds].flatMap((kind, step) =>
    kind === FLOAT ? [[timeAt(grid, step) / 1000, String(floats[step])]] : [],
  );
}
