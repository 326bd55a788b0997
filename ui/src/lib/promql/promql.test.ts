import { describe, expect, test } from 'vitest';
import { lineNames } from './legend.ts';
import { noteOf } from './notes.ts';
import { expandQuery, isMistake, originOf, type Query, readQueries, writeQueries } from './queries.ts';
import { repaired } from './repair.ts';
import { unitOfQuery } from './unit.ts';

function query(letter: Query['letter'], text: string): Query {
  return { letter, text, legend: '', isHidden: false };
}

describe('queries name each other', () => {
  const queries = [
    query('a', 'sum(rate(x[5m]))'),
    query('b', 'y'),
    query('c', 'A / B'),
    query('d', 'max_over_time(C[1h:1m])'),
  ];
  const expanded = (letter: Query['letter'], all = queries): string => {
    const found = expandQuery(all, letter);
    return isMistake(found) ? `${found.message} at ${found.start}-${found.end}` : found.text;
  };

  test('each is put in brackets where its letter stands', () => {
    expect(expanded('a')).toBe('sum(rate(x[5m]))');
    expect(expanded('c')).toBe('(sum(rate(x[5m]))) / (y)');
    expect(expanded('d')).toBe('max_over_time(((sum(rate(x[5m]))) / (y))[1h:1m])');
    // A letter without a query is a metric; so is one with labels.
    expect(expanded('e', [...queries, query('e', 'A{x="1"} + F')])).toBe('A{x="1"} + F');
  });

  test('what means nothing is said under the letter', () => {
    const withOne = (text: string) => expanded('e', [...queries, query('e', text)]);
    expect(withOne('1 + E')).toBe('E is this query itself at 4-5');
    expect(withOne('rate(A[5m])')).toBe('A is a query here: write A[5m:1m] for a range of it at 5-6');
    expect(withOne('A offset 1h')).toBe('A is a query here: offset and @ go to the metrics in it at 0-1');
    expect(expanded('a', [query('a', 'B'), query('b', '2 * A')])).toBe('in B: A is made of this query already at 0-1');
    expect(expanded('a', [query('a', 'B'), query('b', 'sum(')])).toBe('in B: unclosed left parenthesis at 0-1');
    expect(expanded('a', [query('a', '1 + B'), query('b', 'x[5m]')])).toMatch(/binary expression .* at 4-5$/);
    expect(expanded('a', [query('a', 'sum(y')])).toBe('unclosed left parenthesis at 5-5');
  });

  test('places are found where they were written', () => {
    const found = expandQuery(queries, 'c');
    if (isMistake(found)) throw new Error(found.message);
    expect(originOf(found, found.text.indexOf('x['))).toEqual({ letter: 'a', offset: 9 });
    expect(originOf(found, found.text.indexOf('y'))).toEqual({ letter: 'b', offset: 0 });
    expect(originOf(found, found.text.indexOf('/'))).toEqual({ letter: 'c', offset: 2 });
    expect(originOf(found, 0)).toBeUndefined();
    const note = noteOf('info', `PromQL info: not a counter: "x" (1:${found.text.indexOf('x[') + 1})`, found, 'c');
    expect(note).toEqual({ level: 'info', text: 'not a counter: "x"', letter: 'a', start: 9, end: 10 });
    expect(noteOf('warning', 'results truncated due to limit', found, 'c')).toMatchObject({
      letter: 'c',
      text: 'results truncated due to limit',
      start: undefined,
    });
  });

  test('an address holds them', () => {
    const search = writeQueries([{ ...query('b', 'up'), legend: '{{job}}', isHidden: true }]);
    expect(search).toMatchObject({ a: undefined, b: 'up', 'b.legend': '{{job}}', hide: ['B'] });
    expect(readQueries(search)).toEqual([{ letter: 'b', text: 'up', legend: '{{job}}', isHidden: true }]);
    expect(readQueries({})).toEqual([query('a', '')]);
  });
});

describe('a suggestion replaces the word that there is nothing of', () => {
  const queries = [query('a', 'sum(rate(htp_total{code="50",htp="x"}[5m]))'), query('b', '2 * A')];
  const asked = expandQuery(queries, 'b');
  if (isMistake(asked)) throw new Error(asked.message);
  const start = asked.text.indexOf('htp_total');
  const reason = { kind: '', text: '', start, end: asked.text.indexOf('[') };

  test.each([
    [{ metric: 'htp_total' }, 'http_total', 'sum(rate(http_total{code="50",htp="x"}[5m]))'],
    [{ label: 'htp' }, 'http', 'sum(rate(htp_total{code="50",http="x"}[5m]))'],
    [{ label: 'code', value: '50' }, '500', 'sum(rate(htp_total{code="500",htp="x"}[5m]))'],
  ])('%j', (wrong, suggestion, want) => {
    expect(repaired(queries, asked, { ...reason, ...wrong }, suggestion)).toEqual({ letter: 'a', text: want });
  });

  test('what is not written there is left alone', () => {
    expect(repaired(queries, asked, { ...reason, metric: 'total' }, 'x')).toBeUndefined();
    expect(repaired(queries, asked, { ...reason, label: 'code', value: '' }, 'x')).toBeUndefined();
    expect(repaired(queries, asked, reason, 'x')).toBeUndefined();
  });
});

test('lines are called by what differs, or as they were told', () => {
  const series = [
    { __name__: 'up', job: 'a', zone: 'z' },
    { __name__: 'up', job: 'b', zone: 'z' },
  ];
  expect(lineNames(series, '', 'up')).toEqual(['a', 'b']);
  expect(lineNames(series, '{{job}} in {{ zone }}{{none}}', 'up')).toEqual(['a in z', 'b in z']);
  expect(lineNames(series, '{{zone}}', 'up')).toEqual(['z', 'z (2)']);
  expect(lineNames([{}], '', 'sum(up)')).toEqual(['sum(up)']);
  expect(lineNames(series.slice(0, 1), '', 'up')).toEqual(['up{job="a", zone="z"}']);
  expect(lineNames([{ a: '1' }, { a: '2', b: '3' }], '', 'x')).toEqual(['{a="1"}', '{a="2", b="3"}']);
  expect(lineNames([{ a: '1' }, {}], '', 'x')).toEqual(['1', 'a=""']);
});

test.each([
  ['x_seconds', 's'],
  ['rate(x_seconds_count[5m])', '{event}/s'],
  ['sum by (a) (rate(x_total[5m]))', '{event}/s'],
  ['increase(x_total[5m])', ''],
  ['rate(net_bytes_total[5m])', 'By/s'],
  ['rate(cpu_seconds_total[5m])', '1'],
  ['histogram_quantile(0.9, sum by (le) (rate(x_seconds_bucket[5m])))', 's'],
  ['histogram_quantile(0.9, sum(rate(x_milliseconds[5m])))', 'ms'],
  ['rate(x_seconds_sum[5m]) / rate(x_seconds_count[5m])', 's'],
  ['sum(rate(x_seconds_count{c="5"}[5m])) / sum(rate(x_seconds_count[5m]))', '1'],
  ['max(memory_bytes) - min(memory_bytes)', 'By'],
  ['memory_bytes / 2', 'By'],
  ['memory_bytes > 5', 'By'],
  ['memory_bytes * 8', ''],
  ['count(memory_bytes)', ''],
  ['up', ''],
  ['sum(', ''],
])('the unit of %s is %j', (text, unit) => {
  expect(unitOfQuery(text)).toBe(unit);
});
