import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { encodeHeaders } from '../header-encoder.ts';
import type { Http2Headers } from '../header-list.ts';
import { Http2ServerConnection } from '../server-connection.ts';
import type { Http2Stream, StreamReceiver } from '../stream.ts';

/** What a test leaves behind. */
export const undo: (() => unknown)[] = [];

export function undoAll(): void {
  for (const step of undo.splice(0).reverse()) step();
}

export const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;
export const REQUEST = { ':method': 'POST', ':scheme': 'http', ':path': '/', ':authority': 'a' };

/** Collects what comes on a stream. */
export class Collector implements StreamReceiver {
  readonly parts: Buffer[] = [];
  readonly headerLists: Http2Headers[] = [];
  isEnded = false;
  isClosed = false;
  #onEnd: () => void;
  readonly ended: Promise<void>;

  constructor() {
    this.#onEnd = () => undefined;
    this.ended = new Promise((resolve) => {
      this.#onEnd = resolve;
    });
  }

  get body(): Buffer {
    return Buffer.concat(this.parts);
  }
  headers(headers: Http2Headers): void {
    this.headerLists.push(headers);
  }
  data(bytes: Uint8Array): void {
    this.parts.push(Buffer.from(bytes));
  }
  held(): void {}
  end(): void {
    this.isEnded = true;
    this.#onEnd();
  }
  closed(): void {
    this.isClosed = true;
    this.#onEnd();
  }
}

export interface ServerSide {
  readonly server: Server;
  readonly port: number;
  readonly connections: Http2ServerConnection[];
  readonly streams: { readonly stream: Http2Stream; readonly headers: Http2Headers; readonly got: Collector }[];
  readonly endings: (Error | undefined)[];
  readonly foreign: Uint8Array[];
}

/** A server of ours that echoes, headers whose names begin with `x-` included. */
export async function serve(
  options: { isFresh?: boolean; maxConcurrentStreams?: number; silent?: boolean } = {},
): Promise<ServerSide> {
  const connections: Http2ServerConnection[] = [];
  const streams: ServerSide['streams'] = [];
  const endings: ServerSide['endings'] = [];
  const foreign: Uint8Array[] = [];
  const answer = async (stream: Http2Stream, headers: Http2Headers, got: Collector): Promise<void> => {
    await got.ended;
    if (!got.isEnded || options.silent === true) return;
    const own = Object.entries(headers).filter(([name]) => name.startsWith('x-')) as [string, string][];
    stream.sendHeaders(encodeHeaders({ ':status': '200', ...Object.fromEntries(own) }));
    stream.write(got.body);
    stream.end(encodeHeaders({ 'x-trailer': 'yes' }));
  };
  const server = createServer((socket) => {
    connections.push(
      new Http2ServerConnection(socket, {
        windows: { streamBytes: 100_000, connectionBytes: 150_000 },
        maxConcurrentStreams: options.maxConcurrentStreams ?? 100,
        isFresh: options.isFresh ?? true,
        onStream: (stream, headers) => {
          const got = new Collector();
          stream.receiver = got;
          streams.push({ stream, headers, got });
          void answer(stream, headers, got);
        },
        onForeign: (first) => void foreign.push(Buffer.from(first)),
        onEnded: (error) => void endings.push(error),
      }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => {
    for (const connection of connections) connection.destroy();
    server.close();
  });
  return { server, port: portOf(server), connections, streams, endings, foreign };
}

/** A client of Node's. */
export function nodeClient(port: number, options: object = {}): ClientHttp2Session {
  const client = connectHttp2(`http://127.0.0.1:${port}`, options);
  client.on('error', () => undefined);
  undo.push(() => client.destroy());
  return client;
}

export interface Answered {
  readonly response: Readonly<Record<string, unknown>>;
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  readonly code: number | undefined;
}

export async function ask(
  client: ClientHttp2Session,
  headers: Record<string, string>,
  body: Uint8Array,
): Promise<Answered> {
  const stream = client.request({ ':method': 'POST', ...headers });
  const parts: Buffer[] = [];
  let response: Record<string, unknown> = {};
  let trailers: Record<string, unknown> = {};
  stream.on('response', (got) => {
    response = got;
  });
  stream.on('trailers', (got) => {
    trailers = got;
  });
  stream.on('data', (data: Buffer) => parts.push(data));
  stream.on('error', () => undefined);
  stream.end(body);
  await new Promise<void>((resolve) => stream.once('close', () => resolve()));
  return { response, trailers, body: Buffer.concat(parts), code: stream.rstCode };
}
