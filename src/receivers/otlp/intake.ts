import { DecodeError, messageOf } from '#base';
import { type Consumer, type CreateSettings, type ReceiverCounters, Requests, receiverCounters } from '#component';
import { GRPC, type RpcStatus, statusOfError } from '#net';
import { Batch, type BatchContext, type Signal } from '#pdata';
import { type Decoded, decodeOtlp, decodeOtlpJson } from '#wire';

export type Encoding = 'proto' | 'json';

/** What the client is told. Rejected items are lost: it must not send them again. */
export type Outcome =
  | { readonly kind: 'accepted'; readonly rejectedCount: number; readonly rejectedReason: string }
  | { readonly kind: 'refused'; readonly status: RpcStatus };

const ACCEPTED: Outcome = { kind: 'accepted', rejectedCount: 0, rejectedReason: '' };

/** The way of a body into the pipeline, the same for both protocols. */
export class Intake {
  readonly #next: Partial<Record<Signal, Consumer>>;
  readonly #settings: CreateSettings;
  readonly #items: Readonly<Record<Signal, ReceiverCounters>>;
  readonly #requests: Requests;

  constructor(settings: CreateSettings, next: Partial<Record<Signal, Consumer>>, transport: 'grpc' | 'http') {
    this.#settings = settings;
    this.#next = next;
    this.#items = receiverCounters(settings, transport);
    this.#requests = new Requests(settings, transport);
  }

  /** Whether some pipeline takes the signal. */
  takes(signal: Signal): boolean {
    return this.#next[signal] !== undefined;
  }

  /**
   * Decodes a body and hands it to the pipeline. The body becomes the batch's arena: the caller must not use it again. `abort`
   * says that the client has gone. Never throws.
   */
  async receive(
    signal: Signal,
    body: Uint8Array,
    encoding: Encoding,
    context: BatchContext,
    abort: AbortSignal,
  ): Promise<Outcome> {
    const next = this.#next[signal];
    if (next === undefined) return refused(GRPC.unimplemented, `no pipeline takes ${signal}`);
    let decoded: Decoded;
    try {
      decoded = encoding === 'json' ? decodeOtlpJson(signal, body) : decodeOtlp(signal, body);
    } catch (error) {
      return this.#undecodable(signal, error);
    }
    const { chunk, rejectedCount, rejectedReason } = decoded;
    const itemCount = chunk.count;
    if (itemCount > 0) {
      try {
        await next.consume(new Batch(signal, [chunk], context), abort);
      } catch (error) {
        this.#items[signal].refused(itemCount, error);
        this.#requests.refused();
        return { kind: 'refused', status: statusOfError(error) };
      }
      this.#items[signal].accepted(itemCount);
    }
    if (rejectedCount > 0) this.#items[signal].failed(rejectedCount, 'unreadable');
    this.#requests.succeeded();
    return rejectedCount === 0 ? ACCEPTED : { kind: 'accepted', rejectedCount, rejectedReason };
  }

  /** Counts a request that failed before its body was complete. */
  countFailure(what: string): void {
    this.#requests.failed(what);
  }

  #undecodable(signal: Signal, error: unknown): Outcome {
    const message = messageOf(error);
    this.countFailure(message);
    if (error instanceof DecodeError) {
      return refused(GRPC.invalidArgument, `can't decode the ${signal} request: ${message}`);
    }
    this.#settings.logger.error('Decoding failed in an unexpected way', { error: message });
    return refused(GRPC.internal, `decoding the ${signal} request failed; the log of the collector says why`);
  }
}

function refused(code: number, message: string): Outcome {
  return { kind: 'refused', status: { code, message, retryAfterMs: undefined } };
}
