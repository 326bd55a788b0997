import { expect, test } from 'vitest';
import { parseAttributesText, parseValueText, plainAttributes, plainValue } from './value.ts';

test('JSON text keeps the types of OTLP', () => {
  expect(parseAttributesText('{"a":5,"b":5.0,"c":9007199254740993,"d":true,"e":null,"f":"x","g":[1,2.5]}')).toEqual([
    { key: 'a', value: { type: 'int', value: 5 } },
    { key: 'b', value: { type: 'double', value: 5 } },
    { key: 'c', value: { type: 'int', value: 9007199254740993n } },
    { key: 'd', value: { type: 'bool', value: true } },
    { key: 'e', value: { type: 'empty', value: null } },
    { key: 'f', value: { type: 'string', value: 'x' } },
    {
      key: 'g',
      value: {
        type: 'array',
        value: [
          { type: 'int', value: 1 },
          { type: 'double', value: 2.5 },
        ],
      },
    },
  ]);
});

test('marks in JSON text: bytes, doubles that JSON lacks, keys with a dollar', () => {
  expect(parseValueText('{"$bytes":"AQI="}')).toEqual({ type: 'bytes', value: Buffer.from([1, 2]) });
  expect(parseValueText('{"$double":"-Infinity"}')).toEqual({ type: 'double', value: Number.NEGATIVE_INFINITY });
  expect(parseValueText('{"$$bytes":"AQI="}')).toEqual({
    type: 'map',
    value: [{ key: '$bytes', value: { type: 'string', value: 'AQI=' } }],
  });
  expect(parseValueText('no json')).toEqual({ type: 'string', value: 'no json' });
});

test('what JSON numbers cannot hold becomes text', () => {
  expect(plainValue({ type: 'int', value: 9007199254740993n })).toBe('9007199254740993');
  expect(plainValue({ type: 'double', value: Number.NaN })).toBe('NaN');
  expect(JSON.stringify(plainAttributes([{ key: '__proto__', value: { type: 'int', value: 1 } }]))).toBe(
    '{"__proto__":1}',
  );
});
