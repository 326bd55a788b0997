import { expect, test } from 'vitest';
import {
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
} from './point-fields.ts';
import { prometheusLabelName, prometheusMetricName } from './prometheus-names.ts';

type Case = readonly [name: string, unit: string, want: string];
const gauge: readonly Case[] = [
  ['memory.usage', 'By', 'memory_usage_bytes'],
  ['cpu_usage', '1', 'cpu_usage_ratio'],
  ['cpu_ratio_usage', '1', 'cpu_usage_ratio'],
  ['response_time', 'ms', 'response_time_milliseconds'],
  ['response_time_seconds', 's', 'response_time_seconds'],
  ['time.in.seconds.now', 's', 'time_in_seconds_now'],
  ['requests', '1/s', 'requests_per_second'],
  ['throughput', 'By/s', 'throughput_bytes_per_second'],
  ['throughput', 'By/m', 'throughput_bytes_per_minute'],
  ['throughput', 'By/ s ', 'throughput_bytes_per_second'],
  ['queue', '{request}', 'queue'],
  ['queue', '{request}/s', 'queue_per_second'],
  ['queue', 'By/{request}', 'queue_bytes'],
  ['queue', '', 'queue'],
  ['pressure', 'bar', 'pressure_bar'],
  ['pressure', '%', 'pressure_percent'],
  ['a__b..c', 'x__y', 'a_b_c_x_y'],
  ['metric@with#special$chars', '', 'metric_with_special_chars'],
  ['a', 'unit@with#special/chars', 'a_unit_with_special_per_chars'],
  ['_leading_and_trailing_', '', 'leading_and_trailing'],
  ['9lives', '', '_9lives'],
  ['with:colon', '', 'with:colon'],
  ['größe', '', 'gr_e'],
  ['speed_per_second', 'm/s', 'speed_per_second_meters_per_second'],
  ['請求', '', '請求'],
  ['', '', ''],
];

test.each(gauge)('a gauge %s in "%s" is %s', (name, unit, want) => {
  expect(prometheusMetricName(name, unit, METRIC_GAUGE, false)).toBe(want);
});

test.each<Case>([
  ['requests', '', 'requests_total'],
  ['requests.total', '1', 'requests_total'],
  ['total.requests', '1', 'requests_total'],
  ['cpu.time', 's', 'cpu_time_seconds_total'],
  ['cpu_seconds_total', 's', 'cpu_seconds_total'],
  ['items', '1', 'items_total'],
  ['items', '1/s', 'items_per_second_total'],
])('a counter %s in "%s" is %s', (name, unit, want) => {
  expect(prometheusMetricName(name, unit, METRIC_SUM, true)).toBe(want);
});

test('only what never goes down is a total, and only a gauge is a ratio', () => {
  expect(prometheusMetricName('connections', '1', METRIC_SUM, false)).toBe('connections');
  for (const type of [METRIC_HISTOGRAM, METRIC_EXPONENTIAL_HISTOGRAM, METRIC_SUMMARY]) {
    expect(prometheusMetricName('http.server.request.duration', 's', type, false)).toBe(
      'http_server_request_duration_seconds',
    );
    expect(prometheusMetricName('share', '1', type, false)).toBe('share');
  }
});

test.each([
  ['http.request.method', 'http_request_method'],
  ['http_request_method', 'http_request_method'],
  ['a..b', 'a__b'],
  ['2xx', 'key_2xx'],
  ['_private', 'key_private'],
  ['__reserved__', '__reserved__'],
  ['größe', 'gr__e'],
  ['🙂', ''],
  ['with:colon', 'with_colon'],
  ['', ''],
])('the attribute %s is the label %s', (key, want) => {
  expect(prometheusLabelName(key)).toBe(want);
});
