import { authenticatorOf, type CreateSettings, type Extension, GrpcIntake, type Host } from '#component';
import { admission } from '#config';
import {
  ByteBudget,
  GRPC,
  type GrpcAnswer,
  type GrpcHandler,
  JSON_TYPE,
  type Page,
  type PageRequest,
  PageServer,
  TEXT_TYPE,
} from '#net';
import { textAt } from '#pdata';
import { matchesPath } from '../shared/matches-path.ts';
import { type Health, healthOf } from './aggregate.ts';
import type { HealthCheckV2Config } from './config.ts';
import { responseOf, Watchers } from './watchers.ts';

const CHECK = '/grpc.health.v1.Health/Check';
const WATCH = '/grpc.health.v1.Health/Watch';
/** grpc.health.v1.HealthCheckResponse.ServingStatus. */
const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;
const HTTP_STATUS: Readonly<Record<Health['status'], number>> = {
  none: 503,
  starting: 503,
  ok: 200,
  recoverable_error: 200,
  permanent_error: 200,
  fatal_error: 500,
  stopping: 503,
  stopped: 503,
};
const NAMES: Readonly<Record<Health['status'], string>> = {
  none: 'StatusNone',
  starting: 'StatusStarting',
  ok: 'StatusOK',
  recoverable_error: 'StatusRecoverableError',
  permanent_error: 'StatusPermanentError',
  fatal_error: 'StatusFatalError',
  stopping: 'StatusStopping',
  stopped: 'StatusStopped',
};
/** A request for one pipeline is short. */
const BUDGET_BYTES = 1024 * 1024;
const NOT_FOUND: Page = { status: 404, contentType: TEXT_TYPE, body: '' };

interface Answer {
  readonly start_time?: string;
  readonly healthy: boolean;
  readonly status: string;
  readonly error?: string;
  readonly status_time: string;
  readonly attributes: object;
  readonly components?: { readonly [name: string]: Answer };
}

/** Says how the collector and its pipelines are, over HTTP and gRPC. */
export class HealthCheckV2 implements Extension {
  readonly #settings: CreateSettings;
  readonly #config: HealthCheckV2Config;
  readonly #http: PageServer | undefined;
  readonly #grpc: GrpcIntake | undefined;
  readonly #watchers: Watchers;
  #host: Host | undefined;

  constructor(settings: CreateSettings, config: HealthCheckV2Config) {
    this.#settings = settings;
    this.#config = config;
    this.#watchers = new Watchers(settings.clock, (service) => this.#servingStatusOf(service) ?? SERVICE_UNKNOWN);
    const path = `extensions::${settings.id}`;
    if (config.http !== undefined) {
      const place = { ...settings, place: `${path}::http` };
      this.#http = new PageServer(place, config.http.server, (request) => this.#page(request));
    }
    if (config.grpc !== undefined) {
      this.#grpc = new GrpcIntake({
        settings,
        path: `${path}::grpc`,
        config: config.grpc,
        admission: admission.parse({}),
        handlers: new Map<string, GrpcHandler>([
          [CHECK, async (message) => this.#check(message)],
          [WATCH, async (message, { abort }) => this.#watch(message, abort)],
        ]),
        onFailure: (what) => settings.logger.debug('Health check failed', { error: what }),
      });
    }
  }

