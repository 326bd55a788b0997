import { DecodeError, excerpt, messageOf } from '#base';
import { ProtoReader } from '../proto-reader.ts';
import {
  addressOf,
  ipv4Of,
  ipv6Of,
  type ZipkinAnnotation,
  type ZipkinEndpoint,
  type ZipkinSpan,
} from './zipkin-span.ts';

interface Json {
  readonly [key: string]: unknown;
}

/** A list of spans in JSON. Throws a DecodeError that names the span with a mistake. */
export function readZipkinJson(body: Uint8Array): ZipkinSpan[] {
  return listOf(parseJson(body)).map((span, i) => {
    try {
      return spanOf(objectOf(span, 'a span'));
    } catch (error) {
      throw new DecodeError(`span ${i}: ${messageOf(error)}`);
    }
  });
}

export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch (error) {
    throw new DecodeError(`not JSON: ${messageOf(error)}`);
  }
}

export function listOf(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new DecodeError('expected a list');
  return value;
}

export function objectOf(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new DecodeError(`expected ${what}, got ${excerpt(JSON.stringify(value) ?? 'nothing')}`);
}

export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new DecodeError(`expected a text, got ${excerpt(JSON.stringify(value))}`);
  return value;
}

export function microsOf(value: unknown): bigint {
  if (value === undefined || value === null) return 0n;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new DecodeError(`expected a whole number of microseconds, got ${excerpt(JSON.stringify(value))}`);
  }
  return BigInt(value);
}

/** Ids may be shorter than they are in OpenTelemetry. */
export function idOf(value: unknown, what: string, digits: 16 | 32, isRequired: boolean): string {
  const text = textOf(value);
  if (text === '' && !isRequired) return '';
  if (!/^[0-9a-f]+$/i.test(text) || text.length > digits) throw new DecodeError(`"${excerpt(text)}" is no ${what}`);
  const id = text.toLowerCase().padStart(digits, '0');
  if (isRequired && /^0+$/.test(id)) throw new DecodeError(`the ${what} is zero`);
  return /^0+$/.test(id) ? '' : id;
}

function spanOf(span: Json): ZipkinSpan {
  const durationUs = microsOf(span['duration']);
  if (durationUs < 0n) throw new DecodeError('a negative duration');
  const timestampUs = microsOf(span['timestamp']);
  return {
    traceId: idOf(span['traceId'], 'traceId', 32, true),
    id: idOf(span['id'], 'id', 16, true),
    parentId: idOf(span['parentId'], 'parentId', 16, false),
    name: textOf(span['name']),
    kind: textOf(span['kind']),
    timestampUs: timestampUs > 0n ? timestampUs : 0n,
    durationUs,
    localEndpoint: endpointOf(span['localEndpoint']),
    remoteEndpoint: endpointOf(span['remoteEndpoint']),
    annotations: listOf(span['annotations']).map(annotationOf),
    tags: tagsOf(span['tags']),
  };
}

export function endpointOf(value: unknown): ZipkinEndpoint | undefined {
  if (value === undefined || value === null) return undefined;
  const endpoint = objectOf(value, 'an endpoint');
  const port = endpoint['port'];
  return {
    serviceName: textOf(endpoint['serviceName']),
    ipv4: addressOf(endpoint['ipv4'], 4),
    ipv6: addressOf(endpoint['ipv6'], 6),
    port: typeof port === 'number' && Number.isInteger(port) ? port & 0xffff : 0,
  };
}

function annotationOf(value: unknown): ZipkinAnnotation {
  const annotation = objectOf(value, 'an annotation');
  return { timestampUs: microsOf(annotation['timestamp']), value: textOf(annotation['value']) };
}

function tagsOf(value: unknown): Map<string, string> {
  if (value === undefined || value === null) return new Map();
  return new Map(Object.entries(objectOf(value, 'tags')).map(([key, text]) => [key, textOf(text)]));
}

const KINDS = ['', 'CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'];

/** A zipkin.proto3.ListOfSpans. */
export function readZipkinProtobuf(body: Uint8Array): ZipkinSpan[] {
  const spans: ZipkinSpan[] = [];
  const list = new ProtoReader(body);
  while (list.next()) {
    if (list.field === 1) spans.push(readSpan(list.message()));
    else list.skip();
  }
  return spans;
}

function readSpan(message: ProtoReader): ZipkinSpan {
  const annotations: ZipkinAnnotation[] = [];
  const tags = new Map<string, string>();
  const span: ZipkinSpan = {
    traceId: '',
    id: '',
    parentId: '',
    name: '',
    kind: '',
    timestampUs: 0n,
    durationUs: 0n,
    localEndpoint: undefined,
    remoteEndpoint: undefined,
    annotations,
    tags,
  };
  while (message.next()) {
    const { field } = message;
    if (field === 1) span.traceId = hexOf(message.view(), 16);
    else if (field === 2) span.parentId = hexOf(message.view(), 8);
    else if (field === 3) span.id = hexOf(message.view(), 8);
    else if (field === 4) span.kind = KINDS[message.uint32()] ?? '';
    else if (field === 5) span.name = message.text();
    else if (field === 6) span.timestampUs = message.fixed64();
    else if (field === 7) span.durationUs = message.uint64();
    else if (field === 8) span.localEndpoint = readEndpoint(message.message());
    else if (field === 9) span.remoteEndpoint = readEndpoint(message.message());
    else if (field === 10) annotations.push(readAnnotation(message.message()));
    else if (field === 11) tags.set(...readTag(message.message()));
    else message.skip();
  }
  if (span.traceId === '' || span.id === '') throw new DecodeError('a span without a trace id or id', message.at);
  return span;
}

/** Shorter ids are filled up; all zeros are none. */
function hexOf(bytes: Uint8Array, length: number): string {
  if (bytes.length > length) throw new DecodeError(`an id of ${bytes.length} bytes, which has ${length} at most`);
  const hex = Buffer.from(bytes)
    .toString('hex')
    .padStart(2 * length, '0');
  return /^0+$/.test(hex) ? '' : hex;
}

function readEndpoint(message: ProtoReader): ZipkinEndpoint {
  const endpoint = { serviceName: '', ipv4: '', ipv6: '', port: 0 };
  while (message.next()) {
    if (message.field === 1) endpoint.serviceName = message.text();
    else if (message.field === 2) endpoint.ipv4 = ipv4Of(message.view());
    else if (message.field === 3) endpoint.ipv6 = ipv6Of(message.view());
    else if (message.field === 4) endpoint.port = message.uint32() & 0xffff;
    else message.skip();
  }
  return endpoint;
}

function readAnnotation(message: ProtoReader): ZipkinAnnotation {
  let timestampUs = 0n;
  let value = '';
  while (message.next()) {
    if (message.field === 1) timestampUs = message.fixed64();
    else if (message.field === 2) value = message.text();
    else message.skip();
  }
  return { timestampUs, value };
}

function readTag(message: ProtoReader): [string, string] {
  let key = '';
  let value = '';
  while (message.next()) {
    if (message.field === 1) key = message.text();
    else if (message.field === 2) value = message.text();
    else message.skip();
  }
  return [key, value];
}
