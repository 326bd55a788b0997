import { createHash, timingSafeEqual } from 'node:crypto';
import { messageOf } from '#base';
import type { Capabilities, CreateSettings, Extension } from '#component';
import { Credential } from '../shared/credential.ts';
import type { BearerTokenConfig } from './config.ts';

/** What is known of a client: that it has a token. */
const NOTHING: ReadonlyMap<string, string> = new Map([]);

/** `Authorization: Bearer …`: for exporters, which send the first token, and for servers, which let in whoever shows one of them. */
export class BearerTokenAuth implements Extension {
  readonly capabilities: Partial<Capabilities>;
  readonly #settings: CreateSettings;
  readonly #config: BearerTokenConfig;
  readonly #name: string;
  readonly #token: Credential;
  #isStopped = false;

  constructor(settings: CreateSettings, config: BearerTokenConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#name = config.header.toLowerCase();
    this.#token = new Credential(config.token, config.filename, () => settings.clock.monotonicMs());
    this.capabilities = {
      client_auth: { headers: async () => ({ [this.#name]: (await this.#values())[0] ?? '' }) },
      server_auth: { authenticate: (headers) => this.#authenticate(headers.get(this.#name)?.[0]) },
    };
  }

  async start(): Promise<void> {
    const { tokens, retry, waitsForFile } = this.#config;
    const key = `extensions::${this.#settings.id}::filename`;
    if (tokens.length > 0) return;
    if (!retry.enabled) await this.#token.start(key);
    else if (waitsForFile) await this.#wait(key);
  }

  async shutdown(): Promise<void> {
    this.#isStopped = true;
  }

  /** Until the file can be read. */
  async #wait(key: string): Promise<void> {
    const { clock, logger } = this.#settings;
    const { maxRetries, intervalMs } = this.#config.retry;
    for (let attempt = 0; !this.#isStopped; attempt++) {
      try {
        return await this.#token.start(key);
      } catch (error) {
        if (maxRetries > 0 && attempt >= maxRetries) throw error;
        if (attempt === 0) logger.warn('Waiting for the file with the token', { error: messageOf(error) });
      }
      await new Promise<void>((resolve) => void clock.after(intervalMs, resolve));
    }
  }

  /** Of a file with several lines, the first word of each. */
  async #values(): Promise<readonly string[]> {
    const { tokens, scheme, filename } = this.#config;
    const prefix = scheme === '' ? '' : `${scheme} `;
    if (tokens.length > 0) return tokens.map((token) => prefix + token.reveal());
    const text = await this.#token.value();
    if (filename === '') return [prefix + text];
    return text.split('\n').flatMap((line) => {
      const [token = ''] = line.trim().split(/\s+/, 1);
      return token === '' ? [] : [prefix + token];
    });
  }

  /** With the words of otelcol. */
  async #authenticate(header: string | undefined): Promise<ReadonlyMap<string, string>> {
    if (header === undefined) throw new Error(`missing or empty authorization header: ${this.#config.header}`);
    const shown = digestOf(header);
    const isKnown = (await this.#values()).map((value) => timingSafeEqual(digestOf(value), shown)).includes(true);
    if (!isKnown) throw new Error('provided authorization does not match expected scheme or token');
    return NOTHING;
  }
}

/** Of one length, so that comparing says nothing of the token. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
