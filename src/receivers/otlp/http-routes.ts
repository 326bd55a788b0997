import type { IncomingMessage } from 'node:http';
import { type BodyAnswer, type BodyHandler, type BodyRoute, GRPC } from '#net';
import type { Signal } from '#pdata';
import type { OtlpHttpConfig } from './config.ts';
import { statusAnswer, successAnswer } from './http-answer.ts';
import type { Encoding, Intake } from './intake.ts';

const TEXT = 'text/plain; charset=utf-8';
const NOT_FOUND: BodyAnswer = { status: 404, contentType: TEXT, body: '404 page not found\n' };
const METHOD_NOT_ALLOWED: BodyAnswer = {
  status: 405,
  contentType: TEXT,
  body: '405 method not allowed, supported: [POST]',
  headers: { allow: 'POST' },
};
const UNSUPPORTED_TYPE: BodyAnswer = {
  status: 415,
  contentType: TEXT,
  body: '415 unsupported media type, supported: [application/json, application/x-protobuf]',
};

/** OTLP over HTTP: a path per signal, protobuf and JSON. */
export class OtlpRoutes implements BodyHandler {
  readonly #intake: Intake;
  readonly #signals: ReadonlyMap<string, Signal>;

  constructor(config: OtlpHttpConfig, intake: Intake) {
    this.#intake = intake;
    const paths: [string, Signal][] = [
      [config.tracesUrlPath, 'traces'],
      [config.metricsUrlPath, 'metrics'],
      [config.logsUrlPath, 'logs'],
    ];
    this.#signals = new Map(paths.filter(([, signal]) => intake.takes(signal)));
  }

  route(request: IncomingMessage): BodyRoute | BodyAnswer {
    const signal = this.#signals.get(pathOf(request.url ?? ''));
    if (signal === undefined) return NOT_FOUND;
    if (request.method !== 'POST') return METHOD_NOT_ALLOWED;
    const encoding = encodingOf(request.headers['content-type']);
    if (encoding === undefined) return UNSUPPORTED_TYPE;
    return {
      receive: async (body, context, abort) => {
        const outcome = await this.#intake.receive(signal, body, encoding, context, abort);
        if (outcome.kind === 'refused') return statusAnswer(encoding, outcome.status);
        return successAnswer(encoding, signal, outcome.rejectedCount, outcome.rejectedReason);
      },
      failed: (code, message, retryAfterMs) => statusAnswer(encoding, { code, message, retryAfterMs }),
    };
  }

  /** As otelcol: a Status in the request's encoding, else plain text. */
  unauthenticated(request: IncomingMessage, message: string): BodyAnswer {
    const encoding = encodingOf(request.headers['content-type']);
    if (encoding === undefined) return { status: 401, contentType: TEXT, body: `${message}\n` };
    return statusAnswer(encoding, { code: GRPC.unauthenticated, message, retryAfterMs: undefined });
  }

  countFailure(what: string): void {
    this.#intake.countFailure(what);
  }
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

/** The encoding that a Content-Type asks for; its parameters don't matter. */
function encodingOf(contentType: string | undefined): Encoding | undefined {
  if (contentType === undefined) return undefined;
  const semicolon = contentType.indexOf(';');
  const type = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
  if (type === 'application/x-protobuf') return 'proto';
  return type === 'application/json' ? 'json' : undefined;
}
