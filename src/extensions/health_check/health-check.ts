import { authenticatorOf, type CreateSettings, type Extension, type Host, type HostDescription } from '#component';
import { printDuration } from '#config';
import { JSON_TYPE, type Page, type PageRequest, PageServer, TEXT_TYPE } from '#net';
import { matchesPath } from '../shared/matches-path.ts';
import type { HealthCheckConfig } from './config.ts';

/** Go prints the time of something that has not begun so. */
const ZERO_TIME = '0001-01-01T00:00:00Z';

/** Answers load balancers and probes: 200 while the collector takes data, 503 before and after. */
export class HealthCheck implements Extension {
  readonly #settings: CreateSettings;
  readonly #config: HealthCheckConfig;
  readonly #server: PageServer;
  #host: Host | undefined;

  constructor(settings: CreateSettings, config: HealthCheckConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#server = new PageServer(settings, config.server, (request) => this.#page(request));
  }

  /** `host:port` with the real port; '' while it doesn't run. */
  get address(): string {
    return this.#server.address;
  }

  async start(host: Host): Promise<void> {
    this.#host = host;
    await this.#server.start(authenticatorOf(this.#config.server.auth, host));
    this.#settings.logger.info('Starting health_check extension', { endpoint: this.#server.address });
  }

  async shutdown(_deadlineMs: number): Promise<void> {
    this.#server.stop();
  }

  #page(request: PageRequest): Page | undefined {
    if (!matchesPath(this.#config.path, request.path)) return undefined;
    const description = this.#host?.describe();
    const isReady = description?.ready === true;
    const status = isReady ? 200 : 503;
    const { responseBody } = this.#config;
    if (responseBody !== undefined) {
      return { status, contentType: TEXT_TYPE, body: isReady ? responseBody.healthy : responseBody.unhealthy };
    }
    return { status, contentType: JSON_TYPE, body: JSON.stringify(this.#answer(description, isReady)) };
  }

  #answer(description: HostDescription | undefined, isReady: boolean): object {
    if (!isReady || description === undefined) {
      return { status: 'Server not available', upSince: ZERO_TIME, uptime: '' };
    }
    const { startTimeMs } = description;
    return {
      status: 'Server available',
      upSince: new Date(startTimeMs).toISOString(),
      uptime: printDuration(Math.max(0, this.#settings.clock.nowMs() - startTimeMs)),
    };
  }
}
