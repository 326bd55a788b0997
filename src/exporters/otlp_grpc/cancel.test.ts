import { once } from 'node:events';
import { constants, createServer, type ServerHttp2Stream } from 'node:http2';
import { afterEach, expect, test } from 'vitest';
import { fakeHost, fakeSettings, sampleBatch } from '#component/testing.ts';
import { GRPC } from '#net';
import { otlpGrpcExporterSchema } from './config.ts';
import { otlpGrpcExporterFactory } from './factory.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

test('a call for which nobody waits any more is cancelled', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => server.close());
  const { port } = server.address() as { port: number };
  const config = otlpGrpcExporterSchema.parse({ endpoint: `127.0.0.1:${port}`, tls: { insecure: true } });
  const exporter = otlpGrpcExporterFactory.create(fakeSettings(), config, 'traces');
  await exporter.start(fakeHost());
  undo.push(() => exporter.shutdown(100));

  const abort = new AbortController();
  const sent = exporter.consume(sampleBatch('traces', 1), abort.signal).catch((error: unknown) => error);
  const [stream] = (await once(server, 'stream')) as [ServerHttp2Stream];
  stream.on('error', () => undefined);
  const closed = once(stream, 'close');
  abort.abort();
  await closed;
  expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
  expect(await sent).toMatchObject({ permanent: false, grpcCode: GRPC.cancelled });
  const next = exporter.consume(sampleBatch('traces', 1), abort.signal);
  await expect(next).rejects.toMatchObject({ grpcCode: GRPC.cancelled });
});
