import { describe, expect, test } from 'vitest';
import { TABLES } from '#store';
import { ALL_POINTS, exemplars, logs, metricSeries, spans } from './index.ts';

describe.each([spans, logs, ...ALL_POINTS, exemplars])('rows of $table', ({ table, bucket }) => {
  test('are sorted by the bucket of time that is named here', () => {
    expect(TABLES.find(({ name }) => name === table)?.orderBy).toContain(bucket.render().text);
  });

  test('lie within a range by their time', () => {
    const { text } = spans.in({ fromMs: 1, toMs: 2 }).render();
    expect(text).toMatch(/^FROM \w+ AS stored WHERE \(time >= .+ AND time < .+\)$/);
  });
});

test('series are of one owner', () => {
  const text = (owner: 'user' | 'own'): string => metricSeries.in({ fromMs: 0, toMs: 1 }, owner).render().text;
  expect(text('own')).toMatch(/WHERE \(\(scope_name = '/);
  expect(text('user')).toMatch(/WHERE \(\(scope_name != '/);
});
