import { connect } from 'node:http2';
import * as grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import type { Signal } from '#pdata';
import { encodeReference, type ReferenceObject } from '../../src/wire/testing/otlp-reference.ts';

/** OTLP as other people's programs send it: built by protobufjs, sent by fetch and grpc-js. Nothing of the product is in the way. */

export const PROTO: Readonly<Record<string, string>> = { 'content-type': 'application/x-protobuf' };
export const JSON_TYPE: Readonly<Record<string, string>> = { 'content-type': 'application/json' };

/** What an Export…ServiceResponse says. */
export interface ExportAnswer {
  readonly rejectedCount: number;
  readonly message: string;
}

const answers = protobuf.parse(`
syntax = "proto3";
message Response { PartialSuccess partial_success = 1; }
message PartialSuccess { int64 rejected = 1; string error_message = 2; }
message Status { int32 code = 1; string message = 2; }
`).root;

export function decodeAnswer(bytes: Uint8Array): ExportAnswer {
  const answer = answers.lookupType('Response').decode(bytes) as { partialSuccess?: Record<string, unknown> };
  return {
    rejectedCount: Number(answer.partialSuccess?.rejected ?? 0),
    message: String(answer.partialSuccess?.errorMessage ?? ''),
  };
}

/** The google.rpc.Status of an OTLP/HTTP error in protobuf. */
export function decodeStatus(bytes: Uint8Array): { readonly code: number; readonly message: string } {
  return answers.lookupType('Status').decode(bytes) as unknown as { code: number; message: string };
}

/** Each request has a connection of its own: one that is kept may be closed by the other side at the moment it is used again. */
export function post(
  url: string,
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>> = PROTO,
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body: body as NonNullable<RequestInit['body']>,
    headers: { connection: 'close', ...headers },
  });
}

/** Sends a request over OTLP/HTTP; throws unless it was taken completely. */
export async function send(otlpUrl: string, signal: Signal, request: ReferenceObject): Promise<void> {
  const response = await post(`${otlpUrl}/v1/${signal}`, encodeReference(signal, request));
  const body = new Uint8Array(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`${response.status}: ${Buffer.from(body)}`);
  if (body.length > 0) throw new Error(`not all was taken: ${decodeAnswer(body).message}`);
}

const SERVICES: Readonly<Record<Signal, string>> = {
  traces: 'opentelemetry.proto.collector.trace.v1.TraceService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.MetricsService',
  logs: 'opentelemetry.proto.collector.logs.v1.LogsService',
};

export function grpcPath(signal: Signal): string {
  return `/${SERVICES[signal]}/Export`;
}

/** One call through grpc-js. Rejects with its ServiceError (`code`, `details`). */
export async function exportByGrpc(
  address: string,
  signal: Signal,
  bytes: Uint8Array,
  compression: 'identity' | 'deflate' | 'gzip' = 'identity',
): Promise<ExportAnswer> {
  const algorithm = { identity: 0, deflate: 1, gzip: 2 }[compression];
  const client = new grpc.Client(address, grpc.credentials.createInsecure(), {
    'grpc.default_compression_algorithm': algorithm,
    'grpc.max_send_message_length': -1,
  });
  try {
    return await new Promise<ExportAnswer>((resolve, reject) => {
      const asIs = (message: Buffer): Buffer => message;
      const done = (error: grpc.ServiceError | null, answer?: Buffer): void => {
        if (error) reject(error);
        else resolve(decodeAnswer(answer!));
      };
      client.makeUnaryRequest(grpcPath(signal), asIs, asIs, Buffer.from(bytes), done);
    });
  } finally {
    client.close();
  }
}

/** What came back from a call that was written by hand. */
export interface RawAnswer {
  readonly httpStatus: number;
  /** `grpc-status`; undefined where the stream ended without one. */
  readonly code: number | undefined;
  readonly message: string;
}

