import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { gunzipSync } from 'node:zlib';
import * as grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { FakeKubernetesApi } from '#kubernetes/testing.ts';
import { decompressSnappy } from '#net';
import { decodeReference, type ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import { grpcPath } from '../../lib/otlp.ts';

/** The address of all of them; the collector is at 10.77.0.1 (namespaces.sh). */
export const STAND_INS = '10.77.0.2';

/** Takes OTLP over gRPC on port 4317, as Jaeger does, and keeps it. */
export class JaegerStandIn {
  readonly requests: ReferenceObject[] = [];
  /** Everything that came, as bytes: what must not be in it is looked for here. */
  readonly bodies: Buffer[] = [];
  /** Says that what comes is wrong: it is lost then, and the collector counts it. */
  isRefusing = false;
  readonly #server = new grpc.Server();

  async start(): Promise<this> {
    const asIs = (bytes: Buffer): Buffer => bytes;
    const path = grpcPath('traces');
    const method = {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    };
    this.#server.addService(
      { Export: method },
      {
        Export: (call: { request: Buffer }, answer: (error: object | null, value?: Buffer) => void) => {
          if (this.isRefusing) {
            answer({ code: grpc.status.INVALID_ARGUMENT, details: 'refused by the test' });
            return;
          }
          this.bodies.push(call.request);
          this.requests.push(decodeReference('traces', call.request));
          answer(null, Buffer.alloc(0));
        },
      },
    );
    await new Promise<void>((resolve, reject) => {
      const credentials = grpc.ServerCredentials.createInsecure();
      this.#server.bindAsync(`${STAND_INS}:4317`, credentials, (error) => (error ? reject(error) : resolve()));
    });
    return this;
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}

/** grafana/loki's pkg/push/push.proto. */
const PushRequest = protobuf
  .parse(`syntax = "proto3";
    message Entry { string line = 2; }
    message Stream { string labels = 1; repeated Entry entries = 2; }
    message PushRequest { repeated Stream streams = 1; }`)
  .root.lookupType('PushRequest');

/** Takes what Loki takes on port 3100: its own push API, and OTLP. */
export class LokiStandIn {
  readonly streams: { readonly labels: string; readonly lines: readonly string[] }[] = [];
  readonly otlp: ReferenceObject[] = [];
  readonly #server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    if (request.url === '/loki/api/v1/push') {
      const { streams } = PushRequest.decode(decompressSnappy(body, 10e6)) as unknown as {
        streams: { labels: string; entries: { line: string }[] }[];
      };
      for (const { labels, entries } of streams) this.streams.push({ labels, lines: entries.map(({ line }) => line) });
      response.writeHead(204).end();
    } else if (request.url === '/otlp/v1/logs') {
      this.otlp.push(decodeReference('logs', request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    } else response.writeHead(404).end();
  });

  async start(): Promise<this> {
    await once(this.#server.listen(3100, STAND_INS), 'listening');
    return this;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** A service that is scraped on port 9090. */
export class LegacyServiceStandIn {
  #scrapes = 0;
  readonly #server = createServer((_, response) => {
    const text = `# HELP legacy_requests_total Requests.\n# TYPE legacy_requests_total counter\nlegacy_requests_total{path="/"} ${++this.#scrapes}\n`;
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text);
  });

  async start(): Promise<this> {
    await once(this.#server.listen(9090, STAND_INS), 'listening');
    return this;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export const NODE_NAME = 'node-1';
const TOKEN = 'a-token-of-the-service-account';

/** The API of a cluster with the one pod that everything here is sent from; `tls` has its certificate. */
export class KubernetesStandIn {
  static readonly port = 6443;
  static readonly token: string = TOKEN;
  readonly #api: FakeKubernetesApi;
  readonly #relay: ReturnType<typeof createTcpServer>;

  private constructor(api: FakeKubernetesApi) {
    this.#api = api;
    this.#relay = createTcpServer((socket) => {
      const inner = connect(api.port, '127.0.0.1');
      socket.pipe(inner).pipe(socket);
      for (const each of [socket, inner]) each.on('error', () => [socket, inner].map((one) => one.destroy()));
    });
  }

  static async start(tls: { readonly certFile: string; readonly keyFile: string }): Promise<KubernetesStandIn> {
    const api = await FakeKubernetesApi.start({ tls, tokens: new Set([TOKEN]) });
    api.put('node', { metadata: { name: NODE_NAME, uid: 'uid-node' } });
    api.put('namespace', { metadata: { name: 'shop', uid: 'uid-namespace' } });
    const pod = {
      metadata: {
        name: 'orders-7d9f-abcde',
        namespace: 'shop',
        uid: 'uid-pod',
        labels: { 'pod-template-hash': '7d9f' },
        ownerReferences: [{ kind: 'ReplicaSet', name: 'orders-7d9f', uid: 'uid-replica-set', controller: true }],
      },
      spec: { nodeName: NODE_NAME, containers: [{ name: 'app', image: 'shop/orders:1' }] },
      status: { podIP: STAND_INS, startTime: '2026-05-01T10:00:05Z' },
    };
    api.put('pod', pod);
    const standIn = new KubernetesStandIn(api);
    await once(standIn.#relay.listen(KubernetesStandIn.port, STAND_INS), 'listening');
    return standIn;
  }

  /** How many kinds of objects somebody watches: who does has read them all. */
  get watchCount(): number {
    return this.#api.watchCount;
  }

  async stop(): Promise<void> {
    this.#relay.close();
    await this.#api.goAway();
  }
}
