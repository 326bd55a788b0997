import { expect, test } from 'vitest';
import { ownRangeSearch } from './own-range.ts';

test.each([
  { from: 'now-6h', to: 'now', found: { range: '6h' } },
  { from: 'now-7d', to: 'now', found: { range: '7d' } },
  { from: 'now-15m', to: 'now', found: {} },
  {
    from: '2026-01-02T03:00:00.000Z',
    to: '2026-01-02T04:00:00.000Z',
    found: { from: 1767322800000, to: 1767326400000 },
  },
  { from: '1767322800000', to: '1767326400000', found: { from: 1767322800000, to: 1767326400000 } },
  { from: 'now/d', to: 'now/d', found: {} },
  { from: 'now-1M', to: 'now', found: {} },
  { from: 'now-2h', to: 'now-1h', found: {} },
  { from: '2026-01-02T04:00:00Z', to: '2026-01-02T03:00:00Z', found: {} },
  { from: '', to: '', found: {} },
  { from: 'yesterday', to: 'Monday', found: {} },
])('$from to $to', ({ from, to, found }) => {
  expect(JSON.parse(JSON.stringify(ownRangeSearch({ from, to })))).toEqual(found);
});
