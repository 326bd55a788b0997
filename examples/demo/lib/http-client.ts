import { Agent, type IncomingMessage, request as sendRequest } from 'node:http';
import { performance } from 'node:perf_hooks';
import {
  type Attributes,
  context,
  type Histogram,
  propagation,
  SpanKind,
  SpanStatusCode,
  type Tracer,
} from '@opentelemetry/api';
import { HttpError } from './errors.ts';
import { DURATION_BUCKETS_SECONDS, inSpan, type Telemetry } from './telemetry.ts';

const CALL_TIMEOUT_MS = 15_000;

/** A service to call: its instances take turns. */
export interface Peer {
  readonly name: string;
  readonly ports: readonly number[];
}

/** Calls other services over HTTP, handing on the trace in the `traceparent` header. */
export class HttpClient {
  readonly #tracer: Tracer;
  readonly #duration: Histogram;
  readonly #agent = new Agent({ keepAlive: true });
  #turn = 0;

  constructor(telemetry: Telemetry) {
    this.#tracer = telemetry.scopedTracer('shop.http');
    this.#duration = telemetry.scopedMeter('shop.http').createHistogram('http.client.request.duration', {
      description: 'Duration of HTTP client requests',
      unit: 's',
      advice: { explicitBucketBoundaries: DURATION_BUCKETS_SECONDS },
    });
  }

  /** @throws HttpError with the peer's status when the answer is not a success. */
  get(peer: Peer, path: string): Promise<unknown> {
    return this.#call(peer, 'GET', path, undefined);
  }

  /** @throws HttpError with the peer's status when the answer is not a success. */
  post(peer: Peer, path: string, body: unknown): Promise<unknown> {
    return this.#call(peer, 'POST', path, body);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #call(peer: Peer, method: string, path: string, body: unknown): Promise<unknown> {
    const port = peer.ports[this.#turn++ % peer.ports.length]!;
    const server: Attributes = { 'http.request.method': method, 'server.address': '127.0.0.1', 'server.port': port };
    const attributes = { ...server, 'url.full': `http://127.0.0.1:${port}${path}`, 'peer.service': peer.name };
    const startMs = performance.now();
    const answer = await inSpan(this.#tracer, method, { kind: SpanKind.CLIENT, attributes }, async (span) => {
      const received = await this.#send(method, port, path, body);
      span.setAttribute('http.response.status_code', received.status);
      span.setAttribute('http.response.body.size', received.text.length);
      if (received.status >= 400) {
        span.setAttribute('error.type', String(received.status));
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      const seconds = (performance.now() - startMs) / 1000;
      this.#duration.record(seconds, { ...server, 'http.response.status_code': received.status });
      return received;
    });
    const parsed = JSON.parse(answer.text) as { error?: string };
    if (answer.status >= 400) throw new HttpError(answer.status, `${peer.name}: ${parsed.error ?? answer.status}`);
    return parsed;
  }

  async #send(method: string, port: number, path: string, body: unknown): Promise<{ status: number; text: string }> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers: Record<string, string> = { 'user-agent': 'shop-client/1.4' };
    if (payload !== undefined) headers['content-type'] = 'application/json';
    propagation.inject(context.active(), headers);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { host: '127.0.0.1', port, method, path, headers, agent: this.#agent, timeout: CALL_TIMEOUT_MS };
      const outgoing = sendRequest(options, resolve);
      outgoing.once('timeout', () => outgoing.destroy(new Error(`no answer within ${CALL_TIMEOUT_MS} ms`)));
      outgoing.once('error', reject);
      outgoing.end(payload);
    });
    let text = '';
    response.setEncoding('utf8');
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode ?? 0, text };
  }
}
