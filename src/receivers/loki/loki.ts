import type { IncomingMessage } from 'node:http';
import { isPermanent, messageOf } from '#base';
import {
  type Component,
  type Consumer,
  type CreateSettings,
  GrpcIntake,
  grpcContext,
  type Host,
  HttpIntake,
  type Receiver,
  type ReceiverCounters,
  ReceiverPorts,
  Requests,
  receiverCounters,
} from '#component';
import {
  type BodyAnswer,
  type BodyHandler,
  type BodyRoute,
  GRPC,
  type GrpcAnswer,
  type GrpcCall,
  inflate,
  statusOfError,
} from '#net';
import { Batch, type BatchContext } from '#pdata';
import { type LogsBuilder, readLokiJson, readLokiProtobuf } from '#wire';
import type { LokiReceiverConfig } from './config.ts';

const TEXT = 'text/plain; charset=utf-8';
const PUSH_PATH = '/loki/api/v1/push';
const PUSH_METHOD = '/logproto.Pusher/Push';
const NO_BYTES = new Uint8Array(0);

/** Receives what clients push to Loki, over HTTP and gRPC. */
export class LokiReceiver implements Receiver, BodyHandler {
  readonly #settings: CreateSettings;
  readonly #config: LokiReceiverConfig;
  readonly #next: Consumer;
  readonly #counters: { readonly http: ReceiverCounters; readonly grpc: ReceiverCounters };
  readonly #requests: { readonly http: Requests; readonly grpc: Requests };
  readonly #http: HttpIntake | undefined;
  readonly #grpc: GrpcIntake | undefined;
  readonly #ports: ReceiverPorts;

  constructor(settings: CreateSettings, config: LokiReceiverConfig, next: Consumer) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    this.#counters = { http: receiverCounters(settings, 'http').logs, grpc: receiverCounters(settings, 'grpc').logs };
    this.#requests = { http: new Requests(settings, 'http'), grpc: new Requests(settings, 'grpc') };
    const { admission } = config;
    const path = `receivers::${settings.id}::protocols`;
    const both = { settings, admission };
    if (config.http !== undefined) {
      this.#http = new HttpIntake({ ...both, path: `${path}::http`, config: config.http, handler: this });
    }
    if (config.grpc !== undefined) {
      this.#grpc = new GrpcIntake({
        ...both,
        path: `${path}::grpc`,
        config: config.grpc,
        handlers: new Map([[PUSH_METHOD, (message, call) => this.#call(message, call)]]),
        onFailure: (what) => this.#requests.grpc.failed(what),
      });
    }
    this.#ports = new ReceiverPorts(admission, { http: this.#http, grpc: this.#grpc });
  }

  get addresses(): { readonly http: string; readonly grpc: string } {
    return { http: this.#http?.address ?? '', grpc: this.#grpc?.address ?? '' };
  }

  start(host: Host): Promise<void> {
    return this.#ports.start(host);
  }

  handOver(successor: Component | undefined): () => void {
    return this.#ports.handOver(successor instanceof LokiReceiver ? successor.#ports : undefined);
  }

  shutdown(deadlineMs: number): Promise<void> {
    return this.#ports.shutdown(deadlineMs);
  }

  route(request: IncomingMessage): BodyRoute | BodyAnswer {
    if ((request.url ?? '').split('?')[0] !== PUSH_PATH) return answer(404, '404 page not found\n');
    if (request.method !== 'POST')
      return { ...answer(405, '405 method not allowed, supported: [POST]'), headers: { allow: 'POST' } };
    const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
    if (type !== 'application/json' && type !== 'application/x-protobuf' && type !== '') {
      return answer(415, '415 unsupported media type, supported: [application/json, application/x-protobuf]');
    }
    const isJson = type === 'application/json';
    // The body of protobuf is one block of snappy, whether a header says so or not.
    const isInflated = request.headers['content-encoding'] === 'snappy';
    return {
      receive: (body, context, abort) => this.#receive(body, { isJson, isInflated, context, abort }),
      failed: (code, message) => answer(code === GRPC.unavailable ? 503 : 400, message),
    };
  }

  countFailure(what: string): void {
    this.#requests.http.failed(what);
  }

  async #receive(body: Uint8Array, { isJson, isInflated, context, abort }: Request): Promise<BodyAnswer> {
    let batch: Batch;
    try {
      const limitBytes = this.#config.http!.maxRequestBodySizeBytes;
      const content = isJson || isInflated ? body : await inflate('snappy', body, limitBytes);
      batch = new Batch('logs', [this.#decoded(content, isJson).chunk()], context);
    } catch (error) {
      this.countFailure(messageOf(error));
      return answer(400, `${messageOf(error)}\n`);
    }
    const refusal = await this.#requests.http.handOn(this.#next, this.#counters.http, batch, abort);
    if (refusal === undefined) return { status: 204, body: '' };
    return answer(isPermanent(refusal) ? 400 : 500, `${messageOf(refusal)}\n`);
  }

  async #call(message: Uint8Array, call: GrpcCall): Promise<GrpcAnswer> {
    let batch: Batch;
    try {
      batch = new Batch('logs', [this.#decoded(message, false).chunk()], this.#contextOf(call));
    } catch (error) {
      this.#requests.grpc.failed(messageOf(error));
      return { status: { code: GRPC.invalidArgument, message: messageOf(error), retryAfterMs: undefined } };
    }
    const refusal = await this.#requests.grpc.handOn(this.#next, this.#counters.grpc, batch, call.abort);
    return refusal === undefined ? { message: NO_BYTES } : { status: statusOfError(refusal) };
  }

  #contextOf(call: GrpcCall): BatchContext {
    return grpcContext(call, this.#config.grpc!.includeMetadata);
  }

  #decoded(body: Uint8Array, isJson: boolean): LogsBuilder {
    const nowNs = BigInt(Math.round(this.#settings.clock.nowMs())) * 1_000_000n;
    const options = { keepsTimestamps: this.#config.keepsTimestamps, nowNs, labels: 'attributes' } as const;
    return isJson ? readLokiJson(body, options) : readLokiProtobuf(body, options);
  }
}

interface Request {
  readonly isJson: boolean;
  readonly isInflated: boolean;
  readonly context: BatchContext;
  readonly abort: AbortSignal;
}

function answer(status: number, body: string): BodyAnswer {
  return { status, contentType: TEXT, body };
}
