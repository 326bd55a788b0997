import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { fakeSettings } from '#component/testing.ts';
import { connectionRefusals, limitConnections } from './connection-limit.ts';

test('0 means any number', () => {
  const server = createServer();
  limitConnections(server, 5);
  expect(server.maxConnections).toBe(5);
  limitConnections(server, 0);
  expect(server.maxConnections).toBe(Number.MAX_SAFE_INTEGER);
});

test('each connection too many is counted, the first is said', () => {
  const settings = fakeSettings();
  const refuse = connectionRefusals(settings, 'receivers::otlp::admission::max_connections', 5, { transport: 'http' });
  for (let n = 0; n < 3; n++) refuse();
  expect(settings.logged.filter((line) => line.includes('beyond the 5 of'))).toHaveLength(1);
  expect(settings.meter.sum('listener_refused_requests', { reason: 'connections' })).toBe(3);
});
