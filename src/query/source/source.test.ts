import { describe, expect, test } from 'vitest';
import { TABLES } from '#store';
import {
  ALL_POINTS,
  DISKS,
  exemplars,
  logs,
  metricSeries,
  STORE_PARTS,
  spanEvents,
  spanLinks,
  spans,
} from './index.ts';

describe.each([spans, spanEvents, spanLinks, logs, ...ALL_POINTS, exemplars])('rows of $table', (rows) => {
  const bucket = rows.bucket.render().text;

  test('are sorted by the bucket of time that is named here', () => {
    expect(TABLES.find(({ name }) => name === rows.table)?.orderBy).toContain(bucket);
  });

  test('are those of a tenant, and of a range by their time and its bucket', () => {
    const { text, params } = rows.in({ fromMs: 1, toMs: 2 }).render({ tenant: 'somebody' });
    expect(text).toMatch(
      /^FROM \w+ AS stored WHERE \(\(tenant = \{p0:String\}\) AND \(\w+ >= .+ AND \w+ < .+ AND .+\)\)$/,
    );
    expect(text).toContain(`${bucket} BETWEEN`);
    expect(params['p0']).toBe('somebody');
  });
});

test('series are of one owner', () => {
  const text = (owner: 'user' | 'own'): string => metricSeries.in({ fromMs: 0, toMs: 1 }, owner).render().text;
  expect(text('own')).toMatch(/AND \(scope_id IN \(SELECT scope_id FROM scopes /);
  expect(text('user')).toMatch(/AND \(NOT \(scope_id IN \(SELECT scope_id FROM scopes /);
});

test('on a cluster all shards are read, and its name comes with the connection', () => {
  const { text } = spans.in({ fromMs: 1, toMs: 2 }).render({ tenant: 'somebody', cluster: 'ours' });
  expect(text).toMatch(
    /^FROM cluster\('ours', currentDatabase\(\), spans\) AS stored WHERE \(\(tenant = \{p0:String\}\)/,
  );
  expect(STORE_PARTS.render({ cluster: 'ours' }).text).toMatch(/^FROM cluster\('ours', system\.parts\) WHERE/);
  expect(DISKS.render({ cluster: 'ours' }).text).toMatch(/^FROM clusterAllReplicas\('ours', system\.disks\) WHERE/);
});
