import { expect, test } from 'vitest';
import { ownRangeSearch } from './own-range.ts';

const NOW = new Date(2026, 10, 25, 14, 37).getTime();

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
  { from: 'now/d', to: 'now/d', found: { range: 'now/d..now/d' } },
  { from: 'now-1d/d', to: 'now-1d/d', found: { range: 'now-1d/d..now-1d/d' } },
  { from: 'now-1M', to: 'now', found: { range: 'now-1M..now' } },
  { from: 'now-2h', to: 'now-1h', found: { range: 'now-2h..now-1h' } },
  { from: '2026-01-02T03:00:00.000Z', to: 'now', found: { range: '2026-01-02T03:00:00.000Z..now' } },
  { from: 'now-1h', to: 'now-2h', found: {} },
  { from: '2026-01-02T04:00:00Z', to: '2026-01-02T03:00:00Z', found: {} },
  { from: '', to: '', found: {} },
  { from: 'yesterday', to: 'Monday', found: {} },
])('$from to $to', ({ from, to, found }) => {
  expect(JSON.parse(JSON.stringify(ownRangeSearch({ from, to }, NOW)))).toEqual(found);
});
