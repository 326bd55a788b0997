import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseInterval, printInterval, queryIntervals, roundInterval } from './interval.ts';

test('intervals are rounded as the library of Grafana rounds them', () => {
  const url = new URL('./testdata/round-interval.json', import.meta.url);
  const recorded = JSON.parse(readFileSync(url, 'utf8')) as [number, number][];
  expect(recorded.map(([ms]) => [ms, roundInterval(ms)])).toEqual(recorded);
});

test.each([
  { text: '15', want: 15_000 },
  { text: '>1m', want: 60_000 },
  { text: '1m30s', want: 90_000 },
  { text: '250ms', want: 250 },
  { text: '2M', want: 5_184_000_000 },
  { text: '', want: undefined },
  { text: '$__interval', want: undefined },
])('the interval $text', ({ text, want }) => {
  expect(parseInterval(text)).toBe(want);
});

const HOUR = { fromMs: 0, toMs: 3_600_000 };
const WEEK = { fromMs: 0, toMs: 604_800_000 };

test.each([
  { name: 'an hour of samples each 15 s', time: HOUR, minStep: '', scrape: 15, factor: 1, want: ['15s', '15s', '1m'] },
  {
    name: 'a min step is the scrape interval',
    time: HOUR,
    minStep: '30s',
    scrape: 15,
    factor: 1,
    want: ['30s', '30s', '2m'],
  },
  { name: 'a week', time: WEEK, minStep: '', scrape: 15, factor: 1, want: ['10m', '10m', '10m15s'] },
  { name: 'twice the interval', time: HOUR, minStep: '', scrape: 60, factor: 2, want: ['2m', '1m', '4m'] },
  {
    name: 'a step as long as the rate',
    time: HOUR,
    minStep: '$__rate_interval',
    scrape: 15,
    factor: 1,
    want: ['1m', '15s', '1m'],
  },
])('step, $__interval and $__rate_interval: $name', ({ time, minStep, scrape, factor, want }) => {
  const { stepMs, intervalMs, rateIntervalMs } = queryIntervals({
    time,
    maxDataPoints: 1000,
    minStep,
    minInterval: '',
    intervalFactor: factor,
    scrapeIntervalMs: scrape * 1000,
  });
  expect([stepMs, intervalMs, rateIntervalMs].map(printInterval)).toEqual(want);
});
