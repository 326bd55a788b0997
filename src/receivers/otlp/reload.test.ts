import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { createServer } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually, freePort, turns } from '#base/testing.ts';
import { fakeHost, fakeSettings } from '#component/testing.ts';
import { GRPC } from '#net';
import { otlpReceiverSchema } from './config.ts';
import { OtlpReceiver } from './otlp.ts';
import { PROTO } from './testing/http.ts';
import { logsRequest, Pipeline, tracesRequest } from './testing/receiver.ts';

/** What clients see while the collector takes one receiver down and starts its successor, in the order in which it does that. */

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Made {
  readonly receiver: OtlpReceiver;
  readonly traces: Pipeline;
  /** Resolves when bodies of so many bytes have arrived and not left yet. */
  holds(...bodies: readonly Uint8Array[]): Promise<void>;
}

function make(protocols: object, signals: 'traces' | 'all' = 'traces'): Made {
  const traces = new Pipeline();
  const config = otlpReceiverSchema.parse({ protocols });
  const next = { traces, ...(signals === 'all' && { logs: new Pipeline() }) };
  const settings = fakeSettings({ id: 'otlp' });
  let inFlightBytes = (): number => 0;
  const gauge = settings.meter.gauge.bind(settings.meter);
  settings.meter.gauge = (name, options, read, labels) => {
    inFlightBytes = read;
    return gauge(name, options, read, labels);
  };
  const receiver = new OtlpReceiver(settings, config, next);
  undo.push(() => receiver.shutdown(1000));
  return {
    receiver,
    traces,
    async holds(...bodies) {
      const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
      await eventually('the bodies', () => inFlightBytes() >= bytes);
    },
  };
}

async function started(protocols: object, signals?: 'traces' | 'all'): Promise<Made> {
  const made = make(protocols, signals);
  await made.receiver.start(fakeHost());
  return made;
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The client's port: the same for the same connection. */
  readonly localPort: number;
}

/** A client with one kept-alive connection. */
function httpClient(port: number): (path: string, body: Uint8Array) => Promise<Answered> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  undo.push(() => agent.destroy());
  return (path, body) =>
    new Promise((resolve, reject) => {
      const options = { agent, host: '127.0.0.1', port, path, method: 'POST', headers: PROTO };
      const sent = request(options, (response) => {
        const localPort = response.socket.localPort!;
        response.resume();
        response.once('end', () => resolve({ status: response.statusCode!, headers: response.headers, localPort }));
      });
      sent.once('error', reject);
      sent.end(body);
    });
}

/** A client of grpc-js; resolves to the status code. */
function grpcClient(port: number): (message: Uint8Array) => Promise<number> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { 'grpc.enable_retries': 0 });
  undo.push(() => client.close());
  return (message) =>
    new Promise((resolve) => {
      client.makeUnaryRequest(
        '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes) => bytes,
        message,
        new Metadata(),
        (error) => resolve(error?.code ?? 0),
      );
    });
}

const testdata = (name: string): string => fileURLToPath(new URL(`../../net/testdata/${name}`, import.meta.url));
const portOf = (address: string): number => Number(address.split(':').at(-1));
const TRACES = '/v1/traces';
const LOGS = '/v1/logs';

