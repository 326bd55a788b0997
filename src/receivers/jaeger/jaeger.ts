import type { IncomingMessage } from 'node:http';
import { ConsumeError, messageOf } from '#base';
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
  statusOfError,
} from '#net';
import { Batch, type BatchContext } from '#pdata';
import { type JaegerBatch, jaegerToOtlp, readJaegerPacket, readJaegerProtobuf, readJaegerThrift } from '#wire';
import type { JaegerReceiverConfig, UdpConfig } from './config.ts';
import { UdpPort } from './udp-port.ts';

const TEXT = 'text/plain; charset=utf-8';
const PATH = '/api/traces';
const POST_SPANS = '/jaeger.api_v2.CollectorService/PostSpans';
const THRIFT_TYPES: ReadonlySet<string> = new Set(['application/x-thrift', 'application/vnd.apache.thrift.binary']);
const NO_BYTES = new Uint8Array(0);

/** Receives spans in all ways that Jaeger's clients and agents have. */
export class JaegerReceiver implements Receiver, BodyHandler {
  readonly #settings: CreateSettings;
  readonly #next: Consumer;
  readonly #grpc: GrpcIntake | undefined;
  readonly #http: HttpIntake | undefined;
  readonly #httpRequests: Requests;
  readonly #grpcRequests: Requests;
  readonly #httpCounters: ReceiverCounters;
  readonly #grpcCounters: ReceiverCounters;
  readonly #compact: UdpPort | undefined;
  readonly #binary: UdpPort | undefined;
  readonly #ports: ReceiverPorts;
  #stop = new AbortController();

