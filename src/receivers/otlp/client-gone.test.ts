import { connect, constants } from 'node:http2';
import { afterEach, describe, expect, test } from 'vitest';
import { cancelledError } from '#base';
import { eventually } from '#base/testing.ts';
import { PROTO, post } from './testing/http.ts';
import { type Running, runReceiver, tracesRequest } from './testing/receiver.ts';

const undo: (() => unknown)[] = [];
async function start(): Promise<Running> {
  const running = await runReceiver();
  undo.push(() => running.receiver.shutdown(1000));
  return running;
}
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

describe('a client that goes while the pipeline has its request', () => {
  /** Takes nothing until it is told that nobody waits. */
  function holdUp(running: Running): { readonly reached: Promise<void>; readonly gone: Promise<void> } {
    const reached = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    running.pipelines.traces.answer = (_, abort) =>
      new Promise((_resolve, reject) => {
        abort!.addEventListener('abort', () => {
          gone.resolve();
          reject(cancelledError());
        });
        reached.resolve();
      });
    return { reached: reached.promise, gone: gone.promise };
  }

  test('http: the pipeline is told', async () => {
    const running = await start();
    const { reached, gone } = holdUp(running);
    const client = new AbortController();
    const posted = fetch(`${running.httpUrl}/v1/traces`, {
      method: 'POST',
      body: tracesRequest(2) as NonNullable<RequestInit['body']>,
      headers: PROTO,
      signal: client.signal,
    }).catch(() => undefined);
    await reached;
    client.abort();
    await Promise.all([gone, posted]);
    await eventually('the refusal to be counted', () => running.settings.account.sum('refused', 'cancelled') === 2);
  });

  test('grpc: the pipeline is told', async () => {
    const running = await start();
    const { reached, gone } = holdUp(running);
    const client = connect(`http://${running.grpcTarget}`);
    const call = client.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    call.on('error', () => undefined);
    call.end(frameOf(tracesRequest(2)));
    await reached;
    call.close(constants.NGHTTP2_CANCEL);
    await gone;
    client.destroy();
    await eventually('the refusal to be counted', () => running.settings.account.sum('refused', 'cancelled') === 2);
  });

  test('an answer is none', async () => {
    const running = await start();
    let abort: AbortSignal | undefined;
    running.pipelines.traces.answer = async (_, given) => {
      abort = given;
    };
    expect((await post(`${running.httpUrl}/v1/traces`, tracesRequest(1))).status).toBe(200);
    await running.receiver.shutdown(1000);
    expect(abort!.aborted).toBe(false);
  });
});

function frameOf(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
