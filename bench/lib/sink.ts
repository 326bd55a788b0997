import { createServer } from 'node:http';
import { createServer as createHttp2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { OTLP_GRPC_PATHS } from '#net';
import type { Signal } from '#pdata';
import { decodeOtlp } from '#wire';

/**
 * An OTLP receiver that counts: GET answers what has arrived. Prints its ports of HTTP and gRPC when it listens. With an argument it takes so many
 * spans a second by HTTP, until a DELETE comes.
 */
let spans = 0;
let bytes = 0;
let requests = 0;
let millisecondsPerSpan = process.argv[2] === undefined ? 0 : 1000 / Number(process.argv[2]);
/** When all that has come is taken. */
let takenMs = 0;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify({ spans, bytes, requests }));
    return;
  }
  if (request.method === 'DELETE') {
    millisecondsPerSpan = 0;
    takenMs = 0;
    response.end();
    return;
  }
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const before = spans;
    count(request.url!.slice('/v1/'.length) as Signal, Buffer.concat(parts), request.headers['content-encoding']);
    response.setHeader('content-type', 'application/x-protobuf');
    const nowMs = performance.now();
    takenMs = Math.max(takenMs, nowMs) + (spans - before) * millisecondsPerSpan;
    if (millisecondsPerSpan === 0) response.end();
    else setTimeout(() => response.end(), takenMs - nowMs);
  });
});

function count(signal: Signal, received: Uint8Array, coding: string | undefined): void {
  let body = received;
  if (coding === 'gzip') body = gunzipSync(received);
  if (coding === 'zstd') body = zstdDecompressSync(received);
  spans += decodeOtlp(signal, body).chunk.count;
  bytes += body.length;
  requests++;
}

const SIGNALS = new Map(Object.entries(OTLP_GRPC_PATHS).map(([signal, path]) => [path, signal as Signal]));
/** A flag and four bytes of length stand before the message. */
const PREFIX_BYTES = 5;

const grpcServer = createHttp2Server({ settings: { initialWindowSize: 4 * 1024 * 1024 } });
grpcServer.on('session', (session) => session.setLocalWindowSize(16 * 1024 * 1024));
grpcServer.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  stream.on('error', () => undefined);
  stream.on('end', () => {
    const frame = Buffer.concat(parts);
    const coding = frame[0] === 1 ? String(headers['grpc-encoding']) : undefined;
    count(SIGNALS.get(headers[':path']!)!, frame.subarray(PREFIX_BYTES), coding);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(PREFIX_BYTES));
  });
});

const portOf = (listening: { address(): unknown }): number => (listening.address() as AddressInfo).port;
server.listen(0, '127.0.0.1', () =>
  grpcServer.listen(0, '127.0.0.1', () => console.log(`${portOf(server)} ${portOf(grpcServer)}`)),
);
