import { expect, test } from 'vitest';
import { reasonText } from './reasons.ts';

test.each([
  ['queue_full', 'queue full'],
  ['host', 'requests for a name that is not allowed, see --allowed-hosts'],
  ['http_503', 'answered with HTTP status 503'],
  ['grpc_Unavailable', 'answered with gRPC status Unavailable'],
  ['of_another_version', 'of_another_version'],
  ['constructor', 'constructor'],
])('people read %s as: %s', (reason, text) => {
  expect(reasonText(reason)).toBe(text);
});
