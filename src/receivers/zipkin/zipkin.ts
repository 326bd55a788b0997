import type { IncomingMessage } from 'node:http';
import { isPermanent, messageOf } from '#base';
import {
  type Component,
  type Consumer,
  type CreateSettings,
  type Host,
  HttpIntake,
  type Receiver,
  type ReceiverCounters,
  ReceiverPorts,
  Requests,
  receiverCounters,
} from '#component';
import { type BodyAnswer, type BodyHandler, type BodyRoute, GRPC } from '#net';
import { Batch, type BatchContext } from '#pdata';
import {
  readZipkinJson,
  readZipkinProtobuf,
  readZipkinV1Json,
  readZipkinV1Thrift,
  type TracesBuilder,
  zipkinToOtlp,
} from '#wire';
import type { ZipkinReceiverConfig } from './config.ts';

type Format = 'v1_thrift' | 'v1_json' | 'v2_json' | 'v2_proto';

const TEXT = 'text/plain; charset=utf-8';
const ACCEPTED: BodyAnswer = { status: 202, body: '' };
/** As otelcol answers: what never fits is the client's mistake, the rest ours. */
const REFUSED: BodyAnswer = { status: 400, contentType: TEXT, body: '"Bad Request"' };
const FAILED: BodyAnswer = { status: 500, contentType: TEXT, body: '"Internal Server Error"' };
const METHOD_NOT_ALLOWED: BodyAnswer = {
  status: 405,
  contentType: TEXT,
  body: '405 method not allowed, supported: [POST]',
  headers: { allow: 'POST' },
};

/** Receives spans of Zipkin over HTTP, on any path: one with `api/v1/spans` has the first format, all others the second. */
export class ZipkinReceiver implements Receiver, BodyHandler {
  readonly #settings: CreateSettings;
  readonly #config: ZipkinReceiverConfig;
  readonly #next: Consumer;
  readonly #counters: Readonly<Record<Format, ReceiverCounters>>;
  readonly #requests: Requests;
  readonly #intake: HttpIntake;
  readonly #ports: ReceiverPorts;

  constructor(settings: CreateSettings, config: ZipkinReceiverConfig, next: Consumer) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    const counters = (format: Format): ReceiverCounters => receiverCounters(settings, `http_${format}`).traces;
    this.#counters = {
      v1_thrift: counters('v1_thrift'),
      v1_json: counters('v1_json'),
      v2_json: counters('v2_json'),
      v2_proto: counters('v2_proto'),
    };
    this.#requests = new Requests(settings, 'http');
    this.#intake = new HttpIntake({
      settings,
      path: `receivers::${settings.id}`,
      config: config.server,
      admission: config.admission,
      handler: this,
    });
    this.#ports = new ReceiverPorts(config.admission, { http: this.#intake });
  }

  get address(): string {
    return this.#intake.address;
  }

  start(host: Host): Promise<void> {
    return this.#ports.start(host);
  }

  handOver(successor: Component | undefined): () => void {
    return this.#ports.handOver(successor instanceof ZipkinReceiver ? successor.#ports : undefined);
  }

  shutdown(deadlineMs: number): Promise<void> {
    return this.#ports.shutdown(deadlineMs);
  }

  route(request: IncomingMessage): BodyRoute | BodyAnswer {
    if (request.method !== 'POST') return METHOD_NOT_ALLOWED;
    const format = formatOf(request);
    return {
      receive: (body, context, abort) => this.#receive(format, body, context, abort),
      failed: (code, message) => ({ status: code === GRPC.unavailable ? 503 : 400, contentType: TEXT, body: message }),
    };
  }

  countFailure(what: string): void {
    this.#requests.failed(what);
  }

  async #receive(format: Format, body: Uint8Array, context: BatchContext, abort: AbortSignal): Promise<BodyAnswer> {
    let batch: Batch;
    try {
      batch = new Batch('traces', [this.#decoded(format, body).chunk()], context);
    } catch (error) {
      this.countFailure(messageOf(error));
      return { status: 400, contentType: TEXT, body: `${messageOf(error)}\n` };
    }
    const refusal = await this.#requests.handOn(this.#next, this.#counters[format], batch, abort);
    if (refusal === undefined) return ACCEPTED;
    return isPermanent(refusal) ? REFUSED : FAILED;
  }

  #decoded(format: Format, body: Uint8Array): TracesBuilder {
    const { parsesTags } = this.#config;
    const nowNs = BigInt(Math.round(this.#settings.clock.nowMs())) * 1_000_000n;
    switch (format) {
      case 'v1_thrift':
        return readZipkinV1Thrift(body, nowNs);
      case 'v1_json':
        return readZipkinV1Json(body, parsesTags, nowNs);
      case 'v2_json':
        return zipkinToOtlp(readZipkinJson(body), parsesTags);
      case 'v2_proto':
        return zipkinToOtlp(readZipkinProtobuf(body), parsesTags);
    }
  }
}

function formatOf({ url = '', headers }: IncomingMessage): Format {
  const type = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (url.split('?')[0]!.includes('api/v1/spans')) return type === 'application/x-thrift' ? 'v1_thrift' : 'v1_json';
  return type === 'application/x-protobuf' ? 'v2_proto' : 'v2_json';
}
