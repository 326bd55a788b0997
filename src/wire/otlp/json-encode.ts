import {
  type Batch,
  cursor,
  readDouble,
  readUint32,
  readVarint32,
  readVarint64Into,
  type Signal,
  skipValue,
} from '#pdata';
import { encodeOtlp } from './encode.ts';
import { type FieldSchema, type MessageSchema, REQUEST_SCHEMA, type ScalarType } from './json-schema.ts';
import { JsonWriter } from './json-writer.ts';

const out = new JsonWriter();
const KEPT_BYTES = 16 * 1024 * 1024;

/** A batch as OTLP/JSON: ids in hex, 64-bit integers as strings, enums as numbers, empty fields left out. */
export function encodeOtlpJson(batch: Batch): Buffer {
  const bytes = encodeOtlp(batch);
  writeMessage(bytes, 0, bytes.length, REQUEST_WRITERS[batch.signal]);
  return out.take(KEPT_BYTES);
}

const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;

/** How a field is written. */
interface FieldWriter {
  readonly number: number;
  /** `"name":` */
  readonly key: Uint8Array;
  readonly repeated: boolean;
  /** Of a message. */
  readonly fields: MessageWriters | undefined;
  /** Of all others. */
  readonly scalar: ScalarType;
  /** The wire type of a value in a packed list; -1 where there is none. */
  readonly packedType: number;
}

/** By field number, which is below 32 for all fields of OTLP. */
type MessageWriters = (FieldWriter | undefined)[];

/** `made`: those of messages that were met before. */
function writersOf(schema: MessageSchema, made: Map<MessageSchema, MessageWriters>): MessageWriters {
  let writers = made.get(schema);
  if (writers !== undefined) return writers;
  writers = [];
  // Before its fields are looked at: values hold values.
  made.set(schema, writers);
  for (const field of schema.fields) writers[field.number] = writerOf(field, made);
  return writers;
}

function writerOf(
  { name, number, type, repeated }: FieldSchema,
  made: Map<MessageSchema, MessageWriters>,
): FieldWriter {
  const isMessage = typeof type !== 'string' && type.kind === 'message';
  const scalar = typeof type === 'string' ? type : 'uint32';
  return {
    number,
    key: Buffer.from(`"${name}":`),
    repeated,
    fields: isMessage ? writersOf(type, made) : undefined,
    scalar,
    packedType: isMessage ? -1 : packedTypeOf(scalar),
  };
}

function packedTypeOf(type: ScalarType): number {
  switch (type) {
    case 'string':
    case 'bytes':
    case 'id':
      return -1;
    case 'fixed32':
      return 5;
    case 'fixed64':
    case 'sfixed64':
    case 'double':
      return 1;
    default:
      return 0;
  }
}

const REQUEST_WRITERS = requestWriters();

function requestWriters(): Readonly<Record<Signal, MessageWriters>> {
  const made = new Map<MessageSchema, MessageWriters>();
  return {
    traces: writersOf(REQUEST_SCHEMA.traces, made),
    logs: writersOf(REQUEST_SCHEMA.logs, made),
    metrics: writersOf(REQUEST_SCHEMA.metrics, made),
  };
}

/** Writes the fields in the order in which they come, as long as each comes once, and lists without others between. */
function writeMessage(bytes: Uint8Array, from: number, to: number, fields: MessageWriters): void {
  const start = out.length;
  let seen = 0;
  out.byte(OPEN);
  for (let at = from; at < to; ) {
    const tag = readVarint32(bytes, at);
    const valueAt = cursor.at;
    const field = fields[tag >>> 3];
    if (field === undefined) {
      at = skipValue(bytes, valueAt, tag & 7);
      continue;
    }
    if (((seen >>> field.number) & 1) === 1) {
      out.truncate(start);
      writeScattered(bytes, from, to, fields);
      return;
    }
    if (seen !== 0) out.byte(COMMA);
    seen |= 1 << field.number;
    out.ascii(field.key);
    if (field.repeated) at = writeList(bytes, at, to, field, false);
    else {
      at = skipValue(bytes, valueAt, tag & 7);
      writeValue(bytes, valueAt, at, field);
    }
  }
  out.byte(CLOSE);
}

