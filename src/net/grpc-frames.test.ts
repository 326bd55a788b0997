import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteBudget, Share } from './budget.ts';
import { Busy } from './busy.ts';
import { deflate } from './codings.ts';
import { codingOf, frameMessage, GrpcFailure, MessageReader, statusTrailers } from './grpc-frames.ts';
import { GRPC } from './status.ts';

function codeOf(work: () => unknown): number | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof GrpcFailure ? error.grpcCode : -1;
  }
}

describe('a message', () => {
  test('is the same however the stream was cut into parts', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.integer({ min: 1, max: 50 })), (message, cuts) => {
        const frame = frameMessage(message);
        const reader = new MessageReader(1000);
        let at = 0;
        for (const length of [...cuts, frame.length]) {
          reader.push(frame.subarray(at, at + length));
          at += Math.min(length, frame.length - at);
        }
        expect(Buffer.from(reader.finish(undefined) as Uint8Array)).toEqual(Buffer.from(message));
      }),
    );
  });

  test('that is compressed is inflated, up to the limit', async () => {
    const content = Buffer.alloc(5000, 'a');
    const frame = frameMessage(await deflate('gzip', content));
    frame[0] = 1;
    const read = (limitBytes: number): Promise<Uint8Array> => {
      const reader = new MessageReader(limitBytes);
      reader.push(frame);
      return Promise.resolve(reader.finish('gzip'));
    };
    expect(Buffer.from(await read(5000))).toEqual(content);
    await expect(Promise.resolve().then(() => read(4999))).rejects.toMatchObject({ grpcCode: GRPC.resourceExhausted });
  });

  test.each([
    { what: 'a flag that is neither 0 nor 1', bytes: [2, 0, 0, 0, 0], code: GRPC.internal },
    { what: 'more than the limit', bytes: [0, 0, 0, 4, 0], code: GRPC.resourceExhausted },
    { what: 'bytes behind it', bytes: [0, 0, 0, 0, 1, 7, 7], code: GRPC.internal },
    { what: 'an end in the middle', bytes: [0, 0, 0, 0, 2, 7], code: GRPC.internal },
    { what: 'an end before it', bytes: [0, 0], code: GRPC.internal },
    { what: 'compression without an encoding', bytes: [1, 0, 0, 0, 1, 7], code: GRPC.internal },
  ])('with $what is refused', ({ bytes, code }) => {
    const reader = new MessageReader(1000);
    expect(
      codeOf(() => {
        reader.push(Uint8Array.from(bytes));
        return reader.finish(undefined);
      }),
    ).toBe(code);
  });

  test('takes no memory that the budget does not have', () => {
    const budget = new ByteBudget(10);
    const reader = new MessageReader(1000, new Share(budget));
    expect(() => reader.push(frameMessage(new Uint8Array(500)))).toThrow(Busy);
  });
});

test.each([
  [undefined, undefined],
  ['identity', undefined],
  ['gzip', 'gzip'],
])('the encoding %j is %j', (header, coding) => {
  expect(codingOf(header)).toBe(coding);
});

test.each(['br', 'constructor'])('the encoding %s is unimplemented', (header) => {
  expect(codeOf(() => codingOf(header))).toBe(GRPC.unimplemented);
});

test('trailers hold any message in printable ASCII, and RetryInfo in the details', () => {
  const trailers = statusTrailers({ code: 14, message: 'voll ü\n100%', retryAfterMs: 1000 });
  expect(trailers).toMatchObject({ 'grpc-status': '14', 'grpc-message': 'voll %C3%BC%0A100%25' });
  expect(trailers['grpc-status-details-bin']).toMatch(/^[A-Za-z0-9+/=]+$/);
  expect(statusTrailers({ code: 3, message: 'bad', retryAfterMs: undefined })).toEqual({
    'grpc-status': '3',
    'grpc-message': 'bad',
  });
});
