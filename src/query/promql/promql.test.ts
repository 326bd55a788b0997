import { expect, it } from 'vitest';
import { ALL_OF_PROMQL, parsePromql } from '#lang/promql';
import { MemorySource } from '../../../test/conformance/promql/memory-source.ts';
import { runScript } from '../../../test/conformance/promql/script.ts';
import { DEFAULT_OPTIONS, type EngineOptions, Labels, queryInstant, queryRange, SamplePool } from './index.ts';

/** Scripts of our own, which are there everywhere: what a user of dashboards and alerts sees first. */
const SCRIPT = `
load 15s
  requests_total{job="api", code="200"} 0+15x40
  requests_total{job="api", code="500"} 0+1x20 0+1x19
  requests_total{job="web", code="200"} 0+30x40
  up{job="api"} 1x40
  up{job="web"} 1x10 stale _x10 0x18
  latency_bucket{job="api", le="0.1"} 0+5x40
  latency_bucket{job="api", le="1"} 0+9x40
  latency_bucket{job="api", le="+Inf"} 0+10x40
  sizes{job="api"} {{schema:0 sum:5 count:4 buckets:[1 2 1]}}+{{schema:0 sum:5 count:4 buckets:[1 2 1]}}x40

eval instant at 10m sum by (job) (rate(requests_total{code="200"}[5m]))
  {job="api"} 1
  {job="web"} 2

# Across a reset.
eval instant at 10m increase(requests_total{code="500"}[5m])
  {job="api", code="500"} 19

eval instant at 10m sum(rate(requests_total{job="api",code="500"}[1m])) / sum(rate(requests_total{job="api"}[1m]))
  {} 0.0625

eval instant at 10m histogram_quantile(0.5, rate(latency_bucket[5m]))
  {job="api"} 0.1

eval instant at 10m histogram_quantile(0.5, rate(sizes[5m]))
  {job="api"} 1.4142135623730951

eval instant at 10m histogram_count(increase(sizes[5m]))
  {job="api"} 80

# Stale from 2m45s on, and back from 5m30s on.
eval range from 2m to 6m step 1m up
  up{job="api"} 1 1 1 1 1
  up{job="web"} 1 _ _ _ 0

eval instant at 10m up == 0
  up{job="web"} 0

eval instant at 10m requests_total{code="200"} * on (job) group_left () up
  {job="api", code="200"} 600
  {job="web", code="200"} 0

eval instant at 10m topk(1, requests_total)
  expect ordered
  requests_total{job="web", code="200"} 1200

eval instant at 10m max_over_time(sum(rate(requests_total{code="200"}[1m]))[5m:1m])
  {} 3

eval instant at 10m absent(nothing{job="api"})
  {job="api"} 1

eval instant at 10m label_replace(up, "service", "$1-service", "job", "(a.*)")
  up{job="api", service="api-service"} 1
  up{job="web"} 0

eval instant at 10m requests_total{job="api"} / on (job) requests_total{job="api"}
  expect fail regex: found duplicate series for the match group .* on the right hand-side

eval instant at 10m rate(up[5m])
  expect info regex: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "up" \\(1:6\\)
  {job="api"} 0
  {job="web"} 0

eval instant at 10m quantile_over_time(2, up[5m])
  expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 2 (1:20)
  {job="api"} Inf
  {job="web"} Inf
`;

it('answers what dashboards and alerts ask', async () => {
  const outcomes = await runScript(SCRIPT);
  expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
  expect(outcomes).toHaveLength(SCRIPT.match(/^eval/gm)!.length);
});

it('finds what a script expects wrongly', async () => {
  const [wrongValue, wrongLabel, noFailure] = await runScript(`
load 1m
  x{a="1"} 1 2 3

eval instant at 1m x
  x{a="1"} 3

eval instant at 1m x
  x{a="2"} 2

eval instant at 1m x
  expect fail
`);
  expect(wrongValue?.error).toContain('is 2 instead of 3');
  expect(wrongLabel?.error).toContain('lacks');
  expect(noFailure?.error).toBe('did not fail');
});

const source = new MemorySource();
for (let i = 0; i < 100; i++)
  source.add(
    Labels.of([
      ['__name__', 'x'],
      ['i', String(i)],
    ]),
    60_000,
    { kind: 'float', value: i },
  );

function query(
  text: string,
  options: Partial<EngineOptions> = {},
  signal?: AbortSignal,
): Parameters<typeof queryInstant>[0] {
  return {
    expr: parsePromql(text, ALL_OF_PROMQL),
    source,
    options: { ...DEFAULT_OPTIONS, ...options },
    ...(signal && { signal }),
  };
}

it('stops where a query takes more samples than it may', async () => {
  await expect(queryInstant(query('x', { maxSamples: 10 }), 60_000)).rejects.toThrow('too many samples');
});

it('says which limit it was, and how to stay below it; what all queries may hold together is one', async () => {
  await expect(queryInstant(query('x', { maxSamples: 10 }), 60_000)).rejects.toThrow(
    /: 10 at a time are allowed; a shorter range, a longer step or fewer series/,
  );
  const pool = new SamplePool(250);
  // A query holds 100 samples and makes as many values.
  expect(await queryInstant(query('x', { pool }), 60_000)).toMatchObject({ samples: 200 });
  expect(pool.held).toBe(0);
  pool.held = 100;
  await expect(queryInstant(query('x', { pool }), 60_000)).rejects.toThrow(/all queries that run may hold 250/);
  expect(pool.held).toBe(100);
});

it('stops where it is cancelled', async () => {
  const reason = new Error('the client is gone');
  await expect(queryInstant(query('sum(x)', {}, AbortSignal.abort(reason)), 60_000)).rejects.toBe(reason);
});

it('sorts the series of a range by their labels', async () => {
  const answer = await queryRange(query('x'), { startMs: 60_000, endMs: 120_000, stepMs: 60_000 });
  if (answer.type !== 'matrix') throw new Error(answer.type);
  const values = answer.series.map(({ labels }) => labels.get('i'));
  expect(values).toEqual([...values].sort());
  expect(values).toHaveLength(100);
});

it('refuses a range of ranges', async () => {
  const times = { startMs: 0, endMs: 60_000, stepMs: 60_000 };
  await expect(queryRange(query('x[5m]'), times)).rejects.toThrow(
    'invalid expression type "range vector" for range query',
  );
});

it('counts what an operation makes before it has made it', async () => {
  const times = { startMs: 0, endMs: 6_000_000, stepMs: 1000 };
  const many = query('count_values("v", time() * x)', { maxSamples: 5_000_000 });
  await expect(queryRange(many, times)).rejects.toThrow('too many samples');
});

it('lets others run in the middle of a function over long ranges', async () => {
  let turns = 0;
  let isRunning = true;
  const turn = (): void => {
    turns++;
    if (isRunning) setImmediate(turn);
  };
  setImmediate(turn);
  // 11 windows of 300,000 samples each.
  const times = { startMs: 0, endMs: 300_000, stepMs: 30_000 };
  await queryRange(query('quantile_over_time(0.5, vector(1)[3000s:10ms])'), times);
  isRunning = false;
  // Between functions alone there would be two; how many more depends on how fast the machine is.
  expect(turns).toBeGreaterThan(3);
});