/** A message in which a field comes again after others: the last value counts, and all parts of a list. */
function writeScattered(bytes: Uint8Array, from: number, to: number, fields: MessageWriters): void {
  let seen = 0;
  out.byte(OPEN);
  for (let at = from; at < to; ) {
    const tag = readVarint32(bytes, at);
    const field = fields[tag >>> 3];
    const fieldAt = at;
    at = skipValue(bytes, cursor.at, tag & 7);
    if (field === undefined || ((seen >>> field.number) & 1) === 1) continue;
    if (seen !== 0) out.byte(COMMA);
    seen |= 1 << field.number;
    out.ascii(field.key);
    if (field.repeated) writeList(bytes, fieldAt, to, field, true);
    else writeLast(bytes, fieldAt, to, field);
  }
  out.byte(CLOSE);
}

function writeLast(bytes: Uint8Array, from: number, to: number, field: FieldWriter): void {
  let lastAt = from;
  let lastEnd = to;
  for (let at = from; at < to; ) {
    const tag = readVarint32(bytes, at);
    const valueAt = cursor.at;
    at = skipValue(bytes, valueAt, tag & 7);
    if (tag >>> 3 !== field.number) continue;
    lastAt = valueAt;
    lastEnd = at;
  }
  writeValue(bytes, lastAt, lastEnd, field);
}

/** Writes the list that begins at `from`, up to the first other field, or with the parts behind others. Returns where it ends. */
function writeList(bytes: Uint8Array, from: number, to: number, field: FieldWriter, isScattered: boolean): number {
  let isFirst = true;
  let at = from;
  out.byte(OPEN_LIST);
  while (at < to) {
    const tag = readVarint32(bytes, at);
    const valueAt = cursor.at;
    if (tag >>> 3 !== field.number) {
      if (!isScattered) break;
      at = skipValue(bytes, valueAt, tag & 7);
      continue;
    }
    at = skipValue(bytes, valueAt, tag & 7);
    if ((tag & 7) === 2 && field.packedType >= 0) isFirst = writePacked(bytes, valueAt, at, field, isFirst);
    else {
      if (!isFirst) out.byte(COMMA);
      isFirst = false;
      writeValue(bytes, valueAt, at, field);
    }
  }
  out.byte(CLOSE_LIST);
  return at;
}

/** Returns whether the list is still empty. */
function writePacked(bytes: Uint8Array, start: number, end: number, field: FieldWriter, isFirst: boolean): boolean {
  let isEmpty = isFirst;
  readVarint32(bytes, start);
  for (let at = cursor.at; at < end; ) {
    const next = skipValue(bytes, at, field.packedType);
    if (!isEmpty) out.byte(COMMA);
    isEmpty = false;
    writeScalar(bytes, at, field.scalar);
    at = next;
  }
  return isEmpty;
}

function writeValue(bytes: Uint8Array, at: number, end: number, { fields, scalar }: FieldWriter): void {
  if (fields === undefined) writeScalar(bytes, at, scalar);
  else {
    readVarint32(bytes, at);
    writeMessage(bytes, cursor.at, end, fields);
  }
}

const words = new Uint32Array(2);
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

function writeScalar(bytes: Uint8Array, at: number, type: ScalarType): void {
  switch (type) {
    case 'string': {
      const length = readVarint32(bytes, at);
      out.string(bytes, cursor.at, length);
      return;
    }
    case 'id': {
      const length = readVarint32(bytes, at);
      out.hex(bytes, cursor.at, length);
      return;
    }
    case 'bytes': {
      const length = readVarint32(bytes, at);
      out.base64(bytes, cursor.at, length);
      return;
    }
    case 'bool':
      out.ascii(readVarint32(bytes, at) !== 0 ? TRUE : FALSE);
      return;
    case 'uint32':
      out.uint32(readVarint32(bytes, at));
      return;
    case 'fixed32':
      out.uint32(readUint32(bytes, at));
      return;
    case 'sint32': {
      const value = readVarint32(bytes, at);
      out.sint32((value >>> 1) ^ -(value & 1));
      return;
    }
    case 'double':
      out.double(readDouble(bytes, at));
      return;
    case 'int64':
      readVarint64Into(bytes, at, words, 0);
      out.int64(words[0]!, words[1]!);
      return;
    case 'uint64':
      readVarint64Into(bytes, at, words, 0);
      out.uint64(words[0]!, words[1]!);
      return;
    case 'fixed64':
      out.fixed64(bytes, at);
      return;
    case 'sfixed64':
      out.sfixed64(bytes, at);
      return;
  }
}
