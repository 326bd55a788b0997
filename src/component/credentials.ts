import { ConsumeError, messageOf } from '#base';
import type { AuthConfig, Header } from '#config';
import type { BatchContext } from '#pdata';
import type { ClientAuth, RequestHeaders } from './capabilities.ts';
import type { Host } from './contracts.ts';

const NONE: RequestHeaders = {};

/** The credentials that an exporter sends with its requests: those of the extension that its `auth` block names, or none. */
export class Credentials {
  readonly #config: AuthConfig | undefined;
  readonly #present: ReadonlySet<string>;
  #auth: ClientAuth | undefined;

  /** `headers`: those of the exporter's own configuration. */
  constructor(config: AuthConfig | undefined, headers: readonly Header[]) {
    this.#config = config;
    this.#present = new Set(headers.map(({ name }) => name.toLowerCase()));
  }

  /** Throws a StartError where there is no such extension. */
  start(host: Host): void {
    this.#auth = this.#config && host.extension(this.#config.authenticator, 'client_auth');
  }

  /** Headers of a request with data of this sender. Rejects with a ConsumeError that may be retried: without them nothing is sent. */
  async headersFor(context: BatchContext): Promise<RequestHeaders> {
    if (this.#auth === undefined) return NONE;
    try {
      return await this.#auth.headers(context, this.#present);
    } catch (error) {
      const message = `no credentials from the extension ${this.#config?.authenticator}: ${messageOf(error)}`;
      throw new ConsumeError(message, { cause: error, reason: 'no_credentials' });
    }
  }
}
