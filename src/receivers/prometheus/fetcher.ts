import type { Clock } from '#base';
import type { PromHttpConfig } from '#config';
import {
  type ByteBudget,
  type HttpAnswer,
  HttpClient,
  type HttpClientSettings,
  httpTarget,
  PrometheusCredentials,
  Share,
} from '#net';

export interface FetchOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly limitBytes: number;
  readonly timeoutMs: number;
  readonly abort: AbortSignal;
}

/** Asks by HTTP as a block of the configuration says, with what shows who asks. */
export class Fetcher {
  readonly #config: PromHttpConfig;
  readonly #client: HttpClient;
  readonly #credentials: PrometheusCredentials;
  readonly #budget: ByteBudget;

  constructor(config: PromHttpConfig, budget: ByteBudget, clock: Clock, settings: Omit<HttpClientSettings, 'config'>) {
    this.#config = config;
    this.#budget = budget;
    this.#client = new HttpClient({ ...settings, config: config.client });
    this.#credentials = new PrometheusCredentials(config, clock, settings);
  }

  /** Reads the files of its TLS block. Throws a StartError. */
  async start(): Promise<void> {
    await this.#client.start(false);
  }

  async get(url: string, options: FetchOptions): Promise<HttpAnswer> {
    const share = new Share(this.#budget);
    try {
      return await this.#client.get({
        ...options,
        url: httpTarget(url),
        ownHeaders: await this.#credentials.headers(),
        share,
        followsRedirects: this.#config.followsRedirects,
      });
    } finally {
      share.release();
    }
  }

  close(): void {
    this.#client.close();
    this.#credentials.close();
  }
}
