import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:http';
import { gunzipSync } from 'node:zlib';
import * as grpc from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually, freePorts, pace } from '#base/testing.ts';
import { decodeReference, encodeReference } from '../../src/wire/testing/otlp-reference.ts';
import { type RunningCollector, type Scratch, scratchFolder, startCollector } from '../lib/cli.ts';
import { grpcPath, newTraceId, PROTO, tracesRequest } from '../lib/otlp.ts';

/** Clients that send without a pause, over connections that they keep, while the collector reads its configuration anew. */

const RELOADS = 5;
const HTTP_CLIENTS = 4;
const GRPC_CLIENTS = 2;

let scratch: Scratch;
let sink: Sink;
let collector: RunningCollector | undefined;
beforeEach(async () => {
  scratch = scratchFolder();
  sink = await startSink();
});
afterEach(async () => {
  await collector?.stop();
  collector = undefined;
  sink.server.closeAllConnections();
  sink.server.close();
  scratch.remove();
});

interface Sink {
  readonly server: Server;
  readonly port: number;
  /** Every span that arrived, by its name. */
  readonly names: string[];
}

async function startSink(): Promise<Sink> {
  const names: string[] = [];
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const received = Buffer.concat(parts);
      const body = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(received) : received;
      const { resourceSpans } = decodeReference('traces', body) as {
        resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[];
      };
      for (const { scopeSpans } of resourceSpans) {
        for (const { spans } of scopeSpans) names.push(...spans.map((span) => span.name));
      }
      response.setHeader('content-type', 'application/x-protobuf');
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as { port: number }).port, names };
}

interface Client {
  /** Resolves to undefined for a plain OK, else to what went wrong. */
  send(body: Uint8Array): Promise<string | undefined>;
  close(): void;
}

function httpClient(port: number): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    send: (body) =>
      new Promise((resolve) => {
        const options = { agent, host: '127.0.0.1', port, path: '/v1/traces', method: 'POST', headers: PROTO };
        const sent = request(options, (response) => {
          response.resume();
          response.once('end', () => resolve(response.statusCode === 200 ? undefined : `HTTP ${response.statusCode}`));
        });
        sent.once('error', (error) => resolve(`HTTP ${error.message}`));
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
}

function grpcClient(port: number): Client {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  return {
    send: (body) =>
      new Promise((resolve) => {
        client.makeUnaryRequest(
          grpcPath('traces'),
          (bytes: Uint8Array) => Buffer.from(bytes),
          (bytes) => bytes,
          body,
          (error) => resolve(error === null ? undefined : `gRPC ${error.code} ${error.details}`),
        );
      }),
    close: () => client.close(),
  };
}

interface Load {
  /** What was answered with OK. */
  readonly accepted: Set<string>;
  readonly problems: string[];
  stop(): Promise<void>;
}

function startLoad(clients: readonly Client[]): Load {
  const accepted = new Set<string>();
  const problems: string[] = [];
  let isOver = false;
  const loops = clients.map(async (client, i) => {
    for (let n = 0; !isOver; n++) {
      const name = `${i}-${n}`;
      const problem = await client.send(
        encodeReference('traces', tracesRequest('reload', [{ traceId: newTraceId(), name }])),
      );
      if (problem === undefined) accepted.add(name);
      else problems.push(problem);
      await pace(1);
    }
    client.close();
  });
  return {
    accepted,
    problems,
    stop: async () => {
      isOver = true;
      await Promise.all(loops);
    },
  };
}

interface ConfigOptions {
  readonly http: number;
  readonly grpc: number;
  /** What differs from reload to reload. */
  readonly receiver: number;
  readonly batch: number;
}

function configText({ http, grpc: grpcPort, receiver, batch }: ConfigOptions): string {
  return `receivers:
  otlp:
    protocols:
      grpc: {endpoint: "127.0.0.1:${grpcPort}", max_recv_msg_size_mib: ${10 + receiver}}
      http: {endpoint: "127.0.0.1:${http}", max_request_body_size: ${1_000_000 + receiver}}
processors:
  batch: {timeout: ${50 + batch}ms}
exporters:
  otlp_http: {endpoint: "http://127.0.0.1:${sink.port}"}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], processors: [batch], exporters: [otlp_http]}
`;
}

test.each([
  { name: 'the receiver stays as it is', receiver: 0, goesOn: true },
  { name: 'the receiver has other settings on its address', receiver: 1, goesOn: false },
])('reloads under load: clients see no error, and nothing is lost or doubled: $name', async ({ receiver, goesOn }) => {
  const [http, grpcPort] = (await freePorts(2)) as [number, number];
  const write = (n: number): string =>
    scratch.file('config.yaml', configText({ http, grpc: grpcPort, receiver: receiver * n, batch: n }));
  collector = await startCollector(write(0), ['--data', scratch.path]);
  const { pid, output } = collector;
  const clients = [
    ...Array.from({ length: HTTP_CLIENTS }, () => httpClient(http)),
    ...Array.from({ length: GRPC_CLIENTS }, () => grpcClient(grpcPort)),
  ];
  const load = startLoad(clients);
  const times = (text: string): number => output().split(text).length - 1;
  for (let n = 1; n <= RELOADS; n++) {
    const before = load.accepted.size;
    await eventually('traffic between two reloads', async () => load.accepted.size > before + 50);
    write(n);
    process.kill(pid, 'SIGHUP');
    await eventually(`reload ${n}`, async () => times('Everything is ready') === 1 + n);
  }
  const last = load.accepted.size;
  await eventually('traffic after the last reload', async () => load.accepted.size > last + 50);
  await load.stop();
  expect(load.problems).toEqual([]);
  expect(times('Starting HTTP server')).toBe(goesOn ? 1 : 1 + RELOADS);
  await eventually('all that was accepted', async () => sink.names.length >= load.accepted.size);
  await collector.stop();
  expect(sink.names.toSorted()).toEqual([...load.accepted].toSorted());
});
