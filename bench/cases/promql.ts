import { freePort } from '#base/testing.ts';
import { type RunningSignalbox, residentBytes, startSignalbox } from '../../test/lib/signalbox.ts';
import { cpuSeconds, sleep } from '../lib/processes.ts';
import { type RunningPrometheus, startPrometheus } from '../lib/prometheus.ts';
import { counterValue, HISTOGRAM_BOUNDS, INTERVAL_MS, loadPrometheus, loadStore, SHAPE } from '../lib/promql-load.ts';
import { type BenchCase, type CaseResult, mebibytes, type Row, short } from '../lib/report.ts';

/**
 * Queries in PromQL beside a real Prometheus on the same samples in the same run: 10,000 counters, 200 more, and 100 histograms, every 15 s.
 *
 *   BENCH_PROMQL_HOURS=n        default 6: 14.4 M samples of the counters
 *   BENCH_PROMETHEUS=program    instead of building it
 *
 * Samples get into our store by INSERT … SELECT, an hour of all series at a time, and into Prometheus by remote write over one connection.
 */
const HOURS = Number(process.env.BENCH_PROMQL_HOURS ?? 6);
const HEAVY_REPEATS = 3;
const LIGHT_REPEATS = 40;
const MAX_RATIO = 0.5;
const MAX_LIGHT_MS = 20;

interface Question {
  readonly name: string;
  readonly path: string;
  readonly form: Readonly<Record<string, string>>;
  readonly isLight: boolean;
}

function questions(startMs: number, endMs: number): Question[] {
  const range = (
    name: string,
    query: string,
    { fromMs = startMs + 3_600_000, step = 60, isLight = false } = {},
  ): Question => ({
    name,
    path: '/api/v1/query_range',
    form: { query, start: String(fromMs / 1000), end: String(endMs / 1000), step: String(step) },
    isLight,
  });
  const instant = (name: string, query: string): Question => ({
    name,
    path: '/api/v1/query',
    form: { query, time: String(endMs / 1000) },
    isLight: true,
  });
  const times = { start: String(startMs / 1000), end: String(endMs / 1000) };
  const one = 'bench_requests_total{service="s1",instance="i1",route="r1"}';
  return [
    range('sum by rate', 'sum by (service) (rate(bench_requests_total[5m]))'),
    range(
      'histogram_quantile',
      'histogram_quantile(0.95, sum by (le, service) (rate(bench_duration_seconds_bucket[5m])))',
    ),
    range('topk', 'topk(5, rate(bench_requests_total[5m]))'),
    range(
      'a / b with on()',
      'sum by (service, instance) (rate(bench_errors_total[5m])) / on (service, instance) sum by (service, instance) (rate(bench_requests_total[5m]))',
    ),
    range('max_over_time[1h]', 'max by (service) (max_over_time(bench_requests_total[1h]))'),
    range('subquery', 'max_over_time(sum(rate(bench_requests_total[5m]))[30m:1m])'),
    range('one series, 1 h', `rate(${one}[5m])`, { fromMs: endMs - 3_600_000, step: 15, isLight: true }),
    instant('instant, 10 series', 'bench_requests_total{service="s1",route="r1",instance=~"i[0-9]"}'),
    instant('instant, 1,000 series', 'bench_requests_total{service=~"s[1-2]"}'),
    { name: 'labels', path: '/api/v1/labels', form: times, isLight: true },
    { name: 'label values', path: '/api/v1/label/service/values', form: times, isLight: true },
    {
      name: 'series of a selector',
      path: '/api/v1/series',
      form: { ...times, 'match[]': 'bench_requests_total{service="s1",instance="i1"}' },
      isLight: true,
    },
  ];
}

interface Side {
  readonly name: 'signalbox' | 'prometheus';
  readonly url: string;
  readonly pids: readonly number[];
}

interface Timing {
  readonly coldMs: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly cpuMs: number;
  /** The most that its processes had in use, all together. */
  readonly peakBytes: number;
  readonly answer: string;
}

async function ask(side: Side, { path, form }: Question): Promise<string> {
  const url = new URL(side.url + path);
  for (const [name, value] of Object.entries(form)) url.searchParams.set(name, value);
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok)
    throw new Error(`${side.name}: ${path} ${form.query ?? ''}: ${response.status} ${text.slice(0, 500)}`);
  return text;
}

async function measure(side: Side, question: Question): Promise<Timing> {
  const used = (): number => side.pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
  let peakBytes = used();
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, used());
  }, 20);
  const timed = async (): Promise<readonly [number, string]> => {
    const beginMs = performance.now();
    const answer = await ask(side, question);
    return [performance.now() - beginMs, answer];
  };
  try {
    const [coldMs, answer] = await timed();
    const cpu = (): number => side.pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
    const before = cpu();
    const times: number[] = [];
    const repeats = question.isLight ? LIGHT_REPEATS : HEAVY_REPEATS;
    for (let i = 0; i < repeats; i++) times.push((await timed())[0]);
    const cpuMs = ((cpu() - before) / repeats) * 1000;
    times.sort((a, b) => a - b);
    return {
      coldMs,
      medianMs: times[times.length >> 1]!,
      p95Ms: times[Math.min(times.length - 1, Math.floor(times.length * 0.95))]!,
      cpuMs,
      peakBytes,
      answer,
    };
  } finally {
    clearInterval(watch);
  }
}

