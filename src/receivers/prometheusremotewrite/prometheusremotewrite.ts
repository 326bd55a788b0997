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
import { type BodyAnswer, type BodyHandler, type BodyRoute, GRPC, inflate } from '#net';
import { Batch, type BatchContext } from '#pdata';
import { readWriteRequestV1, readWriteRequestV2, TargetInfos, type WrittenCounts, WrittenMetrics } from '#wire';
import type { PrometheusRemoteWriteReceiverConfig } from './config.ts';

type Version = 1 | 2;

const TEXT = 'text/plain; charset=utf-8';
const PATH = '/api/v1/write';
const MESSAGES: ReadonlyMap<string, Version> = new Map([
  ['', 1],
  ['prometheus.WriteRequest', 1],
  ['io.prometheus.write.v2.Request', 2],
]);
/** Jobs and instances of which `target_info` is remembered from one request to the next. */
const TARGET_INFOS = 10_000;

/** Receives remote write over HTTP: prometheus.io/docs/specs/prw, both versions. */
export class PrometheusRemoteWriteReceiver implements Receiver, BodyHandler {
  readonly #settings: CreateSettings;
  readonly #config: PrometheusRemoteWriteReceiverConfig;
  readonly #next: Consumer;
  readonly #counters: ReceiverCounters;
  readonly #requests: Requests;
  readonly #intake: HttpIntake;
  readonly #ports: ReceiverPorts;
  readonly #infos = new TargetInfos(TARGET_INFOS);

  constructor(settings: CreateSettings, config: PrometheusRemoteWriteReceiverConfig, next: Consumer) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    this.#counters = receiverCounters(settings, 'http').metrics;
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
    return this.#ports.handOver(successor instanceof PrometheusRemoteWriteReceiver ? successor.#ports : undefined);
  }

  shutdown(deadlineMs: number): Promise<void> {
    return this.#ports.shutdown(deadlineMs);
  }

  route(request: IncomingMessage): BodyRoute | BodyAnswer {
    if ((request.url ?? '').split('?')[0] !== PATH) return answer(404, '404 page not found\n');
    if (request.method !== 'POST') {
      return { ...answer(405, '405 method not allowed, supported: [POST]'), headers: { allow: 'POST' } };
    }
    const version = versionOf(request.headers['content-type'] ?? '');
    if (version === undefined) {
      return answer(
        415,
        'expected the content type application/x-protobuf, with the proto prometheus.WriteRequest or io.prometheus.write.v2.Request\n',
      );
    }
    const coding = request.headers['content-encoding'] ?? '';
    if (coding !== 'snappy' && coding !== '')
      return answer(415, `${coding} encoding (compression) is not accepted; use snappy\n`);
    return {
      receive: (body, context, abort) =>
        this.#receive(body, { version, isInflated: coding === 'snappy', context, abort }),
      failed: (code, message) => answer(code === GRPC.unavailable ? 503 : 400, message),
    };
  }

  countFailure(what: string): void {
    this.#requests.failed(what);
  }

  async #receive(body: Uint8Array, { version, isInflated, context, abort }: Request): Promise<BodyAnswer> {
    let batch: Batch;
    let counts: WrittenCounts;
    try {
      // The protocol knows snappy alone; some clients forget to say so.
      const content = isInflated ? body : await inflate('snappy', body, this.#config.server.maxRequestBodySizeBytes);
      const series = version === 1 ? readWriteRequestV1(content) : readWriteRequestV2(content);
      const written = new WrittenMetrics(series, this.#infos);
      counts = written.counts;
      batch = new Batch('metrics', [written.builder.chunk()], context);
    } catch (error) {
      this.countFailure(messageOf(error));
      return { ...answer(400, `${messageOf(error)}\n`), headers: headersOf(version, NOTHING) };
    }
    const refusal = await this.#requests.handOn(this.#next, this.#counters, batch, abort);
    if (refusal === undefined) return { status: 204, body: '', headers: headersOf(version, counts) };
    return {
      ...answer(isPermanent(refusal) ? 400 : 500, `${messageOf(refusal)}\n`),
      headers: headersOf(version, NOTHING),
    };
  }
}

interface Request {
  readonly version: Version;
  readonly isInflated: boolean;
  readonly context: BatchContext;
  readonly abort: AbortSignal;
}

const NOTHING: WrittenCounts = { samples: 0, histograms: 0, exemplars: 0 };

/** Senders of version 2 learn how much was written. */
function headersOf(
  version: Version,
  { samples, histograms, exemplars }: WrittenCounts,
): Readonly<Record<string, string>> {
  if (version === 1) return {};
  return {
    'x-prometheus-remote-write-samples-written': String(samples),
    'x-prometheus-remote-write-histograms-written': String(histograms),
    'x-prometheus-remote-write-exemplars-written': String(exemplars),
  };
}

function answer(status: number, body: string): BodyAnswer {
  return { status, contentType: TEXT, body };
}

/** What a Content-Type asks for; without a proto it is the first version. */
function versionOf(contentType: string): Version | undefined {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim());
  if (type.toLowerCase() !== 'application/x-protobuf') return undefined;
  const proto = parameters.find((parameter) => /^proto=/i.test(parameter))?.slice('proto='.length) ?? '';
  return MESSAGES.get(proto.replace(/^"|"$/g, ''));
}
