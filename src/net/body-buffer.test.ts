import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BodyBuffer } from './body-buffer.ts';
import { ByteBudget, Share } from './budget.ts';
import { Busy } from './busy.ts';

/** A part as Node gives it: a slice of what was read from the socket. */
function slice(bytes: Uint8Array): Uint8Array {
  const read = new Uint8Array(64 * 1024);
  read.set(bytes, 100);
  return read.subarray(100, 100 + bytes.length);
}

test('gives the parts together, and its share knows the memory that it holds', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 20 }), fc.boolean(), (parts, isKnown) => {
      const whole = Buffer.concat(parts);
      const budget = new ByteBudget(0);
      const share = new Share(budget);
      const body = new BodyBuffer(share);
      for (const part of parts) {
        body.append(slice(part), isKnown ? whole.length : 0);
        expect(budget.usedBytes).toBeGreaterThanOrEqual(body.length);
        expect(budget.usedBytes).toBeLessThanOrEqual(Math.max(4096, body.length * 4) + 5000);
      }
      const taken = body.take();
      expect(Buffer.from(taken).equals(whole)).toBe(true);
      expect(taken.buffer.byteLength).toBeLessThanOrEqual(whole.length * 1.25 + 4096);
      expect(taken.constructor).toBe(Uint8Array);
      share.release();
      expect(budget.usedBytes).toBe(0);
    }),
  );
});

describe('a body that holds little', () => {
  test.each([{ known: 1_000_000 }, { known: 0 }])(
    'keeps no read of the socket alive (announced: $known)',
    ({ known }) => {
      const budget = new ByteBudget(0);
      const body = new BodyBuffer(new Share(budget));
      body.append(slice(Uint8Array.of(1)), known);
      expect(budget.usedBytes).toBe(4096);
      expect(body.take()).toHaveLength(1);
    },
  );
});

test('a budget without room refuses before memory is taken', () => {
  const share = new Share(new ByteBudget(10_000));
  const body = new BodyBuffer(share);
  body.append(slice(new Uint8Array(2000)), 1_000_000);
  expect(() => body.append(slice(new Uint8Array(9000)), 1_000_000)).toThrow(Busy);
});

test('a part that is all of its memory is given back when it was copied, and not where it is the body', () => {
  const body = new BodyBuffer();
  const parts = [new Uint8Array(100).fill(1), new Uint8Array(0), new Uint8Array(100).fill(2)];
  for (const part of parts) body.append(part, 200);
  expect(parts.map((part) => part.buffer.detached)).toEqual([true, false, true]);
  expect([...body.take()]).toEqual([...Array(100).fill(1), ...Array(100).fill(2)]);
  const whole = new Uint8Array(100).fill(3);
  body.append(whole, 100);
  expect(body.take()).toBe(whole);
});