/** The largest relative difference of two answers' values; throws where their series or steps differ. */
function difference(question: Question, ours: string, theirs: string): number {
  const a = question.name === 'topk' ? ranksOf(ours) : pointsOf(ours);
  const b = question.name === 'topk' ? ranksOf(theirs) : pointsOf(theirs);
  const fail = (what: string): never => {
    throw new Error(`${question.name}: the answers differ: ${what}`);
  };
  if (a.size !== b.size) fail(`${a.size} and ${b.size} points`);
  let most = 0;
  for (const [place, value] of b) {
    const own = a.get(place);
    if (own === undefined) fail(`${place} is not there`);
    else if (own !== value) most = Math.max(most, Math.abs(own - value) / Math.max(Math.abs(own), Math.abs(value)));
  }
  return most;
}

type Item = {
  readonly metric?: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
};

function pointsOf(text: string): Map<string, number> {
  const { data } = JSON.parse(text) as { readonly data: { readonly result: readonly Item[] } | readonly unknown[] };
  const points = new Map<string, number>();
  if (!('result' in data)) {
    for (const each of data) points.set(JSON.stringify(sorted(each)), 1);
    return points;
  }
  for (const { metric = {}, value, values = value === undefined ? [] : [value] } of data.result)
    for (const [time, number] of values) points.set(`${JSON.stringify(sorted(metric))} ${time}`, Number(number));
  return points;
}

/** Of equal ones each may take another: what counts is which values come at a time. */
function ranksOf(text: string): Map<string, number> {
  const byTime = new Map<string, number[]>();
  for (const [place, value] of pointsOf(text)) {
    const time = place.slice(place.lastIndexOf(' '));
    byTime.set(time, [...(byTime.get(time) ?? []), value]);
  }
  const ranks = new Map<string, number>();
  for (const [time, values] of byTime)
    for (const [rank, value] of values.sort((x, y) => y - x).entries()) ranks.set(`${rank} ${time}`, value);
  return ranks;
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1));
}

export const promqlCase: BenchCase = {
  name: 'promql',
  async run(): Promise<CaseResult> {
    const signalbox = await startSignalbox();
    const prometheus = await startPrometheus(await freePort());
    try {
      return await compared(signalbox, prometheus);
    } finally {
      await prometheus.stop();
      await signalbox.stop();
    }
  },
};

async function compared(signalbox: RunningSignalbox, prometheus: RunningPrometheus): Promise<CaseResult> {
  const endMs = Math.floor(Date.now() / 60_000) * 60_000;
  const startMs = endMs - HOURS * 3_600_000;
  const samples = (HOURS * 3_600_000) / INTERVAL_MS;
  console.error(`bench: promql: ${short(SHAPE.requests * samples)} samples of counters into both …`);
  const loads = {
    storeSeconds: await loadStore(signalbox, startMs, endMs),
    prometheusSeconds: await loadPrometheus(prometheus, startMs, endMs),
  };
  await sleep(5000);
  const ours: Side = {
    name: 'signalbox',
    url: `${signalbox.consoleUrl}/prometheus`,
    pids: [signalbox.pidOf('engine')!, signalbox.pidOf('server')!],
  };
  const theirs: Side = { name: 'prometheus', url: prometheus.url, pids: [prometheus.pid] };
  const rows: Row[] = [];
  const raw: object[] = [];
  for (const question of questions(startMs, endMs)) {
    console.error(`bench: promql: ${question.name} …`);
    const peer = await measure(theirs, question);
    const own = await measure(ours, question);
    const largestDifference = difference(question, own.answer, peer.answer);
    raw.push({
      ...question,
      largestDifference,
      signalbox: { ...own, answer: undefined },
      prometheus: { ...peer, answer: undefined },
    });
    rows.push(rowOf(question, own, peer, largestDifference));
  }
  return {
    raw: {
      hours: HOURS,
      shape: SHAPE,
      bounds: HISTOGRAM_BOUNDS,
      firstValue: counterValue(1, 1),
      loads,
      questions: raw,
    },
    rows,
  };
}

function rowOf(question: Question, own: Timing, peer: Timing, largestDifference: number): Row {
  const ms = (value: number): string => `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`;
  const ratio = own.medianMs / peer.medianMs;
  const isMet = question.isLight
    ? own.p95Ms <= MAX_LIGHT_MS
    : ratio <= MAX_RATIO && own.peakBytes <= peer.peakBytes && largestDifference < 1e-9;
  const shown = ({ coldMs, medianMs, p95Ms, cpuMs, peakBytes }: Timing): string =>
    question.isLight
      ? `p95 ${ms(p95Ms)}, median ${ms(medianMs)}, cold ${ms(coldMs)}`
      : `${ms(medianMs)}, cold ${ms(coldMs)}, CPU ${ms(cpuMs)}, ${mebibytes(peakBytes)}`;
  return {
    what: `PromQL: ${question.name}`,
    goal: question.isLight ? `≤ ${MAX_LIGHT_MS} ms p95` : `≤ ${MAX_RATIO}x, memory ≤`,
    measured: `${shown(own)}${question.isLight ? '' : `; ${ratio.toFixed(2)}x`}`,
    peer: `Prometheus ${shown(peer)}`,
    met: isMet,
  };
}
