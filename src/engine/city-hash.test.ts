import { describe, expect, test } from 'vitest';
import { cityHash128 } from './city-hash.ts';

/** As go-faster/city 1.0.1 gives them (its CH128, the version of ClickHouse). */
const known: readonly (readonly [length: number, hash: string])[] = [
  [0, '2b9ac064fc9df03d291ee592c340b53c'],
  [1, '6c3f2b804fab035a1ae9318a3c8aa858'],
  [3, '6d2a0e59aaee74c6190a0f7a0b900742'],
  [4, 'f5f52fbc633bc1194ba41fed1d54cc0d'],
  [7, '552b8f423d92f4a25fd12a2d5be06f73'],
  [8, '08957049312ecdbff7de06ea84edbaf3'],
  [9, '7b0c2bf4ee0f6535a1e78421fe4bcc1a'],
  [15, 'f55c47f13d63a8bba0544393746ace43'],
  [16, '7d00b7bcc83213849c5c839eb2561ddb'],
  [17, 'd484bb95219198f5d2534ebe5800900d'],
  [24, '116bdf8dda844ed079c7354b20feac96'],
  [31, '6bcaae1968fcc56d9185d88d167c0085'],
  [32, 'aad02062c809b486ea420a394572b7c7'],
  [33, 'a94cebcc73187ad48d3c3c990ee24216'],
  [63, '7301ac3fe9850d1724b7d107b57c0445'],
  [64, '5a2cdbf1dbdb280e40a2b9e9d5a13d79'],
  [65, 'a6e45422df6878319840d01a3a87685b'],
  [100, 'ac9a6051dd9a2f1e3b70c68129a8fc96'],
  [127, 'e7741150a4b3bb42dd8959f04de3a816'],
  [128, '3ca7f9590f9b71ad2ee6bad226429bbf'],
  [129, 'a5956a98ea72c93128ab4c6e4b5c2e39'],
  [143, 'f3bccea397281cbdf576ba8188b8ee36'],
  [144, 'fafd9a1627e42047294b207cfb3bfbff'],
  [145, 'eda4beb109d204074b937581d292ffb2'],
  [160, '3babd29d9260462b9581e2364eb7efb1'],
  [175, 'b4f9944cd194c3c7d0836d77edc21f8a'],
  [200, '71888712112889fc4458935b55e647ec'],
  [256, '09ef9f1b453c50e0d63d18af99abb64b'],
  [300, 'c666b6624753674f998cbedae2cc5604'],
  [1000, '8141d945c51d8b0967def4223e5c5b50'],
  [4096, '7c9c3b2c1ff71f427cfa8e3427c5fc2a'],
  [70001, '9ede2bacadd41d82493723105e0eb4da'],
];

function sample(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 131 + Math.floor(i / 7) * 17 + length) % 251);
}

describe('cityHash128', () => {
  test.each(known)('of %i bytes', (length, hash) => {
    expect(Buffer.from(cityHash128(sample(length))).toString('hex')).toBe(hash);
  });

  test('reads a part of a buffer where it lies', () => {
    const whole = Buffer.concat([Buffer.from('before'), sample(300), Buffer.from('after')]);
    expect(cityHash128(whole.subarray(6, 306))).toEqual(cityHash128(sample(300)));
  });
});
