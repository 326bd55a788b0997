import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decompressSnappy, readWriteRequestV1 } from '#wire';

/** Takes Prometheus' remote write 1.0 and counts: GET answers how many samples have come, in how many requests. Prints its port when it listens. */
const MAX_BYTES = 256 * 1024 * 1024;
let samples = 0;
let requests = 0;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify({ samples, requests }));
    return;
  }
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    for (const series of readWriteRequestV1(decompressSnappy(Buffer.concat(parts), MAX_BYTES)))
      samples += series.samples.length;
    requests++;
    response.statusCode = 204;
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
