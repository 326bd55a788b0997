import { describe, expect, test } from 'vitest';
import { type LabelMatcher, parsePromql, printPromql } from '#lang/promql';
import { DEFAULT_OPTIONS, Labels, MemorySource, queryInstant, type SampleSource } from '#query/promql.ts';
import { ScanPlan } from './shared-scan.ts';

const TIME_MS = 1_700_000_000_000;
const VALUES = { service: ['a', 'b', 'c', 'd.x', 'dyx'], route: ['r', 's', 't'], code: ['200', '500'] };

function samples(): MemorySource {
  const source = new MemorySource();
  let value = 0;
  for (const service of VALUES.service)
    for (const route of VALUES.route)
      for (const code of VALUES.code)
        for (const name of ['calls_total', 'other_total'])
          for (const ago of [240, 180, 120, 60, 0])
            source.add(
              Labels.of(Object.entries({ __name__: name, service, route, code, instance: `i${value % 3}` })),
              TIME_MS - ago * 1000,
              { kind: 'float', value: (value++ * 7) % 1013 },
            );
  return source;
}

/** What is asked of a source, as it would be written. */
function watched(source: SampleSource, asked: string[]): SampleSource {
  return {
    select: (selection) => {
      const text = selection.matchers.map(({ name, operator, value }: LabelMatcher) => `${name}${operator}${value}`);
      asked.push(text.sort().join(' '));
      return source.select(selection);
    },
  };
}

async function answers(queries: readonly string[], recorded: readonly string[] = []) {
  const source = samples();
  const exprs = queries.map((query) => parsePromql(query));
  const asked: string[] = [];
  const over = new ScanPlan(exprs, new Set(recorded)).over(() => watched(source, asked));
  const { signal } = new AbortController();
  for (const expr of exprs) {
    const ask = (from: SampleSource) =>
      queryInstant({ expr, source: from, options: DEFAULT_OPTIONS, signal }, TIME_MS).then((answer) => {
        if (answer.type !== 'vector') throw new Error(answer.type);
        return answer.series.map(({ labels, floats }) => `${labels} ${floats[0]}`).sort();
      });
    const together = await ask(over(signal, expr));
    expect(together, printPromql(expr)).toEqual(await ask(source));
  }
  return asked;
}

describe('selectors of a group', () => {
  test('that differ in values are read once, and each rule has its own', async () => {
    expect(
      await answers([
        'rate(calls_total{service="a"}[5m])',
        'rate(calls_total{service=~"b|c"}[5m]) > 0',
        'sum(calls_total{service="d.x"})',
      ]),
    ).toEqual(['__name__=calls_total service=~a|b|c|d\\.x']);
  });

  test('that are the same are read once, whatever the order of their matchers', async () => {
    expect(
      await answers(['calls_total{service="a",code!="500"}', 'max(calls_total{code!="500",service="a"})']),
    ).toEqual(['__name__=calls_total code!=500 service=a']);
  });

  test.each([
    { name: 'of other metrics', queries: ['calls_total{service="a"}', 'other_total{service="a"}'] },
    { name: 'with other labels', queries: ['calls_total{service="a"}', 'calls_total{route="r"}'] },
    { name: 'with other patterns', queries: ['calls_total{service=~"a.*"}', 'calls_total{service=~"b.*"}'] },
    { name: 'of other times', queries: ['calls_total{service="a"}', 'calls_total{service="b"} offset 1m'] },
    {
      name: 'of what the group records',
      queries: ['calls_total{service="a"}', 'calls_total{service="b"}'],
      recorded: ['calls_total'],
    },
    { name: 'for no value', queries: ['calls_total{missing=""}', 'calls_total{missing="", service="a"}'] },
  ])('$name are read alone', async ({ queries, recorded }) => {
    expect(await answers(queries, recorded)).toHaveLength(2);
  });

  test('whose union would be much more than they ask for are read in parts', async () => {
    const queries = Array.from({ length: 16 }, (_, at) => `calls_total{service="s${at}",route="r${at}"}`);
    const asked = await answers(queries);
    expect(asked.length).toBeGreaterThan(1);
    expect(asked.length).toBeLessThan(16);
  });

  test('that the conventions have renamed are read alone', async () => {
    const name = 'http_server_request_duration_seconds_count';
    expect(await answers([`${name}{service_name="a"}`, `${name}{service_name="b"}`])).toHaveLength(2);
  });
});
