import type { IncomingMessage } from 'node:http';
import type { HttpServerConfig } from '#config';
import { type BodyAnswer, type BodyHandler, type BodyRoute, BodyServer, type BodyServerSettings, GRPC } from '#net';
import type { BatchContext } from '#pdata';
import { RESTARTING, RESTARTING_RETRY_MS } from './gate.ts';
import { Intake, type IntakeOptions, type SharedSettings } from './intake.ts';

export interface HttpIntakeOptions extends IntakeOptions<HttpServerConfig> {
  readonly handler: BodyHandler;
}

const STREAMS_PER_CONNECTION = 250;

/** The port of a receiver that takes bodies over HTTP. */
export class HttpIntake extends Intake<BodyServer, BodyServerSettings, HttpServerConfig, BodyHandler> {
  protected override readonly transport = 'http';
  readonly #handler: BodyHandler;
  readonly #gated: BodyHandler;

  constructor(options: HttpIntakeOptions) {
    super(options);
    const { handler } = options;
    this.#handler = handler;
    this.#gated = {
      route: (request) => this.#route(request),
      countFailure: (what) => handler.countFailure(what),
      ...(handler.unauthenticated !== undefined && {
        unauthenticated: (request: IncomingMessage, message: string) => handler.unauthenticated!(request, message),
      }),
    };
  }

  protected override get next(): BodyHandler {
    return this.#gated;
  }

  protected override settingsOf(shared: SharedSettings): BodyServerSettings {
    const { config, settings } = this.options;
    return {
      ...shared,
      config,
      handler: this.#gated,
      maxConcurrentStreams: STREAMS_PER_CONNECTION,
      logger: settings.logger,
    };
  }

  protected override create(settings: BodyServerSettings): BodyServer {
    return new BodyServer(settings);
  }

  #route(request: IncomingMessage): BodyRoute | BodyAnswer {
    const route = this.#handler.route(request);
    if ('status' in route) return route;
    return {
      receive: (body, context, abort) =>
        this.gate.pass(
          () => route.receive(body, context, abort),
          (next) => this.#handOn(next?.route(request), route, { body, context, abort }),
        ),
      failed: (code, message, retryAfterMs) => route.failed(code, message, retryAfterMs),
    };
  }

  /** To the successor, where that takes it. */
  async #handOn(next: BodyRoute | BodyAnswer | undefined, route: BodyRoute, received: Received): Promise<BodyAnswer> {
    if (next === undefined) {
      this.#handler.countFailure(RESTARTING);
      return route.failed(GRPC.unavailable, RESTARTING, RESTARTING_RETRY_MS);
    }
    return 'status' in next ? next : next.receive(received.body, received.context, received.abort);
  }
}

interface Received {
  readonly body: Uint8Array;
  readonly context: BatchContext;
  readonly abort: AbortSignal;
}

type Mistake = { readonly path: readonly string[]; readonly message: string };

/** What a server can't do yet. Ignoring it would open the port to those whom the user wants to keep out. */
export function serverMistakes(
  { middlewares }: { readonly middlewares: readonly unknown[] },
  path: readonly string[] = [],
): readonly Mistake[] {
  const message = 'no extension offers middlewares yet; take the block out and put a proxy in front that does it';
  return middlewares.length === 0 ? [] : [{ path: [...path, 'middlewares'], message }];
}
