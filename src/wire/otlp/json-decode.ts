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

/**
 * Rewrites an OTLP/JSON request as protobuf, so that all telemetry has one form from here on. Lenient as the Go collector
 * (opentelemetry-collector@934999f pdata/internal/json): keys in lowerCamelCase or snake_case, enums as numbers or names, numbers as
 * numbers or strings, ids as hex of either case, unknown keys skipped, null as absent. 64-bit integers keep all digits.
 * Throws a DecodeError with the byte offset.
 */
export function transcodeJson(signal: Signal, body: Uint8Array): Uint8Array {
  const reader = new JsonReader(body);
  const writer = new ArenaWriter(body.length);
  if (reader.peek() !== 0x7b) throw reader.error('expected an object');
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
  if (typeof type === 'string') {
    if (reader.skipNull()) return;
    writeScalar(reader, writer, field.number, type);
  } else if (type.kind === 'enum') {
    if (reader.skipNull()) return;
    writer.tag(field.number, 0);
    writer.varint(readEnum(reader, type));
  } else {
    if (reader.skipNull()) {
      // null inside an array of values is an empty value; elsewhere it is absent.
      if (field.repeated && type.name === 'AnyValue') writer.end(writer.begin(field.number));
      return;
    }
    const mark = writer.begin(field.number);
    writeMessage(reader, writer, type, depth + 1);
    writer.end(mark);
  }
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
    writer.bytesField(number, type === 'id' ? hexBytes(text, at) : Buffer.from(text, 'base64'));
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
  reader.peek();
  const at = reader.at;
  const text = reader.readNumberText();
  if (!/^-?\d{1,20}$/.test(text)) throw reader.error(`expected a whole number, got ${excerpt(text)}`, at);
  const value = BigInt(text);
  if (value < min || value > max) throw reader.error(`${text} is out of range`, at);
  return value;
}

function readDoubleText(reader: JsonReader): number {
  reader.peek();
  const at = reader.at;
  const text = reader.readNumberText();
  if (text === 'NaN') return Number.NaN;
  if (text === 'Infinity') return Number.POSITIVE_INFINITY;
  if (text === '-Infinity') return Number.NEGATIVE_INFINITY;
  if (!/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) {
    throw reader.error(`expected a number, got ${excerpt(text)}`, at);
  }
  return Number(text);
}

function readEnum(reader: JsonReader, schema: EnumSchema): number {
  const quoted = reader.peek() === 0x22;
  const at = reader.at;
  const text = reader.readNumberText();
  const named = schema.values.get(text);
  if (named !== undefined) return named;
  if (!/^\d{1,9}$/.test(text)) {
    // Like the collector, an unknown name counts as the zero value; anything else is an error.
    if (quoted && !/^-?\d/.test(text)) return 0;
    throw reader.error(`expected an enum value, got ${excerpt(text)}`, at);
  }
  return Number(text);
}

function hexBytes(text: string, at: number): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  if (parseHexInto(text, bytes, 0) < 0)
    throw new DecodeError(`invalid JSON at byte ${at}: ${excerpt(text)} is not hex`, at);
  return bytes;
}
