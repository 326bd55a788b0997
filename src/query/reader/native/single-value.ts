/** Single values behind the code of their type, and values of attributes out of what columns hold. */
import { DecodeError } from '#base';
import { readDouble } from '#pdata';
import { parseValueText, type StoredAttribute, type StoredValue } from '../value.ts';
import type { Input } from './input.ts';
import { readType, type Type } from './type.ts';

/** A value of an attribute behind the code of its type. */
export function readStored(input: Input): readonly StoredValue[] {
  const type = readType(input);
  return storedReader(type)(singleReader(type)(input));
}

/** Reads a value of a type in ClickHouse's RowBinary form, as a column's `values()` would give it. */
function singleReader(type: Type): (input: Input) => unknown {
  switch (type.name) {
    case 'Nothing':
      return () => null;
    case 'Bool':
      return (input) => input.byte() !== 0;
    case 'String':
      return (input) => input.text();
    case 'Array': {
      const element = singleReader(type.inner[0]!);
      return (input) => Array.from({ length: input.varint() }, () => element(input));
    }
    case 'Tuple': {
      const elements = type.inner.map(singleReader);
      return (input) => elements.map((read) => read(input));
    }
    case 'Nullable': {
      const inner = singleReader(type.inner[0]!);
      return (input) => (input.byte() === 0 ? inner(input) : null);
    }
    case 'Dynamic':
      return readStored;
    case 'JSON':
      return (input) =>
        Array.from({ length: input.varint() }, () => ({ key: input.text(), values: readStored(input) })).flatMap(
          ({ key, values }) => values.map((value) => ({ key, value })),
        );
    default:
      return numberReader(type.name);
  }
}

function numberReader(name: string): (input: Input) => number | bigint {
  const widthBytes = Number(/\d+$/.exec(name)?.[0]) / 8;
  if (name === 'Float64') return (input) => readDouble(input.bytes, input.advance(8));
  if (name === 'Float32') return (input) => input.bytes.readFloatLE(input.advance(4));
  if (name === 'Int64') return (input) => exact(input.bytes.readBigInt64LE(input.advance(8)));
  if (name === 'UInt64') return (input) => exact(input.bytes.readBigUInt64LE(input.advance(8)));
  if (/^Int\d+$/.test(name)) return (input) => input.bytes.readIntLE(input.advance(widthBytes), widthBytes);
  if (/^UInt\d+$/.test(name)) return (input) => input.bytes.readUIntLE(input.advance(widthBytes), widthBytes);
  throw new DecodeError(`values of type ${name} are not known here`);
}

function exact(value: bigint): number | bigint {
  return BigInt.asIntN(54, value) === value ? Number(value) : value;
}

/** Makes values of attributes out of a column's value of this type: several of what a key has several of. */
export function storedReader(type: Type): (value: unknown) => readonly StoredValue[] {
  // Values that have no type of their own in the store are JSON texts in Array(Tuple(json String)).
  if (type.name === 'Array' && type.inner[0]!.name === 'Tuple') {
    return (value) => (value as readonly (readonly string[])[]).map(([text]) => parseValueText(text ?? 'null'));
  }
  const read = oneReader(type);
  return (value) => [read(value)];
}

const EMPTY: StoredValue = { type: 'empty', value: null };

function oneReader(type: Type): (value: unknown) => StoredValue {
  switch (type.name) {
    case 'Nothing':
      return () => EMPTY;
    case 'String':
      return (value) => ({ type: 'string', value: value as string });
    case 'Bool':
      return (value) => ({ type: 'bool', value: value as boolean });
    case 'Float32':
    case 'Float64':
      return (value) => ({ type: 'double', value: value as number });
    case 'JSON':
      return (value) => ({ type: 'map', value: value as readonly StoredAttribute[] });
    case 'Dynamic':
      return (value) => (value as readonly StoredValue[] | undefined)?.[0] ?? EMPTY;
    case 'Nullable':
    case 'LowCardinality': {
      const inner = oneReader(type.inner[0]!);
      return (value) => (value === null ? EMPTY : inner(value));
    }
    case 'Array': {
      if (type.inner[0]!.name === 'UInt8')
        return (value) => ({ type: 'bytes', value: Uint8Array.from(value as readonly number[]) });
      const element = oneReader(type.inner[0]!);
      return (value) => ({ type: 'array', value: (value as readonly unknown[]).map(element) });
    }
    case 'Tuple': {
      const elements = type.inner.map(oneReader);
      return (value) => ({ type: 'array', value: elements.map((read, i) => read((value as readonly unknown[])[i])) });
    }
    default:
      if (!/^U?Int(8|16|32|64)$/.test(type.name))
        throw new DecodeError(`values of type ${type.name} are not known here`);
      return (value) => ({ type: 'int', value: value as number | bigint });
  }
}
