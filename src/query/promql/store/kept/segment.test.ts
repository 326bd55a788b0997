import { expect, test } from 'vitest';
import { FIRST_PLACE, SegmentReader, type SegmentSamples, SegmentWriter } from './segment.ts';

const BLOCK_MS = 1_763_800_200_000;

function samplesOf(values: readonly number[], offsets: readonly number[] = values.map((_, i) => i * 15_000)) {
  return { timesMs: Float64Array.from(offsets, (offset) => BLOCK_MS + offset), values: Float64Array.from(values) };
}

function readBack(reader: SegmentReader, place: number, count: number): SegmentSamples {
  const into = { timesMs: new Float64Array(count + 2).fill(-1), values: new Float64Array(count + 2).fill(-1) };
  expect(reader.read(place, count, BLOCK_MS, into, 1)).toBe(count + 1);
  // Nothing beside them is touched.
  expect([into.timesMs[0], into.timesMs.at(-1), into.values[0], into.values.at(-1)]).toEqual([-1, -1, -1, -1]);
  return { timesMs: into.timesMs.subarray(1, -1), values: into.values.subarray(1, -1) };
}

const CASES: readonly { readonly name: string; readonly samples: SegmentSamples; readonly bytes?: number }[] = [
  { name: 'one sample', samples: samplesOf([5]) },
  { name: 'a counter', samples: samplesOf(Array.from({ length: 60 }, (_, i) => 1000 + i * 7)), bytes: 85 },
  { name: 'a counter that begins anew', samples: samplesOf([1e9, 1e9 + 5, 3, 8]) },
  { name: 'large numbers', samples: samplesOf([2 ** 50, -(2 ** 50), 2 ** 50, 0]) },
  { name: 'larger numbers than can be told apart', samples: samplesOf([2 ** 53, 2 ** 60, -(2 ** 51)]) },
  { name: 'decimals', samples: samplesOf([0.25, 0.5, 1.125, -3, 0.000001]), bytes: 50 },
  { name: 'decimals beside a number too large for them', samples: samplesOf([0.000001, 2 ** 49]) },
  { name: 'doubles', samples: samplesOf([Math.PI, 1 / 3, 5e-324, 1.7e308]) },
  { name: 'one value all the time', samples: samplesOf(Array.from({ length: 60 }, () => 1 / 3)), bytes: 32 },
  { name: 'zeros of both signs', samples: samplesOf([0, -0, 0]) },
  { name: 'what is no number', samples: samplesOf([Number.NaN, Infinity, -Infinity, 1]) },
  { name: 'two samples', samples: samplesOf([1, 2], [0, 899_999]) },
  { name: 'times that waver a little', samples: samplesOf([1, 2, 3, 4], [13, 15_013, 30_020, 45_019]) },
  { name: 'times that waver', samples: samplesOf([1, 2, 3, 4], [13, 14_998, 30_020, 899_999]) },
];

test.each(CASES)('samples are the same to the last bit: $name', ({ samples, bytes }) => {
  const writer = new SegmentWriter();
  const place = writer.add(samples, 0, samples.values.length, BLOCK_MS, 1234.5);
  writer.trim();
  const reader = new SegmentReader(writer.bytes);
  expect(place).toBeGreaterThanOrEqual(FIRST_PLACE);
  expect(reader.startAt(place)).toBe(1234.5);
  const { timesMs, values } = readBack(reader, place, samples.values.length);
  expect(timesMs).toEqual(samples.timesMs);
  for (const [i, value] of values.entries()) expect(Object.is(value, samples.values[i]), `${i}: ${value}`).toBe(true);
  if (bytes !== undefined) expect(writer.bytes.length).toBeLessThanOrEqual(bytes);
});

test('segments lie behind each other, of parts of the samples', () => {
  const writer = new SegmentWriter();
  const places = CASES.map(({ samples }) => writer.add(samples, 0, samples.values.length, BLOCK_MS, 0));
  const part = writer.add(CASES[1]!.samples, 10, 20, BLOCK_MS, 0);
  const reader = new SegmentReader(writer.bytes);
  for (const [i, { samples }] of CASES.entries())
    expect(readBack(reader, places[i]!, samples.values.length)).toEqual(samples);
  const { timesMs, values } = CASES[1]!.samples;
  expect(readBack(reader, part, 10)).toEqual({ timesMs: timesMs.subarray(10, 20), values: values.subarray(10, 20) });
});

test('any doubles at any times come back', () => {
  let seed = 7;
  const random = (): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed / 2 ** 32;
  };
  const writer = new SegmentWriter();
  for (let round = 0; round < 300; round++) {
    const digits = Math.floor(random() * 9);
    const size = 10 ** Math.floor(random() * 14);
    let offset = 0;
    const offsets: number[] = [];
    const values: number[] = [];
    for (let i = 0; i < 1 + random() * 50; i++) {
      offset += 1 + Math.floor(random() * 20_000);
      offsets.push(offset);
      values.push(Number(((random() - 0.3) * size).toFixed(digits)));
    }
    const samples = samplesOf(values, offsets);
    const place = writer.add(samples, 0, values.length, BLOCK_MS, round);
    const reader = new SegmentReader(writer.bytes);
    expect(readBack(reader, place, values.length)).toEqual(samples);
    expect(reader.startAt(place)).toBe(round);
  }
});
