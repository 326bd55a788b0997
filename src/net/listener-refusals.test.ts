import { expect, test } from 'vitest';
import { fakeSettings } from '#component/testing.ts';
import { ListenerRefusals } from './listener-refusals.ts';

test('what a listener turns away is counted by reason, and said when it is new', () => {
  const settings = fakeSettings();
  const refusals = new ListenerRefusals(settings, { transport: 'grpc' });
  refusals.count('host', 'a name', true);
  refusals.count('host', 'a name', false);
  refusals.count('tls_cipher', 'no cipher', true);
  const sum = (reason: string): number =>
    settings.meter.sum('listener_refused_requests', { transport: 'grpc', reason });
  expect([sum('host'), sum('tls_cipher'), sum('tls_unexpected')]).toEqual([2, 1, 0]);
  expect(settings.logged).toEqual(['warn Refused: a name', 'warn Refused: no cipher']);
});
