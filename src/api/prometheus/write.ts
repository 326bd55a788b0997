import { DecodeError, messageOf } from '#base';
import {
  decompressSnappy,
  encodeStatus,
  GRPC,
  inflateWithin,
  ownBytes,
  snappyContentLength,
  statusJson,
  tooLarge,
} from '#net';
import { Batch } from '#pdata';
import type { MetricSink } from '#store';
import {
  decodeOtlp,
  decodeOtlpJson,
  encodeExportResponse,
  exportResponseJson,
  type OwnWrite,
  OwnWriteReader,
  type WrittenCounts,
} from '#wire';
import { TextAnswer } from '../http/answers.ts';
import type { ApiRequest, ApiRoute } from '../http/plugin.ts';
import { plain, RETRY } from '../shared/plain.ts';
import { header, pushRoutes, type Take, type Way, whyNot, written } from '../shared/push.ts';
import { PushCounts } from './push-counts.ts';

/**
 * What is pushed to the server: remote write in both versions, and OTLP as a Prometheus takes it. An answer that all is well means that it is
 * on disk. Answers and errors are those of web/api/v1 of Prometheus 3.16, which are plain text here.
 */

const MEBIBYTE = 1024 * 1024;
/** As a Prometheus has it, compressed and not. */
const BODY_BYTES = 32 * MEBIBYTE;
/** Bodies as they came, of all requests under way. */
const HELD_BYTES = 64 * MEBIBYTE;
/** Their content, and what is made of it: three times the content. */
const CONTENT_BYTES = 3 * BODY_BYTES;
const MADE_OF_CONTENT = 3;
/** A request of 2,000 samples, as a Prometheus sends by default, inflates to half of it. */
const ROOM_BYTES = MEBIBYTE;
/** A sample may be so much later than now. */
const MAX_AHEAD_MS = 10 * 60_000;

type Version = 1 | 2;
const MESSAGES: ReadonlyMap<string, Version> = new Map([
  ['prometheus.WriteRequest', 1],
  ['io.prometheus.write.v2.Request', 2],
]);

export function writeRoutes(sink: MetricSink | undefined): readonly ApiRoute[] {
  const counts = new PushCounts();
  let reading: Reading | undefined;
  const pushed = {
    signal: 'metrics',
    sink,
    bodyBytes: BODY_BYTES,
    heldBytes: HELD_BYTES,
    contentBytes: CONTENT_BYTES,
    answered: (status: number) => counts.answered(status),
  } as const;
  const remote: Take = (request, way) => {
    reading ??= { reader: new OwnWriteReader(), room: new Uint8Array(ROOM_BYTES) };
    return remoteWrite(request, way, { reading, counts });
  };
  const routes = pushRoutes(pushed, [
    [WRITE_PATH, remote],
    [OTLP_PATH, (request, way) => otlp(request, way, counts)],
  ]);
  return [counts.route(sink), ...routes];
}

const WRITE_PATH = '/api/v1/write';
const OTLP_PATH = '/api/v1/otlp/v1/metrics';

/** Memory that one request after the other is read with: nothing is awaited meanwhile. */
interface Reading {
  readonly reader: OwnWriteReader;
  /** For the content of most. */
  readonly room: Uint8Array;
}

interface Kept {
  readonly reading: Reading;
  readonly counts: PushCounts;
}

async function remoteWrite(request: ApiRequest, { sink, share }: Way, { reading, counts }: Kept): Promise<TextAnswer> {
  const coding = header(request, 'content-encoding');
  if (coding !== '' && coding !== 'snappy') {
    return plain(415, `${coding} encoding (compression) is not accepted by this server; only snappy is acceptable`);
  }
  const version = versionOf(header(request, 'content-type'));
  if (version instanceof TextAnswer) return version;
  const nowMs = Date.now();
  const maxTimeMs = nowMs + MAX_AHEAD_MS;
  let write: OwnWrite;
  try {
    const length = snappyContentLength(request.body);
    if (length > BODY_BYTES) return plain(400, `decoded size exceeds the ${BODY_BYTES} bytes limit`);
    share.take(length * MADE_OF_CONTENT);
    const content = decompressSnappy(request.body, BODY_BYTES, reading.room);
    const { series } = sink;
    write = reading.reader.read(version, content, { maxTimeMs, series, nowSeconds: Math.floor(nowMs / 1000) });
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return plain(400, error.message, writtenHeaders(version, NOTHING));
  }
  const kept = { version, maxTimeMs, body: request.body };
  const refusal = write.itemCount === 0 ? undefined : await whyNot('metrics', sink.writeRequest(write, kept));
  if (refusal !== undefined) return plain(503, refusal, { ...RETRY, ...writtenHeaders(version, NOTHING) });
  const { samples, histograms } = write.counts;
  counts.took(samples + histograms, write.refusedCount);
  const headers = writtenHeaders(version, write.counts);
  if (write.refusedCount > 0 && version === 2) return plain(400, write.reason, headers);
  return new TextAnswer('', '', { status: 204, headers });
}

