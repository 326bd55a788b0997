import { converterFunction, type OttlFunction } from '../function.ts';
import { parseIntText } from '../numbers.ts';
import { boolLike, bytesLike, doubleLike, int, intLike, listOf, text, textLike, value } from '../parameters.ts';
import {
  Duration,
  fail,
  float64,
  Id,
  isDouble,
  isInt,
  isList,
  isNumber,
  numberOf,
  Parts,
  Time,
  typeName,
  type Value,
} from '../values.ts';

/** What a value is, and making another type of it. */
export const TYPE_FUNCTIONS: readonly OttlFunction[] = [
  converterFunction(
    'Bool',
    'Makes a bool of a number or a text. Nil stays nil.',
    [boolLike('value')],
    (of) => (at) => of.get(at) ?? null,
  ),
  converterFunction(
    'Double',
    'Makes a double of a number, a bool or a text. Nil stays nil.',
    [doubleLike('value')],
    (of) => (at) => {
      const number = of.get(at);
      return number === undefined ? null : float64(number);
    },
  ),
  converterFunction(
    'Int',
    'Makes a whole number of a number, a bool or a text; a fraction is cut off. Nil stays nil.',
    [intLike('value')],
    (of) => (at) => of.get(at) ?? null,
  ),
  converterFunction(
    'String',
    'Makes a text of a value: bytes in hexadecimal, maps and lists as JSON. Nil stays nil.',
    [textLike('value')],
    (of) => (at) => of.get(at) ?? null,
  ),
  converterFunction(
    'Hex',
    'The bytes of a value in hexadecimal: those of a text in UTF-8, 8 of a number.',
    [bytesLike('value')],
    (of) => (at) => Buffer.from(of.get(at) ?? []).toString('hex'),
  ),
  converterFunction(
    'ParseInt',
    'The whole number that a text writes in a base from 2 to 36; base 0 reads it from a prefix such as 0x.',
    [text('target'), int('base')],
    (target, base) => (at) => {
      const digits = target.get(at);
      if (digits === '') fail('ParseInt needs a text that is not empty');
      const radix = Number(base.get(at));
      if (radix < 0) fail(`invalid base ${radix}, it can not be negative`);
      return parseIntText(digits, radix);
    },
  ),
  converterFunction('Coalesce', 'The first of some values that is not nil.', [listOf(value('values'))], (values) => {
    if (values.length === 0) fail('Coalesce needs at least one value');
    return (at) => {
      for (const each of values) {
        const found = each.get(at);
        if (found !== null) return found;
      }
      return null;
    };
  }),
  test('IsBool', 'a bool', (each) => typeof each === 'boolean'),
  test('IsDouble', 'a double', isDouble),
  test('IsInt', 'a whole number', isInt),
  test('IsList', 'a list', (each) => isList(each) || (each instanceof Parts && each.count >= 0)),
  test('IsMap', 'a map', (each) => each instanceof Map),
  test('IsString', 'a text', (each) => typeof each === 'string'),
  converterFunction(
    'IsEmpty',
    'Whether a value is nil, an empty text, list or map, 0 or false.',
    [value('value')],
    (of) => (at) => isEmpty(of.get(at)),
  ),
  converterFunction(
    'Len',
    'The bytes of a text, the items of a list, the entries of a map.',
    [value('target')],
    (target) => (at) => lengthOf(target.get(at)),
  ),
];

function test(name: string, what: string, is: (each: Value) => boolean): OttlFunction {
  return converterFunction(name, `Whether a value is ${what}.`, [value('value')], (of) => (at) => is(of.get(at)));
}

function isEmpty(value: Value): boolean {
  if (value === null || value === '' || value === false) return true;
  if (isNumber(value)) return numberOf(value) === 0;
  if (isList(value) || value instanceof Uint8Array) return value.length === 0;
  if (value instanceof Map) return value.size === 0;
  if (value instanceof Duration) return value.ns === 0n;
  if (value instanceof Id) return /^0*$/.test(value.hex);
  // Go's zero time is that of the year 1, which no item has.
  return value instanceof Time ? false : value instanceof Parts && value.count === 0;
}

function lengthOf(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (isList(value) || value instanceof Uint8Array) return value.length;
  if (value instanceof Map) return value.size;
  if (value instanceof Parts && value.count >= 0) return value.count;
  return fail(`Len: a ${typeName(value)} has no length`);
}
