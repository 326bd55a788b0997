import { describe, expect, test } from 'vitest';
import { describeProblem, referencesIn } from '#dashboards';
import { parsePromql, promType } from '#lang/promql';
import { DEFAULT_OPTIONS, type PromqlAnswer, queryInstant, queryRange } from '#query/promql.ts';
import { Synthesizer } from '../../../src/dashboards/testing/index.ts';
import {
  type PublicQuery,
  publicFiles,
  queriesOf,
  readPublic,
  readPublicDashboard,
  rulesOf,
  TIME,
} from './read-public.ts';
import { SyntheticSource } from './synthetic-source.ts';

const DASHBOARDS = publicFiles('dashboards/**/*.json');
const RULES = publicFiles('rules/**/*.{yml,yaml}');

/** What finds nothing on synthesized series, and why. */
const EMPTY: Readonly<Record<string, string>> = {
  'docker-otel-lgtm/jvm-metrics.json: 51 A':
    'fails, since two of the names that it looks for are there for other panels',
  'opentelemetry-demo/linux-dashboard.json: $host_count': 'names a variable that the dashboard does not have',
  'opentelemetry-demo/postgresql-dashboard.json: 2 buffers_backend': 'the same',
  'opentelemetry-demo/postgresql-dashboard.json: 2 buffers_clean': 'the same',
};

function faultOf(expr: string): string | undefined {
  try {
    parsePromql(expr);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('public dashboards', () => {
  test('all are there', () => {
    expect(DASHBOARDS.length).toBeGreaterThanOrEqual(40);
  });

  test.each(DASHBOARDS)('%s is read whole, and what it asks is PromQL', async (file) => {
    expect(readPublicDashboard(file).problems.map(describeProblem)).toEqual([]);
    const { queries } = await queriesOf(file);
    const faults = queries.flatMap(({ place, expr }) => {
      const fault = faultOf(expr);
      return fault === undefined ? [] : [{ place, expr, fault }];
    });
    expect(faults).toEqual([]);
  });
});

test('every expression of public rules is PromQL', () => {
  const rules = RULES.flatMap(rulesOf);
  expect(rules.length).toBeGreaterThan(1000);
  expect(rules.flatMap(({ place, expr }) => faultOf(expr) ?? []).filter((fault) => fault !== '')).toEqual([]);
});

/** Expressions of the mixins that nothing can read: what made them forgot to fill them in. */
const BROKEN = new Set(['rate(ceph_rgw_sync_delta_sync_delta{%(matchers)s}[$__rate_interval])']);

test('every expression of the mixins is PromQL or LogQL', () => {
  const lines = readPublic('mixins.jsonl').trim().split('\n');
  const faults = lines.flatMap((line) => {
    const { expr } = JSON.parse(line) as { expr: string };
    const fault = IS_LOGQL.test(expr) ? undefined : faultOf(filled(expr));
    return fault === undefined ? [] : [{ expr, fault }];
  });
  expect(lines.length).toBeGreaterThan(4000);
  expect(faults.filter(({ expr }) => !BROKEN.has(expr))).toEqual([]);
});

const IS_LOGQL = /\|[=~]|\| *(json|logfmt|pattern|unwrap|line_format)|bytes_over_time/;
/** What a variable is, by what stands before it. */
const MEANT: readonly (readonly [before: RegExp, value: string])[] = [
  [/(\[|:|offset -?)\s*$/, '5m'],
  [/((topk|bottomk|quantile)\s*(by\s*\([^)]*\))?\s*\(|[<>*/+-]|[^!]=)\s*$/, '1'],
  [/\}\s+$/, 'or'],
];

/** An expression with something in place of its variables and macros that fits there. */
function filled(expr: string): string {
  let result = '';
  let at = 0;
  for (const { start, end } of referencesIn(expr)) {
    result += expr.slice(at, start);
    result += MEANT.find(([before]) => before.test(result))?.[1] ?? 'v';
    at = end;
  }
  return result + expr.slice(at);
}

async function run({ query, expr }: PublicQuery, source: SyntheticSource): Promise<PromqlAnswer> {
  const asked = { expr: parsePromql(expr), source, options: DEFAULT_OPTIONS };
  const isRange = query !== undefined && !query.isInstant && promType(asked.expr) !== 'string';
  if (!isRange) return queryInstant(asked, TIME.toMs);
  return queryRange(asked, { startMs: TIME.toMs - 600_000, endMs: TIME.toMs, stepMs: 60_000 });
}

function isEmpty(answer: PromqlAnswer): boolean {
  return 'series' in answer && answer.series.length === 0;
}

describe('on synthesized series', () => {
  test.each(DASHBOARDS)('%s answers', async (file) => {
    const { queries } = await queriesOf(file);
    const synthesizer = new Synthesizer();
    for (const { expr, label } of queries) {
      if (label === undefined) synthesizer.add(parsePromql(expr));
      else synthesizer.addLabel(parsePromql(expr), label);
    }
    const source = new SyntheticSource(synthesizer.series(), TIME.fromMs, 15_000);
    const empty: string[] = [];
    for (const query of queries) {
      if (query.place in EMPTY) continue;
      if (isEmpty(await run(query, source))) empty.push(query.place);
    }
    expect(empty).toEqual([]);
    expect(queries.length).toBeGreaterThan(file.endsWith('events-by-name.json') ? -1 : 0);
  });

  test.each(publicFiles('rules/{kube-prometheus/*,awesome-prometheus-alerts/{opentelemetry-collector,host}*}'))(
    '%s is evaluated',
    async (file) => {
      const rules = rulesOf(file);
      const synthesizer = new Synthesizer();
      for (const { expr } of rules) synthesizer.add(parsePromql(expr));
      const source = new SyntheticSource(synthesizer.series(), TIME.fromMs, 15_000);
      let firing = 0;
      for (const rule of rules) if (!isEmpty(await run(rule, source))) firing++;
      // Alerts that compare a ratio, or ask for what is absent, find nothing.
      expect(firing / rules.length).toBeGreaterThan(0.2);
    },
  );
});