const NOTHING: WrittenCounts = { samples: 0, histograms: 0, exemplars: 0 };

/** Senders of version 2 learn how much was written. */
function writtenHeaders(version: Version, { samples, histograms, exemplars }: WrittenCounts): Record<string, string> {
  if (version === 1) return {};
  return {
    'x-prometheus-remote-write-samples-written': String(samples),
    'x-prometheus-remote-write-histograms-written': String(histograms),
    'x-prometheus-remote-write-exemplars-written': String(exemplars),
  };
}

const PROTOBUF = 'application/x-protobuf';

/** Which version a Content-Type asks for; without a proto, or without all of it, the first. */
function versionOf(contentType: string): Version | TextAnswer {
  if (contentType === '') return 1;
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim());
  if (type !== PROTOBUF)
    return plain(415, `expected ${PROTOBUF} as the first (media) part, got ${contentType} content-type`);
  for (const parameter of parameters) {
    const [name, value, ...more] = parameter.split('=');
    if (value === undefined || more.length > 0) {
      return plain(
        415,
        `as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got ${parameter} in ${contentType} content-type`,
      );
    }
    if (name !== 'proto') continue;
    const version = MESSAGES.get(value);
    if (version !== undefined) return version;
    return plain(
      415,
      `got ${contentType} content type; unknown type for remote write protobuf message ${value}, supported: ${[...MESSAGES.keys()].join(', ')}`,
    );
  }
  return 1;
}

const JSON_BODY = 'application/json';
const CODINGS = ['', 'gzip', 'zstd', 'snappy'] as const;

async function otlp(request: ApiRequest, { sink, share }: Way, counts: PushCounts): Promise<TextAnswer> {
  const type = header(request, 'content-type').split(';')[0]!.trim();
  if (type !== PROTOBUF && type !== JSON_BODY)
    return plain(400, `unsupported content type: ${type}, supported: [${JSON_BODY}, ${PROTOBUF}]`);
  const isJson = type === JSON_BODY;
  const coding = CODINGS.find((one) => one === header(request, 'content-encoding'));
  if (coding === undefined)
    return plain(400, `unsupported compression: ${header(request, 'content-encoding')}. Use gzip, zstd or snappy`);
  const failed = (status: number, code: number, message: string): TextAnswer => {
    const said = { code, message, retryAfterMs: undefined };
    const headers = status === 503 ? RETRY : {};
    return new TextAnswer(type, isJson ? statusJson(said) : encodeStatus(said), { status, headers });
  };
  let decoded: ReturnType<typeof decodeOtlp>;
  try {
    const body = ownBytes(request.body);
    const content = coding === '' ? body : await inflateWithin(share, coding, body, BODY_BYTES);
    if (content.length > BODY_BYTES) throw tooLarge(BODY_BYTES);
    decoded = isJson ? decodeOtlpJson('metrics', content) : decodeOtlp('metrics', content);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return failed(400, GRPC.invalidArgument, `can't decode the metrics request: ${messageOf(error)}`);
  }
  const { chunk, rejectedCount, rejectedReason } = decoded;
  const refusal = await written(sink, new Batch('metrics', [chunk]));
  if (refusal !== undefined) return failed(503, GRPC.unavailable, refusal);
  counts.took(chunk.count, rejectedCount);
  const body = isJson
    ? exportResponseJson('metrics', rejectedCount, rejectedReason)
    : encodeExportResponse(rejectedCount, rejectedReason);
  return new TextAnswer(type, body);
}
