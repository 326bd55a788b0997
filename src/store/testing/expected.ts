import type { ReferenceObject } from '../../wire/testing/otlp-reference.ts';

/** Parts of what the store has to hold, worked out from the reference decoder's view. */

const LARGEST_TIME = (1n << 63n) - 1n;

/** A time in nanoseconds as DateTime64(9) can hold it. */
export function clampedTime(time: unknown): string {
  const value = BigInt((time as string | undefined) ?? '0');
  return String(value > LARGEST_TIME ? LARGEST_TIME : value);
}

/** The first of the times that is one, or else when the segment arrived that was made last. */
export function storedTime(...times: readonly unknown[]): string {
  return clampedTime(
    times.find((time) => BigInt((time as string | undefined) ?? '0') > 0n) ??
      String(BigInt(nextSecond - 1) * 1_000_000_000n),
  );
}

/** Hex of an id of `length` bytes; zeros where there is none. */
export function hexOf(bytes: unknown, length: number): string {
  if (bytes === undefined || (bytes as Uint8Array).length === 0) return '00'.repeat(length);
  return Buffer.from(bytes as Uint8Array).toString('hex');
}

export function listOf(value: unknown): ReferenceObject[] {
  return (value as ReferenceObject[] | undefined) ?? [];
}

let nextSecond = Math.floor(Date.now() / 1000) - 50_000;

/** A new time of ingestion, by which a test finds its own rows. */
export function nextIngestedAtNs(): bigint {
  return BigInt(nextSecond++) * 1_000_000_000n;
}
