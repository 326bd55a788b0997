import { expect, test } from 'vitest';
import { Body } from './body.ts';
import { QueryError } from './errors.ts';
import { ReusedMemory } from './reused-memory.ts';

/** Bytes that tell where they stand. */
function pieces(...lengths: readonly number[]): Uint8Array[] {
  let at = 0;
  return lengths.map((length) => Uint8Array.from({ length }, () => at++ % 251));
}

const LONG = 100_000;

test.each([
  { name: 'nothing', lengths: [], announced: 0 },
  { name: 'one piece', lengths: [10], announced: 10 },
  { name: 'pieces whose length nobody announced', lengths: [LONG, 3, LONG], announced: 0 },
  { name: 'pieces as long as announced', lengths: [LONG, 3, LONG], announced: 2 * LONG + 3 },
  { name: 'more than was announced', lengths: [LONG, 3, LONG, 5], announced: LONG + 3 },
  { name: 'more than was announced, from the first piece on', lengths: [LONG, LONG], announced: LONG - 1 },
  { name: 'less than was announced', lengths: [LONG, 3], announced: 2 * LONG },
])('an answer is its pieces behind each other: $name', ({ lengths, announced }) => {
  for (const memory of [undefined, new ReusedMemory()]) {
    const chunks = pieces(...lengths);
    const body = new Body(10 * LONG, announced, memory);
    for (const chunk of chunks) body.add(chunk);
    expect(body.bytes().equals(Buffer.concat(chunks))).toBe(true);
  }
});

test('an answer beyond its limit is refused, whatever was announced', () => {
  for (const announced of [0, LONG, 2 * LONG, 1e15]) {
    const body = new Body(LONG + 1, announced);
    body.add(new Uint8Array(LONG));
    expect(() => body.add(new Uint8Array(2))).toThrow(QueryError);
  }
});

test('memory is used again behind a reset, at places for numbers, and what does not fit gets new memory', () => {
  const memory = new ReusedMemory();
  const first = memory.take(1000);
  memory.reset();
  const odd = memory.take(3);
  const doubles = memory.takeDoubles(4);
  expect([odd.buffer, odd.byteOffset]).toEqual([first.buffer, 0]);
  expect([doubles.buffer, doubles.byteOffset, doubles.length]).toEqual([first.buffer, 8, 4]);
  doubles.fill(7);
  const larger = memory.take(5000);
  larger.fill(1);
  expect([...doubles]).toEqual([7, 7, 7, 7]);
  expect(larger.length).toBe(5000);
});
