import { expect, test } from 'vitest';
import { receiverCounters } from './observe.ts';
import { fakeSettings } from './testing/index.ts';

test('a receiver counts items under the names of otelcol, by signal and transport', () => {
  const settings = fakeSettings();
  const counters = receiverCounters(settings, 'grpc');
  counters.traces.accepted.add(3);
  counters.metrics.refused.add(2);
  counters.logs.failed.add(1);
  const sum = (name: string, transport: string): number => settings.meter.sum(name, { transport });
  expect(sum('receiver_accepted_spans', 'grpc')).toBe(3);
  expect(sum('receiver_refused_metric_points', 'grpc')).toBe(2);
  expect(sum('receiver_failed_log_records', 'grpc')).toBe(1);
  expect(sum('receiver_accepted_spans', 'http')).toBe(0);
  expect(sum('receiver_accepted_log_records', 'grpc')).toBe(0);
});
