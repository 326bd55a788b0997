import { expect, test } from 'vitest';
import type { DependenciesResponse } from '#api/types.ts';
import { fieldOf } from '../frame.ts';
import { dependenciesFrame } from './service.ts';

test.each([
  { name: 'a database by its own name', one: { name: 'db.shop', namespace: 'orders' }, want: 'orders' },
  {
    name: 'that of a cache, a number, with its address',
    one: { name: 'redis.shop', namespace: '0' },
    want: 'redis.shop/0',
  },
  { name: 'a number without an address', one: { name: '', namespace: '3' }, want: '3' },
  { name: 'a host', one: { name: 'paylane', namespace: '' }, want: 'paylane' },
  { name: 'what has no name, by its system', one: { name: '', namespace: '' }, want: 'redis' },
])('a dependency is called: $name', ({ one, want }) => {
  const figures = { callCount: 1, errorCount: 0, p50Ns: 1, p95Ns: 1, p99Ns: 1 };
  const dependency: DependenciesResponse['dependencies'][number] = {
    kind: 'database',
    system: 'redis',
    ...figures,
    ...one,
  };
  expect([...fieldOf(dependenciesFrame([dependency], 60), 'name', 'text').values]).toEqual([want]);
});
