import { DecodeError, messageOf } from '#base';
import { type AnyValue, Double } from '#pdata';
import { TracesBuilder } from '../build/traces-builder.ts';
import { ThriftBinaryReader } from '../thrift/binary-reader.ts';
import { readStruct, readStructs, THRIFT, type ThriftReader } from '../thrift/thrift-reader.ts';
import { endpointOf, idOf, listOf, microsOf, objectOf, parseJson, textOf } from './read-v2.ts';
import { START_TIME_ABSENT } from './resource-tags.ts';
import { parsedTag } from './spans-v2.ts';
import { StatusOfV1 } from './status-v1.ts';
import { ipv6Of, type ZipkinEndpoint } from './zipkin-span.ts';

/** A span of Zipkin's first format, which says with annotations what the second has fields for. */
interface SpanV1 {
  traceId: string;
  id: string;
  parentId: string;
  name: string;
  timestampUs: bigint;
  durationUs: bigint;
  annotations: AnnotationV1[];
  binaryAnnotations: BinaryAnnotationV1[];
}
interface AnnotationV1 {
  timestampUs: bigint;
  value: string;
  endpoint: ZipkinEndpoint | undefined;
}
interface BinaryAnnotationV1 {
  key: string;
  value: AnyValue;
  endpoint: ZipkinEndpoint | undefined;
}

const NO_SERVICE = 'unknown-service';
const KINDS: Readonly<Record<string, number>> = { ss: 2, sr: 2, cs: 3, cr: 3, ms: 4, mr: 5 };
/** A binary annotation with this key names the service where no other does. */
const LOCAL_COMPONENT = 'lc';

/** Spans of the first format in JSON, as OTLP (contrib pkg/translator/zipkin@v0.161.0 zipkinv1/). Throws a DecodeError. */
export function readZipkinV1Json(body: Uint8Array, parsesTags: boolean, nowNs: bigint): TracesBuilder {
  const spans = listOf(parseJson(body)).map((value, i) => {
    try {
      return spanOfJson(value, parsesTags);
    } catch (error) {
      throw new DecodeError(`span ${i}: ${messageOf(error)}`);
    }
  });
  return builderOf(spans, nowNs);
}

/** The same in Thrift's binary protocol: a list of structs without a message around it. */
export function readZipkinV1Thrift(body: Uint8Array, nowNs: bigint): TracesBuilder {
  const reader = new ThriftBinaryReader(body);
  const spans: SpanV1[] = [];
  reader.fieldType = THRIFT.list;
  readStructs(reader, () => spans.push(readSpan(reader)));
  return builderOf(spans, nowNs);
}

function spanOfJson(value: unknown, parsesTags: boolean): SpanV1 {
  const span = objectOf(value, 'a span');
  return {
    traceId: idOf(span['traceId'], 'traceId', 32, true),
    id: idOf(span['id'], 'id', 16, true),
    parentId: idOf(span['parentId'], 'parentId', 16, false),
    name: textOf(span['name']),
    timestampUs: microsOf(span['timestamp']),
    durationUs: microsOf(span['duration']),
    annotations: listOf(span['annotations']).map((one) => {
      const annotation = objectOf(one, 'an annotation');
      return {
        timestampUs: microsOf(annotation['timestamp']),
        value: textOf(annotation['value']),
        endpoint: endpointOf(annotation['endpoint']),
      };
    }),
    binaryAnnotations: listOf(span['binaryAnnotations']).map((one) => {
      const annotation = objectOf(one, 'a binary annotation');
      const text = textOf(annotation['value']);
      return {
        key: textOf(annotation['key']),
        value: parsesTags ? parsedTag(text) : text,
        endpoint: endpointOf(annotation['endpoint']),
      };
    }),
  };
}

