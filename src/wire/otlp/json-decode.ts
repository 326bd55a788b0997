import { DecodeError, excerpt, parseHexInto } from '#base';
import { ArenaWriter, type Signal } from '#pdata';
import { JSON_NUMBER, JsonReader } from './json-reader.ts';
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
 * An item that can't be read is left out alone, and a resource, scope or metric with its items, as in protobuf. Throws a DecodeError with
 * the byte offset where the text is no JSON, where none of its items can be read, and where it holds something else than such a request.
 */
export function transcodeJson(signal: Signal, body: Uint8Array): Transcoded {
  const transcoder = new Transcoder(body);
  transcoder.writeMessage(REQUEST_SCHEMA[signal], 0);
  transcoder.reader.end();
  transcoder.checkUnderstood(signal);
  const { writer, rejectedCount, rejectedReason } = transcoder;
  return { body: writer.finish(), rejectedCount, rejectedReason };
}

export interface Transcoded {
  readonly body: Uint8Array;
  /** Items, or points of metrics, that are no JSON of OTLP, and were left out. */
  readonly rejectedCount: number;
  readonly rejectedReason: string;
}

class Transcoder {
  readonly reader: JsonReader;
  readonly writer: ArenaWriter;
  rejectedCount = 0;
  rejectedReason = '';
  #mistake: DecodeError | undefined;
  #itemCount = 0;
  /** A key that OTLP doesn't have, in a message that lacks the list which holds the items. */
  #strangeKey: string | undefined;

  constructor(body: Uint8Array) {
    this.reader = new JsonReader(body);
    this.writer = new ArenaWriter(body.length);
  }

  /** Throws where nothing of the body could be used, so that its sender learns it. */
  checkUnderstood(signal: Signal): void {
    if (this.#itemCount > 0) return;
    if (this.#mistake !== undefined) throw this.#mistake;
    if (this.#strangeKey === undefined) return;
    const list = REQUEST_SCHEMA[signal].fields[0]!.name;
    const other = Object.entries(REQUEST_SCHEMA).find(([, schema]) => schema.byName.has(this.#strangeKey!))?.[0];
    const wayOut = other === undefined ? `a request for ${signal} holds "${list}"` : `send ${other} to /v1/${other}`;
    throw new DecodeError(`nothing in it belongs to such a request: found "${excerpt(this.#strangeKey)}"; ${wayOut}`);
  }

  writeMessage(schema: MessageSchema, depth: number): void {
    const { reader } = this;
    // Only attribute values nest so deep. What was written so far is too deep for the decoder, which rejects the item.
    if (depth > DEPTH_LIMIT) {
      reader.skipValue();
      return;
    }
    let strange: string | undefined;
    let hasList = false;
    let mistake: DecodeError | undefined;
    reader.readObject((key) => {
      const field = schema.byName.get(key);
      hasList ||= field?.isList === true;
      if (field === undefined) {
        strange ??= key;
        reader.skipValue();
      } else if (field.leadsToItems) this.#writeItems(field, depth);
      else if (schema.holdsItems) mistake = this.#attempt(this.#writeValue, field, depth) ?? mistake;
      else this.#writeValue(field, depth);
    });
    if (!hasList && schema.holdsList && strange !== undefined) this.#strangeKey ??= strange;
    // Only now all that belongs to it is counted.
    if (mistake !== undefined) throw mistake;
  }

  readonly #writeValue = (field: FieldSchema, depth: number): void => {
    if (field.repeated) this.reader.readArray(() => this.#writeField(field, depth));
    else this.#writeField(field, depth);
  };

  readonly #writeElements = (field: FieldSchema, depth: number): void => {
    this.reader.readArray(() => this.#writeElement(field, depth));
  };

  /** The list of the items, or one on the way there. */
  #writeItems(field: FieldSchema, depth: number): void {
    const mistake = this.#attempt(this.#writeElements, field, depth);
    if (mistake !== undefined) this.#reject(mistake, 1);
  }

  /** An item, or a resource, scope or metric with its items. */
  #writeElement(field: FieldSchema, depth: number): void {
    const before = this.#itemCount;
    const rejectedBefore = this.rejectedCount;
    const mistake = this.#attempt(this.#writeField, field, depth);
    const accepted = this.#itemCount - before;
    const isUncounted = accepted === 0 && this.rejectedCount === rejectedBefore;
    if (mistake !== undefined) {
      this.#itemCount = before;
      this.#reject(mistake, isUncounted ? 1 : accepted);
    } else if (field.isItem && isUncounted) {
      // A metric counts by its points, if it has some.
      this.#itemCount++;
    }
  }

  #reject(mistake: DecodeError, count: number): void {
    this.rejectedCount += count;
    this.#mistake ??= mistake;
    this.rejectedReason ||= mistake.message;
  }

  /** Leaves the value out where it can't be read and where it ends is clear: the rest of the body goes on without it. */
  #attempt(
    write: (field: FieldSchema, depth: number) => void,
    field: FieldSchema,
    depth: number,
  ): DecodeError | undefined {
    const { reader, writer } = this;
    const { at } = reader;
    const { length } = writer;
    try {
      write(field, depth);
      return undefined;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      reader.at = at;
      writer.truncate(length);
      reader.skipValue();
      return error;
    }
  }

  readonly #writeField = (field: FieldSchema, depth: number): void => {
    const { reader, writer } = this;
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
      this.writeMessage(type, depth + 1);
      writer.end(mark);
    }
  };
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