  /** With the real ports; '' for what isn't there. */
  get addresses(): { readonly http: string; readonly grpc: string } {
    return { http: this.#http?.address ?? '', grpc: this.#grpc?.address ?? '' };
  }

  async start(host: Host): Promise<void> {
    this.#host = host;
    try {
      await this.#http?.start(authenticatorOf(this.#config.http?.server.auth, host));
      await this.#grpc?.start({ host, budget: new ByteBudget(BUDGET_BYTES), before: undefined });
    } catch (error) {
      await this.shutdown(0);
      throw error;
    }
  }

  async shutdown(deadlineMs: number): Promise<void> {
    this.#http?.stop();
    this.#watchers.stop();
    await this.#grpc?.shutdown(deadlineMs);
  }

  #page({ path, query }: PageRequest): Page | undefined {
    const { hasStatus, statusPath } = this.#config.http!;
    if (!hasStatus || !matchesPath(statusPath, path)) return undefined;
    const health = this.#healthOf(query.get('pipeline') ?? '');
    if (health === undefined) return NOT_FOUND;
    const isVerbose = query.has('verbose') && query.get('verbose') !== 'false';
    const answer = this.#answer(health, isVerbose);
    const startTimeMs = this.#host!.describe().startTimeMs;
    const body = JSON.stringify({ start_time: new Date(startTimeMs).toISOString(), ...answer });
    return { status: answer.healthy ? HTTP_STATUS[health.status] : 500, contentType: JSON_TYPE, body };
  }

  /** Of a pipeline, of `extensions`, or of all for ''; undefined where there is none of that name. */
  #healthOf(scope: string): Health | undefined {
    const { componentHealth } = this.#config;
    const recoverableFirst = componentHealth?.includesRecoverable === true && !componentHealth.includesPermanent;
    const all = healthOf(this.#host!.describe(), recoverableFirst);
    return scope === '' ? all : all.parts.get(scope === 'extensions' ? scope : `pipeline:${scope}`);
  }

  #answer(health: Health, isVerbose: boolean): Answer {
    const parts = Object.fromEntries([...health.parts].map(([name, part]) => [name, this.#answer(part, true)]));
    return {
      healthy: this.#isHealthy(health),
      status: NAMES[health.status],
      ...(health.error !== '' && { error: health.error }),
      status_time: new Date(health.sinceMs).toISOString(),
      attributes: {},
      ...(isVerbose && health.parts.size > 0 && { components: parts }),
    };
  }

  #isHealthy({ status, sinceMs }: Health): boolean {
    const { componentHealth } = this.#config;
    if (componentHealth === undefined) return true;
    const { includesPermanent, includesRecoverable, recoveryMs } = componentHealth;
    if (status === 'permanent_error') return !includesPermanent;
    if (status === 'recoverable_error' && includesRecoverable) {
      return this.#settings.clock.nowMs() < sinceMs + recoveryMs;
    }
    return status !== 'fatal_error';
  }

  #check(message: Uint8Array): GrpcAnswer {
    const service = serviceIn(message);
    if (service === undefined) return refusal(GRPC.invalidArgument, NO_REQUEST);
    const status = this.#servingStatusOf(service);
    if (status === undefined) return refusal(GRPC.notFound, 'Service not found.');
    return { message: responseOf(status) };
  }

  #watch(message: Uint8Array, abort: AbortSignal): GrpcAnswer {
    const service = serviceIn(message);
    if (service === undefined) return refusal(GRPC.invalidArgument, NO_REQUEST);
    if (this.#watchers.isFull) return refusal(GRPC.resourceExhausted, 'too many clients watch; ask by Check');
    return { messages: this.#watchers.watch(service, abort) };
  }

  /** Undefined where there is no pipeline of that name. */
  #servingStatusOf(service: string): number | undefined {
    const health = this.#healthOf(service);
    if (health === undefined) return undefined;
    return this.#isHealthy(health) && HTTP_STATUS[health.status] === 200 ? SERVING : NOT_SERVING;
  }
}

const NO_REQUEST = 'the request is no HealthCheckRequest';

function refusal(code: number, message: string): GrpcAnswer {
  return { status: { code, message, retryAfterMs: undefined } };
}

/** The field `service`, the only one; undefined where the message is another one. */
function serviceIn(message: Uint8Array): string | undefined {
  if (message.length === 0) return '';
  const isShort = message[0] === 0x0a && message[1]! < 0x80 && message.length === message[1]! + 2;
  return isShort ? textAt(message, 2, message[1]!) : undefined;
}