/** zipkinCore.thrift. */
function readSpan(reader: ThriftReader): SpanV1 {
  const span: SpanV1 = {
    traceId: '',
    id: '',
    parentId: '',
    name: '',
    timestampUs: 0n,
    durationUs: 0n,
    annotations: [],
    binaryAnnotations: [],
  };
  let low = 0n;
  let high = 0n;
  const i64 = (): bigint => (reader.is(THRIFT.i64) ? reader.i64() : 0n);
  readStruct(reader, (id) => {
    if (id === 1) low = i64();
    else if (id === 3) span.name = reader.is(THRIFT.string) ? reader.text() : '';
    else if (id === 4) span.id = hexOf(i64());
    else if (id === 5) span.parentId = hexOf(i64());
    else if (id === 6) readStructs(reader, () => span.annotations.push(readAnnotation(reader)));
    else if (id === 8) readStructs(reader, () => span.binaryAnnotations.push(readBinaryAnnotation(reader)));
    else if (id === 10) span.timestampUs = i64();
    else if (id === 11) span.durationUs = i64();
    else if (id === 12) high = i64();
    else reader.skipValue();
  });
  span.traceId = hexOf(high) + hexOf(low);
  if (/^0+$/.test(span.traceId) || /^0+$/.test(span.id) || span.id === '') {
    throw new DecodeError('a span without a trace id or id');
  }
  if (/^0+$/.test(span.parentId)) span.parentId = '';
  return span;
}

function hexOf(id: bigint): string {
  return BigInt.asUintN(64, id).toString(16).padStart(16, '0');
}

function readAnnotation(reader: ThriftReader): AnnotationV1 {
  const annotation: AnnotationV1 = { timestampUs: 0n, value: '', endpoint: undefined };
  readStruct(reader, (id) => {
    if (id === 1 && reader.is(THRIFT.i64)) annotation.timestampUs = reader.i64();
    else if (id === 2 && reader.is(THRIFT.string)) annotation.value = reader.text();
    else if (id === 3 && reader.is(THRIFT.struct)) annotation.endpoint = readEndpoint(reader);
    else if (id > 3) reader.skipValue();
  });
  return annotation;
}

function readBinaryAnnotation(reader: ThriftReader): BinaryAnnotationV1 {
  let key = '';
  let bytes: Uint8Array = new Uint8Array(0);
  let type = 0;
  let endpoint: ZipkinEndpoint | undefined;
  readStruct(reader, (id) => {
    if (id === 1 && reader.is(THRIFT.string)) key = reader.text();
    else if (id === 2 && reader.is(THRIFT.string)) bytes = reader.binary();
    else if (id === 3 && reader.is(THRIFT.i32)) type = reader.i32();
    else if (id === 4 && reader.is(THRIFT.struct)) endpoint = readEndpoint(reader);
    else if (id > 4) reader.skipValue();
  });
  return { key, value: annotationValue(type, bytes), endpoint };
}

/** AnnotationType: bool, bytes, i16, i32, i64, double, string. */
function annotationValue(type: number, bytes: Uint8Array): AnyValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isShort = bytes.length < ([0, 0, 2, 4, 8, 8, 0][type] ?? 0);
  if (isShort) return '<not enough bytes representing the number>';
  switch (type) {
    case 0:
      return bytes.length === 1 && bytes[0] === 1;
    case 1:
      return Buffer.from(bytes).toString('base64');
    case 2:
      return view.getUint16(0);
    case 3:
      return view.getUint32(0);
    case 4:
      return view.getBigInt64(0);
    case 5:
      return new Double(view.getFloat64(0));
    case 6:
      return Buffer.from(bytes).toString('utf8');
    default:
      return `<unknown zipkin v1 binary annotation type (${type})>`;
  }
}

