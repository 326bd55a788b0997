/** What is pushed to Loki's address: its own form as JSON or protobuf, and OTLP. Answers and errors are those of Loki's distributor. */
import { DecodeError } from '#base';
import { inflateWithin, ownBytes, tooLarge } from '#net';
import { Batch } from '#pdata';
import type { MetricSink } from '#store';
import { decodeOtlp, decodeOtlpJson, readLokiJson, readLokiProtobuf } from '#wire';
import { TextAnswer } from '../http/answers.ts';
import type { ApiRequest, ApiRoute } from '../http/plugin.ts';
import { plain, RETRY } from '../shared/plain.ts';
import { header, pushRoutes, type Way, written } from '../shared/push.ts';
import { RecentEntries } from './recent-entries.ts';

const MEBIBYTE = 1024 * 1024;
const BODY_BYTES = 32 * MEBIBYTE;
const HELD_BYTES = 64 * MEBIBYTE;
const CONTENT_BYTES = 128 * MEBIBYTE;

/** A Loki takes OTLP at its root, so collectors know it by that address. */
const OTLP_PATH = '/otlp/v1/logs';
const JSON_BODY = 'application/json';
const PROTOBUF = 'application/x-protobuf';
const CODINGS = ['', 'gzip', 'zstd', 'snappy', 'deflate'] as const;

export function lokiPushRoutes(sink: MetricSink | undefined): readonly ApiRoute[] {
  const pushed = {
    signal: 'logs',
    sink,
    bodyBytes: BODY_BYTES,
    heldBytes: HELD_BYTES,
    contentBytes: CONTENT_BYTES,
  } as const;
  const recent = new RecentEntries();
  return pushRoutes(pushed, [
    ['/api/v1/push', (request, way) => pushedAs(request, way, readPush, recent)],
    [OTLP_PATH, (request, way) => pushedAs(request, way, readOtlp, recent)],
  ]).map((route): ApiRoute => (route.path === OTLP_PATH ? { ...route, isAtRootToo: true } : route));
}

/** Throws DecodeError. */
type Read = (content: Uint8Array, isJson: boolean) => Batch;

const readPush: Read = (content, isJson) => {
  const options = { keepsTimestamps: true, nowNs: BigInt(Date.now()) * 1_000_000n, labels: 'streams' } as const;
  const builder = isJson ? readLokiJson(content, options) : readLokiProtobuf(content, options);
  return new Batch('logs', [builder.chunk()]);
};

const readOtlp: Read = (content, isJson) => {
  const { chunk, rejectedCount, rejectedReason } = isJson
    ? decodeOtlpJson('logs', content)
    : decodeOtlp('logs', content);
  // Of a request of which something can be kept the rest is left out, as a collector does.
  if (chunk.count === 0 && rejectedCount > 0) throw new DecodeError(rejectedReason);
  return new Batch('logs', [chunk]);
};

async function pushedAs(
  request: ApiRequest,
  { sink, share }: Way,
  read: Read,
  recent: RecentEntries,
): Promise<TextAnswer> {
  const type = header(request, 'content-type').split(';')[0]!.trim().toLowerCase();
  if (type !== JSON_BODY && type !== PROTOBUF && type !== '')
    return plain(415, `Content-Type "${type}" is not supported, only ${JSON_BODY} and ${PROTOBUF} are`);
  const isJson = type === JSON_BODY;
  const isPush = read === readPush;
  const coding = CODINGS.find((one) => one === header(request, 'content-encoding'));
  if (coding === undefined)
    return plain(415, `Content-Encoding ${JSON.stringify(header(request, 'content-encoding'))} is not supported`);
  let batch: Batch;
  try {
    const body = ownBytes(request.body);
    // Loki's protobuf is one block of snappy, whether a header says so or not.
    const effective = isPush && !isJson ? 'snappy' : coding;
    const content = effective === '' ? body : await inflateWithin(share, effective, body, BODY_BYTES);
    if (content.length > BODY_BYTES) throw tooLarge(BODY_BYTES);
    batch = read(content, isJson);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return plain(400, error.message);
  }
  const fresh = recent.fresh(batch);
  const refusal = await written(sink, fresh.batch);
  if (refusal !== undefined) return plain(503, refusal, RETRY);
  fresh.remember();
  return new TextAnswer('', '', { status: 204 });
}
