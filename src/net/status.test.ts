import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConsumeError } from '#base';
import {
  decodeStatus,
  encodeStatus,
  GRPC,
  httpStatusOf,
  isRetryableHttp,
  parseRetryAfter,
  statusOfError,
} from './status.ts';

test('a status is the same behind encode and decode', () => {
  const status = fc.record({
    code: fc.integer({ min: 1, max: 16 }),
    message: fc.string({ unit: 'binary' }),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: 86_400_000 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(status, (one) => {
      expect(decodeStatus(encodeStatus(one))).toEqual(one);
    }),
  );
});

test.each([
  [new Error('any'), { code: GRPC.unavailable, retryAfterMs: undefined }],
  [new ConsumeError('full', { retryAfterMs: 700 }), { code: GRPC.unavailable, retryAfterMs: 700 }],
  [new ConsumeError('bad', { permanent: true, retryAfterMs: 700 }), { code: GRPC.internal, retryAfterMs: undefined }],
  [new ConsumeError('bad', { permanent: true, grpcCode: GRPC.invalidArgument }), { code: GRPC.invalidArgument }],
])('the answer to %s says whether to come again', (error, status) => {
  expect(statusOfError(error)).toMatchObject(status);
});

test('what may be tried again over gRPC may be tried again over HTTP', () => {
  const retryable = Object.entries(GRPC).filter(([, code]) => isRetryableHttp(httpStatusOf(code)));
  expect(retryable.map(([name]) => name)).toEqual([
    'cancelled',
    'deadlineExceeded',
    'resourceExhausted',
    'aborted',
    'outOfRange',
    'unavailable',
    'dataLoss',
  ]);
});

test.each([
  [undefined, undefined],
  ['3', 3000],
  [' 0 ', 0],
  ['999999999', 86_400_000],
  ['Thu, 01 Jan 1970 00:00:10 GMT', 9000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['-1', undefined],
  ['soon', undefined],
])('Retry-After %j is %j ms', (header, ms) => {
  expect(parseRetryAfter(header, 1000)).toBe(ms);
});