function readEndpoint(reader: ThriftReader): ZipkinEndpoint {
  const endpoint = { serviceName: '', ipv4: '', ipv6: '', port: 0 };
  readStruct(reader, (id) => {
    if (id === 1 && reader.is(THRIFT.i32)) {
      const address = reader.i32();
      if (address !== 0) endpoint.ipv4 = [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
    } else if (id === 2 && reader.is(THRIFT.i16)) endpoint.port = reader.i16() & 0xffff;
    else if (id === 3 && reader.is(THRIFT.string)) endpoint.serviceName = reader.text();
    else if (id === 4 && reader.is(THRIFT.string)) endpoint.ipv6 = ipv6Of(reader.binary());
    else if (id > 4) reader.skipValue();
  });
  return endpoint;
}

function builderOf(spans: readonly SpanV1[], nowNs: bigint): TracesBuilder {
  const builder = new TracesBuilder();
  const groups = new Map<string, ReturnType<TracesBuilder['group']>>();
  for (const span of spans) {
    const endpoint = endpointOfSpan(span);
    const key = JSON.stringify(endpoint);
    let group = groups.get(key);
    if (group === undefined) {
      group = builder.group({ resource: resourceOf(endpoint) });
      groups.set(key, group);
    }
    addSpan(group, span, nowNs);
  }
  return builder;
}

/** Of the first annotation that says what kind of span it is; else whoever a binary annotation names. */
function endpointOfSpan({ annotations, binaryAnnotations }: SpanV1): ZipkinEndpoint {
  const own = annotations.find(({ value, endpoint }) => value in KINDS && (endpoint?.serviceName ?? '') !== '');
  if (own?.endpoint !== undefined) return own.endpoint;
  let serviceName = '';
  let component = '';
  for (const { key, value, endpoint } of binaryAnnotations) {
    if ((endpoint?.serviceName ?? '') !== '') serviceName = endpoint!.serviceName;
    if (key === LOCAL_COMPONENT && typeof value === 'string') component = value;
  }
  return { serviceName: serviceName || component || NO_SERVICE, ipv4: '', ipv6: '', port: 0 };
}

function resourceOf({ serviceName, ipv4, ipv6, port }: ZipkinEndpoint): [string, string][] {
  const resource: [string, string][] = [['service.name', serviceName]];
  if (ipv4 !== '') resource.push(['ipv4', ipv4]);
  if (ipv6 !== '') resource.push(['ipv6', ipv6]);
  if (port !== 0) resource.push(['port', String(port)]);
  return resource;
}

function addSpan(group: ReturnType<TracesBuilder['group']>, span: SpanV1, nowNs: bigint): void {
  const { annotations } = span;
  const attributes: [string, AnyValue][] = [];
  const status = new StatusOfV1();
  for (const { key, value } of span.binaryAnnotations) {
    const name = key === LOCAL_COMPONENT ? 'component' : key;
    if (!status.takes(name, value)) attributes.push([name, value]);
  }
  const said = annotations.filter(({ value }) => value !== '');
  let startUs = said.reduce((least, { timestampUs }) => (least < 0n || timestampUs < least ? timestampUs : least), -1n);
  let endUs = said.reduce((most, { timestampUs }) => (timestampUs > most ? timestampUs : most), 0n);
  if (span.timestampUs !== 0n) {
    startUs = span.timestampUs;
    endUs = span.timestampUs + span.durationUs;
  }
  let startNs = startUs > 0n ? startUs * 1000n : 0n;
  let endNs = endUs > 0n ? endUs * 1000n : 0n;
  if (startNs === 0n) {
    startNs = nowNs;
    endNs = nowNs;
    attributes.push([START_TIME_ABSENT, true]);
  }
  const first = said.find(({ value }) => value in KINDS);
  group.add({
    traceId: span.traceId,
    spanId: span.id,
    ...(span.parentId !== '' && { parentSpanId: span.parentId }),
    name: span.name,
    kind: first === undefined ? 0 : KINDS[first.value]!,
    startNs,
    endNs,
    ...status.status,
    attributes,
    events: said
      .filter(({ value }) => !(value in KINDS))
      .map(({ value, timestampUs }) => ({ name: value, timeNs: timestampUs > 0n ? timestampUs * 1000n : 0n })),
  });
}
