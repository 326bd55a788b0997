import { afterEach, describe, expect, test } from 'vitest';
import { GrpcCallError, GrpcClient } from './grpc-client.ts';
import type { GrpcHandler } from './grpc-handler.ts';
import { GrpcServer } from './grpc-server.ts';
import { grpcTarget } from './grpc-target.ts';
import { GRPC, type RpcStatus } from './status.ts';
import { grpcServerSettings } from './testing/grpc-server-settings.ts';

/** Client and server against each other; each against grpc-js: the tests of the receiver and the exporter for OTLP. */

const PATH = '/test.Service/Echo';
const LIMIT_BYTES = 64 * 1024;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const open: { close?(): void; shutdown?(ms: number): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await (one.close?.() ?? one.shutdown?.(100));
});

async function pair(
  handler: GrpcHandler,
  client: { compression?: 'gzip' | 'snappy' | 'zstd'; maxMessageBytes?: number } = {},
) {
  const failures: RpcStatus[] = [];
  const server = new GrpcServer(
    grpcServerSettings({
      maxMessageBytes: client.maxMessageBytes ?? LIMIT_BYTES,
      handlers: new Map([[PATH, handler]]),
      onFailure: (_path, failure) => void failures.push(failure),
    }),
  );
  open.push(server);
  const { address } = await server.listen({ key: 'test::endpoint', endpoint: '127.0.0.1:0', transport: 'tcp' });
  const made = new GrpcClient({
    target: grpcTarget(address)!,
    tls: undefined,
    proxyOf: () => undefined,
    authority: '',
    userAgent: 'test/1',
    metadata: { tenant: 'a' },
    compression: client.compression,
    keepalive: undefined,
    waitForReady: false,
    isRoundRobin: true,
    random: () => 0.5,
  });
  open.push(made);
  return { client: made, failures };
}

const failureOf = async (call: Promise<unknown>): Promise<RpcStatus> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(GrpcCallError);
  return (error as GrpcCallError).status;
};

describe('a call', () => {
  test.each([undefined, 'gzip', 'snappy', 'zstd'] as const)(
    'goes out in parts and comes back, compression %s',
    async (compression) => {
      const { client } = await pair(
        async (message, { headers }) => ({ message: bytes(`${headers['tenant']} ${Buffer.from(message)}`) }),
        {
          ...(compression !== undefined && { compression }),
        },
      );
      const answer = await client.call(PATH, [bytes('hel'), bytes('lo')], 0);
      expect(Buffer.from(answer).toString()).toBe('a hello');
    },
  );

  test('is refused with the status that the handler gives, its delay too', async () => {
    const status: RpcStatus = { code: GRPC.unavailable, message: 'full: try "later", 100 %', retryAfterMs: 1500 };
    const { client } = await pair(async () => ({ status }));
    expect(await failureOf(client.call(PATH, [bytes('a')], 0))).toEqual(status);
  });

  test('of an unknown method, and with a message that is too large', async () => {
    const { client, failures } = await pair(async (message) => ({ message }), { maxMessageBytes: 10 });
    expect((await failureOf(client.call('/test.Service/Nope', [bytes('a')], 0))).code).toBe(GRPC.unimplemented);
    expect((await failureOf(client.call(PATH, [new Uint8Array(11)], 0))).code).toBe(GRPC.resourceExhausted);
    expect(failures.map(({ code }) => code)).toContain(GRPC.resourceExhausted);
    expect(await client.call(PATH, [new Uint8Array(10)], 0)).toHaveLength(10);
  });

  test('ends when its time is over, and when nobody waits any more: the handler hears of it', async () => {
    const aborted: Promise<unknown>[] = [];
    const { client } = await pair((_message, { abort }) => {
      const gone = new Promise((resolve) => abort.addEventListener('abort', resolve));
      aborted.push(gone);
      return gone.then(() => ({ message: new Uint8Array() }));
    });
    expect((await failureOf(client.call(PATH, [bytes('a')], 50))).code).toBe(GRPC.deadlineExceeded);
    const controller = new AbortController();
    const call = failureOf(client.call(PATH, [bytes('a')], 0, controller.signal));
    controller.abort();
    expect((await call).code).toBe(GRPC.cancelled);
    await Promise.all(aborted);
  });

  test('fails at once where nobody listens', async () => {
    const { client } = await pair(async (message) => ({ message }));
    await open[0]!.shutdown!(0);
    expect((await failureOf(client.call(PATH, [bytes('a')], 5000))).code).toBe(GRPC.unavailable);
  });
});
