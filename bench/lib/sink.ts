import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { Signal } from '#pdata';
import { decodeOtlp } from '#wire';

/** An OTLP/HTTP receiver that counts: GET /count answers what has arrived. Prints its port when it listens. */
let spans = 0;
let bytes = 0;
let requests = 0;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify({ spans, bytes, requests }));
    return;
  }
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const received = Buffer.concat(parts);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(received) : received;
    spans += decodeOtlp(request.url!.slice('/v1/'.length) as Signal, body).chunk.count;
    bytes += body.length;
    requests++;
    response.setHeader('content-type', 'application/x-protobuf');
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port));
