import { ConsumeError, StartError } from '#base';
import type { CreateSettings, Exporter, Host } from '#component';
import {
  decodeStatus,
  GRPC,
  type HttpAnswer,
  type HttpTarget,
  httpTarget,
  isRetryableHttp,
  PartialSuccesses,
  parseRetryAfter,
  type RpcStatus,
} from '#net';
import type { Batch, Signal } from '#pdata';
import { decodeExportResponse, encodeOtlpJson, encodeOtlpParts } from '#wire';
import { HttpSender } from '../shared/http-sender.ts';
import type { OtlpHttpExporterConfig } from './config.ts';

/** As much of an answer as otelcol reads. */
const ANSWER_LIMIT_BYTES = 64 * 1024;
const PROTO_TYPE = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

/** Sends batches by OTLP over HTTP, one POST per batch. */
export class OtlpHttpExporter implements Exporter {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #config: OtlpHttpExporterConfig;
  readonly #partialSuccesses: PartialSuccesses;
  readonly #signal: Signal;
  readonly #url: HttpTarget | undefined;
  readonly #sender: HttpSender | undefined;

  constructor(settings: CreateSettings, config: OtlpHttpExporterConfig, signal: Signal) {
    this.#settings = settings;
    this.#config = config;
    this.#signal = signal;
    this.#url = config.urls[signal] === '' ? undefined : httpTarget(config.urls[signal]);
    this.#partialSuccesses = new PartialSuccesses(settings, signal);
    this.#sender = this.#url && new HttpSender(settings, config.client, this.#url);
  }

  async start(host: Host): Promise<void> {
    if (this.#sender === undefined) {
      throw new StartError(
        `exporters::${this.#settings.id}: has no endpoint for ${this.#signal}`,
        `set endpoint or ${this.#signal}_endpoint, or take the exporter out of the ${this.#signal} pipelines`,
      );
    }
    await this.#sender.start(host);
  }

  async shutdown(_deadlineMs: number): Promise<void> {
    this.#sender?.close();
  }

  /** One attempt. Throws a ConsumeError: retryable for the network and for 429, 502, 503 and 504, permanent for all other statuses. */
  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const isJson = this.#config.encoding === 'json';
    const url = this.#url!;
    const sender = this.#sender!;
    const post = {
      contentType: isJson ? JSON_TYPE : PROTO_TYPE,
      parts: isJson ? [encodeOtlpJson(batch)] : encodeOtlpParts(batch),
      headers: await sender.headersFor(batch.context),
      answerLimitBytes: ANSWER_LIMIT_BYTES,
    };
    const answer = await sender.post(post, abort);
    if (answer.status < 200 || answer.status > 299) throw this.#refusal(url, answer);
    const { rejectedCount, message } = partialSuccessIn(answer);
    this.#partialSuccesses.note(rejectedCount, message);
  }

  #refusal(url: HttpTarget, answer: HttpAnswer): ConsumeError {
    const { status, headers } = answer;
    const permanent = !isRetryableHttp(status);
    const isThrottle = status === 429 || status === 503;
    const retryAfterMs = isThrottle ? parseRetryAfter(headers['retry-after'], this.#settings.clock.nowMs()) : undefined;
    const grpcCode = grpcCodeOf(status, retryAfterMs !== undefined);
    const place = `error exporting items, request to ${url.display} responded with HTTP Status Code ${status}`;
    const said = messageIn(answer);
    return new ConsumeError(said === '' ? place : `${place}, Message=${said}`, {
      permanent,
      reason: `http_${status}`,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(grpcCode !== undefined && { grpcCode }),
    });
  }
}

/** What a receiver in front answers its own client. 429 without a delay would read as "never again" on gRPC. */
function grpcCodeOf(status: number, hasDelay: boolean): number | undefined {
  switch (status) {
    case 400:
      return GRPC.invalidArgument;
    case 401:
      return GRPC.unauthenticated;
    case 403:
      return GRPC.permissionDenied;
    case 404:
      return GRPC.unimplemented;
    case 429:
      return hasDelay ? GRPC.resourceExhausted : GRPC.unavailable;
    case 502:
    case 503:
    case 504:
      return GRPC.unavailable;
    default:
      return undefined;
  }
}

/** The message of the rpc.Status in the answer; '' where there is none. */
function messageIn(answer: HttpAnswer): string {
  const type = answer.headers['content-type'] ?? '';
  if (type.startsWith(PROTO_TYPE)) return decodeStatus(answer.body)?.message ?? '';
  if (!type.startsWith(JSON_TYPE)) return '';
  const status = parseJson(answer.body) as Partial<RpcStatus> | undefined;
  return typeof status?.message === 'string' ? status.message : '';
}

interface PartialSuccess {
  readonly rejectedCount: number;
  readonly message: string;
}

function partialSuccessIn(answer: HttpAnswer): PartialSuccess {
  const type = answer.headers['content-type'] ?? '';
  if (answer.body.length === 0) return NOTHING_REJECTED;
  if (type.startsWith(PROTO_TYPE)) return decodeExportResponse(answer.body);
  if (!type.startsWith(JSON_TYPE)) return NOTHING_REJECTED;
  const response = parseJson(answer.body) as { partialSuccess?: Record<string, unknown> } | undefined;
  const partial = response?.partialSuccess ?? {};
  const rejected = partial.rejectedSpans ?? partial.rejectedDataPoints ?? partial.rejectedLogRecords ?? 0;
  const rejectedCount = Number(rejected);
  const message = partial.errorMessage;
  return {
    rejectedCount: Number.isSafeInteger(rejectedCount) ? rejectedCount : 0,
    message: typeof message === 'string' ? message : '',
  };
}

const NOTHING_REJECTED: PartialSuccess = { rejectedCount: 0, message: '' };

/** The value where the bytes are a JSON object. A peer that writes none has nothing more to say than its status. */
function parseJson(bytes: Uint8Array): object | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
