import { hexAt } from '#base';
import {
  type Batch,
  cursor,
  readDouble,
  readUint32,
  readVarint32,
  readVarint64Into,
  type Signal,
  skipValue,
  textAt,
} from '#pdata';
import { encodeOtlp } from './encode.ts';
import { type FieldSchema, type MessageSchema, REQUEST_SCHEMA, type ScalarType } from './json-schema.ts';

/** A batch as OTLP/JSON: ids in hex, 64-bit integers as strings, enums as numbers, empty fields left out. */
export function encodeOtlpJson(batch: Batch): string {
  return JSON.stringify(protobufToJson(batch.signal, encodeOtlp(batch)));
}

/** An Export…ServiceRequest in protobuf as the plain object that OTLP/JSON stands for. */
function protobufToJson(signal: Signal, bytes: Uint8Array): unknown {
  return messageToJson(bytes, 0, bytes.length, REQUEST_SCHEMA[signal]);
}

type JsonObject = { [key: string]: unknown };

function messageToJson(bytes: Uint8Array, from: number, to: number, schema: MessageSchema): JsonObject {
  const object: JsonObject = {};
  for (let at = from; at < to; ) {
    const tag = readVarint32(bytes, at);
    const start = cursor.at;
    at = skipValue(bytes, start, tag & 7);
    const field = schema.byNumber.get(tag >>> 3);
    if (field === undefined) continue;
    if (!field.repeated) object[field.name] = fieldToJson(bytes, start, at, field);
    else {
      object[field.name] ??= [];
      const list = object[field.name] as unknown[];
      if ((tag & 7) === 2 && isPackable(field)) readPacked(bytes, start, at, field.type as ScalarType, list);
      else list.push(fieldToJson(bytes, start, at, field));
    }
  }
  return object;
}

function isPackable(field: FieldSchema): boolean {
  return typeof field.type === 'string' && field.type !== 'string' && field.type !== 'bytes' && field.type !== 'id';
}

function readPacked(bytes: Uint8Array, start: number, end: number, type: ScalarType, list: unknown[]): void {
  readVarint32(bytes, start);
  const wireType = type === 'uint64' || type === 'int64' ? 0 : type === 'fixed32' ? 5 : 1;
  for (let at = cursor.at; at < end; ) {
    const next = skipValue(bytes, at, wireType);
    list.push(scalarToJson(bytes, at, next, type));
    at = next;
  }
}

function fieldToJson(bytes: Uint8Array, start: number, end: number, field: FieldSchema): unknown {
  const { type } = field;
  if (typeof type === 'string') return scalarToJson(bytes, start, end, type);
  if (type.kind === 'enum') return readVarint32(bytes, start);
  readVarint32(bytes, start);
  return messageToJson(bytes, cursor.at, end, type);
}

const words = new Uint32Array(2);
const signed = new BigInt64Array(words.buffer);
const unsigned = new BigUint64Array(words.buffer);

function scalarToJson(bytes: Uint8Array, at: number, end: number, type: ScalarType): unknown {
  switch (type) {
    case 'string':
    case 'bytes':
    case 'id': {
      const length = readVarint32(bytes, at);
      if (type === 'string') return textAt(bytes, cursor.at, length);
      if (type === 'id') return hexAt(bytes, cursor.at, length);
      return Buffer.from(bytes.subarray(cursor.at, end)).toString('base64');
    }
    case 'bool':
      return readVarint32(bytes, at) !== 0;
    case 'uint32':
      return readVarint32(bytes, at);
    case 'fixed32':
      return readUint32(bytes, at);
    case 'sint32': {
      const value = readVarint32(bytes, at);
      return (value >>> 1) ^ -(value & 1);
    }
    case 'double': {
      const value = readDouble(bytes, at);
      return Number.isFinite(value) ? value : String(value);
    }
    case 'int64':
      readVarint64Into(bytes, at, words, 0);
      return signed[0]!.toString();
    case 'uint64':
      readVarint64Into(bytes, at, words, 0);
      return unsigned[0]!.toString();
    default:
      words[0] = readUint32(bytes, at);
      words[1] = readUint32(bytes, at + 4);
      return (type === 'sfixed64' ? signed : unsigned)[0]!.toString();
  }
}