  constructor(settings: CreateSettings, config: JaegerReceiverConfig, next: Consumer) {
    this.#settings = settings;
    this.#next = next;
    this.#httpRequests = new Requests(settings, 'http');
    this.#grpcRequests = new Requests(settings, 'grpc');
    this.#httpCounters = receiverCounters(settings, 'http').traces;
    this.#grpcCounters = receiverCounters(settings, 'grpc').traces;
    const { admission, grpc, thriftHttp } = config;
    const path = `receivers::${settings.id}::protocols`;
    if (grpc !== undefined) {
      const handlers = new Map([
        [POST_SPANS, (message: Uint8Array, call: GrpcCall) => this.#call(message, call, grpc.includeMetadata)],
      ]);
      const onFailure = (what: string): void => this.#grpcRequests.failed(what);
      this.#grpc = new GrpcIntake({
        settings,
        admission,
        path: `${path}::grpc`,
        config: grpc,
        handlers,
        onFailure,
      });
    }
    if (thriftHttp !== undefined) {
      this.#http = new HttpIntake({
        settings,
        admission,
        path: `${path}::thrift_http`,
        config: thriftHttp,
        handler: this,
      });
    }
    this.#compact = this.#udpPort('compact', config.thriftCompact, path);
    this.#binary = this.#udpPort('binary', config.thriftBinary, path);
    this.#ports = new ReceiverPorts(admission, { grpc: this.#grpc, http: this.#http });
  }

  /** With the real ports; '' for what isn't there. */
  get addresses(): { readonly grpc: string; readonly http: string; readonly compact: string; readonly binary: string } {
    return {
      grpc: this.#grpc?.address ?? '',
      http: this.#http?.address ?? '',
      compact: this.#compact?.address ?? '',
      binary: this.#binary?.address ?? '',
    };
  }

  async start(host: Host): Promise<void> {
    try {
      await this.#ports.start(host);
      for (const port of this.#udpPorts) await port.start();
    } catch (error) {
      await this.shutdown(0);
      throw error;
    }
  }

  /** Of UDP nothing can be handed over: packets that come between two sockets are lost, as UDP's are. */
  handOver(successor: Component | undefined): () => void {
    return this.#ports.handOver(successor instanceof JaegerReceiver ? successor.#ports : undefined);
  }

  async shutdown(deadlineMs: number): Promise<void> {
    await Promise.all([this.#ports.shutdown(deadlineMs), ...this.#udpPorts.map((port) => port.shutdown(deadlineMs))]);
    this.#stop.abort();
  }

  get #udpPorts(): readonly UdpPort[] {
    return [this.#compact, this.#binary].filter((port) => port !== undefined);
  }

  route(request: IncomingMessage): BodyRoute | BodyAnswer {
    if ((request.url ?? '').split('?')[0] !== PATH) return answer(404, '404 page not found\n');
    if (request.method !== 'POST') {
      return { ...answer(405, '405 method not allowed, supported: [POST]'), headers: { allow: 'POST' } };
    }
    const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
    if (!THRIFT_TYPES.has(type)) return answer(400, `unsupported content type: ${type}\n`);
    return {
      receive: (body, context, abort) => this.#receive(body, context, abort),
      failed: (code, message) => answer(code === GRPC.unavailable ? 503 : 400, message),
    };
  }

  countFailure(what: string): void {
    this.#httpRequests.failed(what);
  }

  async #receive(body: Uint8Array, context: BatchContext, abort: AbortSignal): Promise<BodyAnswer> {
    let batch: Batch;
    try {
      batch = batchOf(readJaegerThrift(body), true, context);
    } catch (error) {
      this.countFailure(messageOf(error));
      return answer(400, `unable to process request body: ${messageOf(error)}\n`);
    }
    const refusal = await this.#httpRequests.handOn(this.#next, this.#httpCounters, batch, abort);
    if (refusal === undefined) return { status: 202, body: '' };
    return answer(500, `cannot submit Jaeger batch: ${messageOf(refusal)}\n`);
  }

  async #call(message: Uint8Array, call: GrpcCall, includeMetadata: boolean): Promise<GrpcAnswer> {
    let batch: Batch;
    try {
      batch = batchOf(readJaegerProtobuf(message), false, grpcContext(call, includeMetadata));
    } catch (error) {
      this.#grpcRequests.failed(messageOf(error));
      return { status: { code: GRPC.invalidArgument, message: messageOf(error), retryAfterMs: undefined } };
    }
    const refusal = await this.#grpcRequests.handOn(this.#next, this.#grpcCounters, batch, call.abort);
    return refusal === undefined ? { message: NO_BYTES } : { status: statusOfError(refusal) };
  }

  #udpPort(protocol: 'compact' | 'binary', config: UdpConfig | undefined, path: string): UdpPort | undefined {
    if (config === undefined) return undefined;
    const settings = this.#settings;
    const transport = `udp_thrift_${protocol}`;
    const counters = receiverCounters(settings, transport).traces;
    const unreadable = settings.meter.counter(
      'receiver_dropped_packets',
      { unit: '{packets}', description: 'Packets that were thrown away unread' },
      { transport, reason: 'unreadable' },
    );
    const receive = async (packet: Uint8Array, peer: string): Promise<void> => {
      let batch: Batch;
      try {
        batch = batchOf(readJaegerPacket(packet, protocol), true, { peer });
      } catch (error) {
        unreadable.add(1);
        settings.logger.debug('A packet can not be read', { error: messageOf(error) });
        return;
      }
      await this.#handOnPacket(batch, counters);
    };
    return new UdpPort({ settings, path: `${path}::thrift_${protocol}`, transport, config, receive });
  }

  /** Nobody sends again what is refused here. */
  async #handOnPacket(batch: Batch, counters: ReceiverCounters): Promise<void> {
    const count = batch.itemCount;
    if (count === 0) return;
    try {
      await this.#next.consume(batch, this.#stop.signal);
      counters.accepted(count);
    } catch (error) {
      const known = error instanceof ConsumeError ? error : new ConsumeError(messageOf(error), { reason: 'failed' });
      counters.lost(count, known);
    }
  }
}

function batchOf(batch: JaegerBatch, isThrift: boolean, context: BatchContext): Batch {
  return new Batch('traces', [jaegerToOtlp(batch, isThrift).chunk()], context);
}

function answer(status: number, body: string): BodyAnswer {
  return { status, contentType: TEXT, body };
}