describe('the same configuration', () => {
  test('connections stay, and what comes between the two goes to the second', async () => {
    const protocols = { http: { endpoint: 'localhost:0' }, grpc: { endpoint: '127.0.0.1:0' } };
    const first = await started(protocols);
    const http = httpClient(portOf(first.receiver.addresses.http!));
    const grpc = grpcClient(portOf(first.receiver.addresses.grpc!));
    const { localPort } = await http(TRACES, tracesRequest(1));
    expect(await grpc(tracesRequest(1))).toBe(0);
    const { addresses } = first.receiver;

    const second = make(protocols);
    const closeRest = first.receiver.handOver(second.receiver);
    await first.receiver.shutdown(1000);
    const between = [http(TRACES, tracesRequest(2)), grpc(tracesRequest(3))];
    await first.holds(tracesRequest(2), tracesRequest(3));
    await second.receiver.start(fakeHost());
    closeRest();
    const [answered, code] = await Promise.all(between);
    expect(answered).toMatchObject({ status: 200, localPort, headers: { connection: 'keep-alive' } });
    expect(code).toBe(0);
    expect(second.receiver.addresses).toEqual(addresses);
    expect([first.traces.itemCount, second.traces.itemCount]).toEqual([2, 5]);
    expect(await http(TRACES, tracesRequest(1))).toMatchObject({ status: 200, localPort });
    // A connection on the other address of localhost goes to the second as well.
    expect(await fetch(`http://localhost:${portOf(second.receiver.addresses.http!)}${TRACES}`)).toMatchObject({
      status: 405,
    });
  });

  test('requests under way pass the first pipeline before it stops', async () => {
    const protocols = { http: { endpoint: '127.0.0.1:0' } };
    const first = await started(protocols);
    const http = httpClient(portOf(first.receiver.addresses.http!));
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    first.traces.answer = () => {
      reached.resolve();
      return gate.promise;
    };
    const underWay = http(TRACES, tracesRequest(1));
    const second = make(protocols);
    const closeRest = first.receiver.handOver(second.receiver);
    await reached.promise;
    let isDown = false;
    const down = first.receiver.shutdown(10_000).then(() => {
      isDown = true;
    });
    await turns();
    expect(isDown).toBe(false);
    gate.resolve();
    await down;
    await second.receiver.start(fakeHost());
    closeRest();
    expect((await underWay).status).toBe(200);
    expect([first.traces.itemCount, second.traces.itemCount]).toEqual([1, 0]);
  });

  test('signals come and go with the pipelines', async () => {
    const protocols = { http: { endpoint: '127.0.0.1:0' } };
    const first = await started(protocols, 'all');
    const http = httpClient(portOf(first.receiver.addresses.http!));
    expect((await http(LOGS, logsRequest(1))).status).toBe(200);
    const second = make(protocols, 'traces');
    const closeRest = first.receiver.handOver(second.receiver);
    await first.receiver.shutdown(1000);
    const between = http(LOGS, logsRequest(1));
    await first.holds(logsRequest(1));
    await second.receiver.start(fakeHost());
    closeRest();
    expect((await between).status).toBe(404);
    expect((await http(LOGS, logsRequest(1))).status).toBe(404);
    const third = make(protocols, 'all');
    second.receiver.handOver(third.receiver);
    await second.receiver.shutdown(1000);
    await third.receiver.start(fakeHost());
    expect((await http(LOGS, logsRequest(1))).status).toBe(200);
  });

  test('a successor that never starts: its successor takes the connections', async () => {
    const port = await freePort();
    const protocols = { http: { endpoint: `127.0.0.1:${port}` } };
    const first = await started(protocols);
    const http = httpClient(port);
    const { localPort } = await http(TRACES, tracesRequest(1));
    const closeRest = first.receiver.handOver(make(protocols).receiver);
    await first.receiver.shutdown(1000);
    const between = http(TRACES, tracesRequest(1));
    await first.holds(tracesRequest(1));
    const again = make(protocols);
    first.receiver.handOver(again.receiver);
    await again.receiver.start(fakeHost());
    closeRest();
    expect(await between).toMatchObject({ status: 200, localPort });
    expect(again.traces.itemCount).toBe(1);
  });
});

