import { DecodeError, excerpt, parseHexInto } from '#base';
import { ArenaWriter, type Signal } from '#pdata';
import { JsonReader } from './json-reader.ts';
import {
  type EnumSchema,
  type FieldSchema,
  type MessageSchema,
  REQUEST_SCHEMA,
  type ScalarType,
} from './json-schema.ts';

/** Levels of messages; an attribute value may use three for each of its own (VALUE_DEPTH_LIMIT is checked by the decoder). */
const DEPTH_LIMIT = 128;
const QUOTE = 0x22;

/**
 * Rewrites an OTLP/JSON request as protobuf, so that all telemetry has one form from here on. Lenient as the Go collector
 * (opentelemetry-collector@934999f pdata/internal/json): keys in lowerCamelCase or snake_case, enums as numbers or names, numbers as
 * numbers or strings, ids as hex of either case, unknown keys skipped, `null` as an empty request. 64-bit integers keep all digits.
 * More lenient in what the JSON mapping of protobuf allows: null as absent for every field, enum numbers as strings, base64 without padding
 * and for URLs. Stricter where data would be lost without a word: text behind the request. json-otelcol.test.ts has both side by side.
 * Throws a DecodeError with the byte offset.
 */
export function transcodeJson(signal: Signal, body: Uint8Array): Uint8Array {
  const reader = new JsonReader(body);
  const writer = new ArenaWriter(body.length);
  writeMessage(reader, writer, REQUEST_SCHEMA[signal], 0);
  reader.end();
  return writer.finish();
}

function writeMessage(reader: JsonReader, writer: ArenaWriter, schema: MessageSchema, depth: number): void {
  if (depth > DEPTH_LIMIT) throw reader.error(`nested deeper than ${DEPTH_LIMIT} levels`);
  reader.readObject((key) => {
    const field = schema.byName.get(key);
    if (field === undefined) reader.skipValue(depth);
    else if (field.repeated) reader.readArray(() => writeField(reader, writer, field, depth));
    else writeField(reader, writer, field, depth);
  });
}

function writeField(reader: JsonReader, writer: ArenaWriter, field: FieldSchema, depth: number): void {
  const { type } = field;
  if (reader.skipNull()) {
    // null inside an array is an empty item: left out it would move those behind it. Elsewhere it is absent.
    if (field.repeated) writeEmpty(reader, writer, field);
  } else if (typeof type === 'string') {
    writeScalar(reader, writer, field.number, type);
  } else if (type.kind === 'enum') {
    writer.tag(field.number, 0);
    const value = readEnum(reader, type);
    if (value >= 0) writer.varint(value);
    else writer.varint64(BigInt(value));
  } else {
    const mark = writer.begin(field.number);
    writeMessage(reader, writer, type, depth + 1);
    writer.end(mark);
  }
}

function writeEmpty(reader: JsonReader, writer: ArenaWriter, { number, type }: FieldSchema): void {
  if (typeof type !== 'string' || type === 'string') writer.end(writer.begin(number));
  else throw reader.error('expected a number, got null');
}

const WIRE_TYPE: Readonly<Record<ScalarType, number>> = {
  string: 2,
  bytes: 2,
  id: 2,
  bool: 0,
  uint32: 0,
  sint32: 0,
  int64: 0,
  uint64: 0,
  fixed32: 5,
  fixed64: 1,
  sfixed64: 1,
  double: 1,
};