/** A gRPC message: the flag, the length, the bytes. `length` may lie. */
export function grpcFrame(message: Uint8Array, isCompressed: boolean, length: number = message.length): Buffer {
  const head = Buffer.alloc(5);
  head[0] = isCompressed ? 1 : 0;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

/** Sends any bytes on a stream to any path, with any headers. Resolves to how the stream ended. */
export async function rawGrpc(
  address: string,
  path: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  // In MB: with Node's default of 10 this side itself ends a stream that is to send more than 64 MiB.
  const session = connect(`http://${address}`, { maxSessionMemory: 1000 });
  const failed = new Promise<never>((_, reject) => session.once('error', reject));
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    const ended = new Promise<RawAnswer>((resolve, reject) => {
      let status: Record<string, unknown> = {};
      stream.on('response', (response) => {
        status = { ...status, ...response };
      });
      stream.on('trailers', (trailers) => {
        status = { ...status, ...trailers };
      });
      stream.on('error', reject);
      stream.on('close', () => {
        const code = status['grpc-status'];
        resolve({
          httpStatus: Number(status[':status'] ?? 0),
          code: code === undefined ? undefined : Number(code),
          message: decodeURIComponent(String(status['grpc-message'] ?? '')),
        });
      });
      stream.resume();
    });
    stream.end(Buffer.from(body));
    return await Promise.race([ended, failed]);
  } finally {
    session.destroy();
  }
}

/** The request as OTLP/JSON: ids in hex, bytes in base64, doubles that JSON lacks as text. */
export function otlpJson(value: unknown, key = ''): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString(/Id$/.test(key) ? 'hex' : 'base64');
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return value.map((item) => otlpJson(item, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, otlpJson(item, name)]));
}

let nextId = 1;

/** A trace id that no other call gives, as hex. */
export function newTraceId(): string {
  return `${process.pid.toString(16).padStart(8, '0')}${Date.now().toString(16).padStart(16, '0')}${(nextId++).toString(16).padStart(8, '0')}`;
}

export function idBytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** The time now in nanoseconds, as protobufjs takes it. */
export function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

export interface PlainSpan {
  readonly traceId: string;
  readonly spanId?: string;
  readonly name?: string;
  readonly durationMs?: number;
  readonly statusCode?: number;
  readonly startNs?: bigint;
  readonly attributes?: readonly ReferenceObject[];
}

/** A request of ordinary spans of one service. Span ids count from 1 where none is given. */
export function tracesRequest(service: string, spans: readonly PlainSpan[]): ReferenceObject {
  const now = nowNs();
  return {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
        scopeSpans: [
          {
            scope: { name: 'e2e' },
            spans: spans.map((span, i) => {
              const startNs = span.startNs ?? now;
              return {
                traceId: idBytes(span.traceId),
                spanId: idBytes(span.spanId ?? (i + 1).toString(16).padStart(16, '0')),
                name: span.name ?? 'work',
                kind: 2,
                startTimeUnixNano: String(startNs),
                endTimeUnixNano: String(startNs + BigInt(span.durationMs ?? 1) * 1_000_000n),
                attributes: span.attributes ?? [],
                ...(span.statusCode !== undefined && { status: { code: span.statusCode } }),
              };
            }),
          },
        ],
      },
    ],
  };
}

/** A request of log records with these bodies. */
export function logsRequest(service: string, bodies: readonly string[]): ReferenceObject {
  const logRecords = bodies.map((body) => ({
    timeUnixNano: String(nowNs()),
    severityNumber: 9,
    body: { stringValue: body },
  }));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  return { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] };
}

/** A request of a gauge with these values. */
export function gaugeRequest(service: string, name: string, values: readonly number[]): ReferenceObject {
  const time = nowNs();
  const dataPoints = values.map((asDouble, i) => ({ timeUnixNano: String(time + BigInt(i)), asDouble }));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  return { resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [{ name, gauge: { dataPoints } }] }] }] };
}
