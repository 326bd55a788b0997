import { expect, test } from 'vitest';
import { networkMessage } from './network-error.ts';

test.each([
  ['an ordinary error', new Error('read ECONNRESET'), 'read ECONNRESET'],
  [
    'several addresses of a name that fail alike',
    new AggregateError([new Error('connect ECONNREFUSED'), new Error('connect ECONNREFUSED'), new Error('timeout')]),
    'connect ECONNREFUSED; timeout',
  ],
  [
    "OpenSSL's",
    Object.assign(new Error('80CB:error:0A000126:SSL routines'), {
      library: 'SSL routines',
      reason: 'bad certificate',
    }),
    'TLS: bad certificate',
  ],
])('%s', (_name, error, message) => {
  expect(networkMessage(error)).toBe(message);
});
