import { expect, test } from 'vitest';
import { ConsumeError } from '#base';
import { receiverCounters } from './observe.ts';
import { fakeSettings } from './testing/index.ts';

test('a receiver counts items under the names of otelcol, by signal and transport', () => {
  const settings = fakeSettings();
  const counters = receiverCounters(settings, 'grpc');
  counters.traces.accepted(3);
  counters.metrics.refused(2, new ConsumeError('full', { reason: 'queue_full' }));
  counters.logs.failed(1, 'unreadable');
  const sum = (name: string, transport: string): number => settings.meter.sum(name, { transport });
  expect(sum('receiver_accepted_spans', 'grpc')).toBe(3);
  expect(sum('receiver_refused_metric_points', 'grpc')).toBe(2);
  expect(sum('receiver_failed_log_records', 'grpc')).toBe(1);
  expect(sum('receiver_accepted_spans', 'http')).toBe(0);
  expect(sum('receiver_accepted_log_records', 'grpc')).toBe(0);
  expect(settings.account.reports).toEqual([
    { outcome: 'refused', signal: 'metrics', count: 2, reason: 'queue_full' },
    { outcome: 'dropped', signal: 'logs', count: 1, reason: 'unreadable' },
  ]);
});
