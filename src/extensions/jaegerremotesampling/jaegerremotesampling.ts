import { readFile } from 'node:fs/promises';
import { DecodeError, messageOf, StartError } from '#base';
import { authenticatorOf, type CreateSettings, type Extension, GrpcIntake, type Host } from '#component';
import { admission } from '#config';
import { ByteBudget, GRPC, type GrpcAnswer, JSON_TYPE, type Page, type PageRequest, PageServer, TEXT_TYPE } from '#net';
import { ProtoReader } from '#wire';
import { strategyJson, strategyMessage } from './answers.ts';
import type { RemoteSamplingConfig } from './config.ts';
import { readStrategies, type Strategies } from './strategies.ts';

const METHOD = '/jaeger.api_v2.SamplingManager/GetSamplingStrategy';
/** Where SDKs of OpenTelemetry ask, and those of Jaeger. */
const PATHS: readonly string[] = ['/sampling', '/api/sampling', '/'];
/** The name of a service is short. */
const BUDGET_BYTES = 1024 * 1024;

/** Tells SDKs how to sample, by their services, from a file like Jaeger's. */
export class RemoteSampling implements Extension {
  readonly #settings: CreateSettings;
  readonly #config: RemoteSamplingConfig;
  readonly #http: PageServer | undefined;
  readonly #grpc: GrpcIntake | undefined;
  #strategies: Strategies | undefined;
  #text = '';
  #isStopped = false;

  constructor(settings: CreateSettings, config: RemoteSamplingConfig) {
    this.#settings = settings;
    this.#config = config;
    const path = `extensions::${settings.id}`;
    if (config.http !== undefined)
      this.#http = new PageServer({ ...settings, place: `${path}::http` }, config.http, (asked) => this.#page(asked));
    if (config.grpc !== undefined)
      this.#grpc = new GrpcIntake({
        settings,
        path: `${path}::grpc`,
        config: config.grpc,
        admission: admission.parse({}),
        handlers: new Map([[METHOD, async (message) => this.#answer(message)]]),
        onFailure: (what) => settings.logger.debug('A request for a sampling strategy failed', { error: what }),
      });
  }

  /** With the real ports; '' for what isn't there. */
  get addresses(): { readonly http: string; readonly grpc: string } {
    return { http: this.#http?.address ?? '', grpc: this.#grpc?.address ?? '' };
  }

  async start(host: Host): Promise<void> {
    const { file, contents } = this.#config;
    try {
      this.#take(file === '' ? contents : await readFile(file, 'utf8'));
    } catch (error) {
      const key = file === '' ? 'contents' : 'file';
      throw new StartError(`extensions::${this.#settings.id}::source::${key}: ${messageOf(error)}`, undefined, {
        cause: error,
      });
    }
    try {
      await this.#http?.start(authenticatorOf(this.#config.http?.auth, host));
      await this.#grpc?.start({ host, budget: new ByteBudget(BUDGET_BYTES), before: undefined });
    } catch (error) {
      await this.shutdown(0);
      throw error;
    }
    this.#readLater();
  }

  async shutdown(deadlineMs: number): Promise<void> {
    this.#isStopped = true;
    this.#http?.stop();
    await this.#grpc?.shutdown(deadlineMs);
  }

  #readLater(): void {
    const { file, reloadMs } = this.#config;
    if (file === '' || reloadMs === 0 || this.#isStopped) return;
    this.#settings.clock.after(reloadMs, () => {
      if (this.#isStopped) return;
      void this.#reload(file).then(() => this.#readLater());
    });
  }

  /** What can't be read leaves the strategies as they were. */
  async #reload(file: string): Promise<void> {
    const { logger } = this.#settings;
    try {
      const text = await readFile(file, 'utf8');
      if (text === this.#text) return;
      this.#take(text);
      logger.info('Sampling strategies were read again', { file });
    } catch (error) {
      logger.error('Sampling strategies stay as they were', { file, error: messageOf(error) });
    }
  }

  #take(text: string): void {
    this.#strategies = readStrategies(text, (message) => this.#settings.logger.warn('Sampling strategy', { message }));
    this.#text = text;
  }

  #page({ path, query }: PageRequest): Page | undefined {
    if (!PATHS.includes(path)) return undefined;
    const services = query.getAll('service');
    if (services.length !== 1)
      return { status: 400, contentType: TEXT_TYPE, body: "'service' parameter must be provided once\n" };
    return { status: 200, contentType: JSON_TYPE, body: strategyJson(this.#strategies!.of(services[0]!)) };
  }

  #answer(message: Uint8Array): GrpcAnswer {
    try {
      let service = '';
      const request = new ProtoReader(message);
      while (request.next()) {
        if (request.field === 1) service = request.text();
        else request.skip();
      }
      return { message: strategyMessage(this.#strategies!.of(service)) };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return { status: { code: GRPC.invalidArgument, message: error.message, retryAfterMs: undefined } };
    }
  }
}
