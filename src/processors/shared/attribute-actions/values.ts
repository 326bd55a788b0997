import { createHash } from 'node:crypto';
import {
  type AnyValue,
  anyValueAt,
  type Chunk,
  type PreparedValue,
  readDouble,
  readInt64,
  VALUE_BOOL,
  VALUE_DOUBLE,
  VALUE_EMPTY,
  VALUE_INT,
  VALUE_STRING,
  valueText,
} from '#pdata';
import type { ConvertedType } from './config.ts';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * The lower-case hex SHA-256 of a value: of a text's UTF-8, of one byte for a bool, of 8 little-endian bytes for a number, and of the
 * encoded content for the rest. '' for no value (otelcol-contrib internal/coreinternal/attraction/hasher.go).
 */
export function hashOf({ arena }: Chunk, value: PreparedValue): string {
  if (value.type === VALUE_EMPTY) return '';
  let bytes = arena.subarray(value.at, value.at + value.length);
  if (value.type === VALUE_INT) {
    bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigInt64(0, readInt64(arena, value.at), true);
  }
  return createHash('sha256').update(bytes).digest('hex');
}

/** The value as another type, lying in the chunk's arena; undefined where it has that type or can't be converted. */
export function convert(chunk: Chunk, value: PreparedValue, to: ConvertedType): PreparedValue | undefined {
  const { arena } = chunk;
  const plain = anyValueAt(arena, value.type, value.at, value.length);
  if (to === 'string') return value.type === VALUE_STRING ? undefined : chunk.appendValue(valueText(plain));
  if (to === 'int') {
    const number = value.type === VALUE_INT ? undefined : intOf(value.type, plain);
    return number === undefined ? undefined : chunk.appendValue(number);
  }
  const number = value.type === VALUE_DOUBLE ? undefined : doubleOf(value.type, plain);
  return number === undefined ? undefined : appendDouble(chunk, number);
}

function intOf(type: number, value: AnyValue): bigint | undefined {
  if (type === VALUE_BOOL) return value === true ? 1n : 0n;
  let number: bigint | undefined;
  if (type === VALUE_DOUBLE && Number.isFinite(value)) number = BigInt(Math.trunc(value as number));
  if (type === VALUE_STRING && /^[+-]?\d+$/.test(value as string))
    number = BigInt((value as string).replace(/^\+/, ''));
  return number !== undefined && number >= INT64_MIN && number <= INT64_MAX ? number : undefined;
}

function doubleOf(type: number, value: AnyValue): number | undefined {
  if (type === VALUE_BOOL) return value === true ? 1 : 0;
  if (type === VALUE_INT) return Number(value);
  if (type !== VALUE_STRING) return undefined;
  const text = value as string;
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text);
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special === null) return undefined;
  if (special[2]!.toLowerCase() === 'nan') return Number.NaN;
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** A double that stays one even if it is whole. */
function appendDouble(chunk: Chunk, number: number): PreparedValue {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, number, true);
  return { type: VALUE_DOUBLE, at: chunk.append(bytes), length: 8 };
}

/** A scalar as text, for regular expressions; undefined for lists, maps and bytes. */
export function scalarText({ arena }: Chunk, value: PreparedValue): string | undefined {
  switch (value.type) {
    case VALUE_STRING:
    case VALUE_BOOL:
      return String(anyValueAt(arena, value.type, value.at, value.length));
    case VALUE_INT:
      return String(readInt64(arena, value.at));
    case VALUE_DOUBLE:
      return String(readDouble(arena, value.at));
    default:
      return undefined;
  }
}