describe('another configuration', () => {
  test('on the same address: no connection is refused, the old ones end with their next answer', async () => {
    const endpoint = `localhost:${await freePort()}`;
    const grpcEndpoint = `127.0.0.1:${await freePort()}`;
    const protocols = (more: object): object => ({
      http: { endpoint, response_headers: more },
      grpc: { endpoint: grpcEndpoint, max_recv_msg_size_mib: Object.keys(more).length + 1 },
    });
    const first = await started(protocols({}));
    const http = httpClient(portOf(endpoint));
    const grpc = grpcClient(portOf(grpcEndpoint));
    const { localPort } = await http(TRACES, tracesRequest(1));
    expect(await grpc(tracesRequest(1))).toBe(0);
    const second = make(protocols({ 'x-marker': 'second' }));
    const closeRest = first.receiver.handOver(second.receiver);
    await first.receiver.shutdown(1000);
    const between = [http(TRACES, tracesRequest(2)), httpClient(portOf(endpoint))(TRACES, tracesRequest(3))];
    const call = grpc(tracesRequest(4));
    await first.holds(...[2, 3, 4].map(tracesRequest));
    await second.receiver.start(fakeHost());
    closeRest();
    for (const answer of await Promise.all(between)) {
      expect(answer).toMatchObject({ status: 200, headers: { connection: 'close' } });
      expect(answer.headers['x-marker']).toBeUndefined();
    }
    expect(await call).toBe(0);
    const after = await http(TRACES, tracesRequest(5));
    expect(after).toMatchObject({ status: 200, headers: { connection: 'keep-alive', 'x-marker': 'second' } });
    expect(after.localPort).not.toBe(localPort);
    expect(await grpc(tracesRequest(6))).toBe(0);
    expect([first.traces.itemCount, second.traces.itemCount]).toEqual([2, 20]);
  });

  test('on another address: open connections are served until they end', async () => {
    const ports = [await freePort(), await freePort()];
    const protocols = (port: number): object => ({ http: { endpoint: `127.0.0.1:${port}` } });
    const first = await started(protocols(ports[0]!));
    const http = httpClient(ports[0]!);
    await http(TRACES, tracesRequest(1));
    const second = make(protocols(ports[1]!));
    const closeRest = first.receiver.handOver(second.receiver);
    await first.receiver.shutdown(1000);
    // Somebody else may have the address at once.
    const other = createServer().listen(ports[0], '127.0.0.1');
    await once(other, 'listening');
    other.close();
    await second.receiver.start(fakeHost());
    closeRest();
    const last = await http(TRACES, tracesRequest(1));
    expect(last).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await expect(http(TRACES, tracesRequest(1))).rejects.toThrow('ECONNREFUSED');
    expect((await httpClient(ports[1]!)(TRACES, tracesRequest(1))).status).toBe(200);
    expect(second.traces.itemCount).toBe(2);
  });

  test('with TLS: the address goes over to a server with another certificate', async () => {
    const endpoint = `127.0.0.1:${await freePort()}`;
    const protocols = (name: string): object => ({
      http: { endpoint, tls: { cert_file: testdata(`${name}.crt`), key_file: testdata(`${name}.key`) } },
    });
    const agent = new SecureAgent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    undo.push(() => agent.destroy());
    /** The name in the certificate of the connection that was used. */
    const subject = async (): Promise<string> => {
      const sent = secureRequest({
        agent,
        host: '127.0.0.1',
        port: portOf(endpoint),
        path: TRACES,
        method: 'POST',
        headers: PROTO,
      });
      sent.end(tracesRequest(1));
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      const { CN } = (response.socket as TLSSocket).getPeerCertificate().subject;
      response.resume();
      await once(response, 'end');
      expect(response.statusCode).toBe(200);
      return String(CN);
    };
    let last = await started(protocols('server'));
    const before = await subject();
    const seen: string[] = [];
    for (const name of ['server', 'client']) {
      const next = make(protocols(name));
      const closeRest = last.receiver.handOver(next.receiver);
      await last.receiver.shutdown(1000);
      await next.receiver.start(fakeHost());
      closeRest();
      seen.push(await subject(), await subject());
      last = next;
    }
    expect(seen.slice(0, 3)).toEqual([before, before, before]);
    expect(seen[3]).not.toBe(before);
  });

  test('without a successor: clients are told to try again, and no connection is reset', async () => {
    const first = await started({ http: { endpoint: '127.0.0.1:0' }, grpc: { endpoint: '127.0.0.1:0' } });
    const http = httpClient(portOf(first.receiver.addresses.http!));
    const grpc = grpcClient(portOf(first.receiver.addresses.grpc!));
    await http(TRACES, tracesRequest(1));
    await grpc(tracesRequest(1));
    const closeRest = first.receiver.handOver(undefined);
    await first.receiver.shutdown(1000);
    const between = http(TRACES, tracesRequest(1));
    await first.holds(tracesRequest(1));
    closeRest();
    expect(await between).toMatchObject({ status: 503, headers: { connection: 'close', 'retry-after': '1' } });
    expect(await grpc(tracesRequest(1))).toBe(GRPC.unavailable);
    expect(first.traces.itemCount).toBe(2);
  });
});