function writeScalar(reader: JsonReader, writer: ArenaWriter, number: number, type: ScalarType): void {
  if (type === 'string') {
    writer.bytesField(number, Buffer.from(reader.readString(), 'utf8'));
    return;
  }
  if (type === 'bytes' || type === 'id') {
    const at = reader.at;
    const text = reader.readString();
    writer.bytesField(number, type === 'id' ? hexBytes(text, at) : base64Bytes(text, at));
    return;
  }
  writer.tag(number, WIRE_TYPE[type]);
  switch (type) {
    case 'bool':
      writer.varint(reader.readBoolean() ? 1 : 0);
      return;
    case 'double':
      writer.double(readDoubleText(reader));
      return;
    case 'uint32':
      writer.varint(Number(readInteger(reader, 0n, 0xffff_ffffn)));
      return;
    case 'fixed32':
      writer.fixed32(Number(readInteger(reader, 0n, 0xffff_ffffn)));
      return;
    case 'sint32': {
      const value = Number(readInteger(reader, -0x8000_0000n, 0x7fff_ffffn));
      writer.varint(((value << 1) ^ (value >> 31)) >>> 0);
      return;
    }
    case 'fixed64':
      writer.fixed64(readInteger(reader, 0n, 0xffff_ffff_ffff_ffffn));
      return;
    case 'uint64':
      writer.varint64(readInteger(reader, 0n, 0xffff_ffff_ffff_ffffn));
      return;
    case 'sfixed64':
      writer.fixed64(readInteger(reader, -0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn));
      return;
    default:
      writer.varint64(readInteger(reader, -0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn));
  }
}

function readInteger(reader: JsonReader, min: bigint, max: bigint): bigint {
  const { text, isQuoted, at } = readNumber(reader);
  if (!(isQuoted ? /^-?\d{1,20}$/ : /^-?(0|[1-9]\d{0,19})$/).test(text)) {
    throw reader.error(`expected a whole number, got ${excerpt(text)}`, at);
  }
  const value = BigInt(text);
  if (value < min || value > max) throw reader.error(`${text} is out of range`, at);
  return value;
}

/** What JSON calls a number. */
const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/;
/** In a string: what Go's strconv.ParseFloat takes, without hexadecimal. */
const GO_NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/;
const GO_INFINITY = /^([-+]?)inf(inity)?$/i;

function readDoubleText(reader: JsonReader): number {
  const { text, isQuoted, at } = readNumber(reader);
  if (isQuoted) {
    if (/^nan$/i.test(text)) return Number.NaN;
    const sign = GO_INFINITY.exec(text)?.[1];
    if (sign !== undefined) return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (!(isQuoted ? GO_NUMBER : JSON_NUMBER).test(text)) {
    throw reader.error(`expected a number, got ${excerpt(text)}`, at);
  }
  const value = Number(text);
  if (!Number.isFinite(value)) throw reader.error(`${excerpt(text)} is out of range`, at);
  return value;
}

const INT32_MAX = 0x7fff_ffff;

function readEnum(reader: JsonReader, schema: EnumSchema): number {
  const { text, isQuoted, at } = readNumber(reader);
  const named = isQuoted ? schema.values.get(text) : undefined;
  if (named !== undefined) return named;
  const value = /^-?(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= -INT32_MAX - 1 && value <= INT32_MAX)) {
    throw reader.error(`expected an enum value, got ${excerpt(text)}`, at);
  }
  return value;
}

function readNumber(reader: JsonReader): { readonly text: string; readonly isQuoted: boolean; readonly at: number } {
  const isQuoted = reader.peek() === QUOTE;
  const { at } = reader;
  return { text: reader.readNumberText(), isQuoted, at };
}

/** Both alphabets. */
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** With or without padding, and with line breaks, which Go skips too. */
function base64Bytes(text: string, at: number): Uint8Array {
  const digits = text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, '') : text;
  const isWhole = digits.endsWith('=') ? digits.length % 4 === 0 : digits.length % 4 !== 1;
  if (!isWhole || !BASE64.test(digits)) {
    throw new DecodeError(`invalid JSON at byte ${at}: ${excerpt(text)} is not base64`, at);
  }
  return Buffer.from(text, 'base64');
}

function hexBytes(text: string, at: number): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  if (parseHexInto(text, bytes, 0) < 0)
    throw new DecodeError(`invalid JSON at byte ${at}: ${excerpt(text)} is not hex`, at);
  return bytes;
}
