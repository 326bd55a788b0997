import { excerpt } from '#base';
import type { Capabilities, CreateSettings, Extension } from '#component';
import { httpClient } from '#config';
import { type HttpAnswer, HttpClient, type HttpTarget, httpTarget, userAgent } from '#net';
import { Credential } from '../shared/credential.ts';
import type { OAuth2ClientConfig } from './config.ts';

/** As much of an answer as is read. */
const ANSWER_LIMIT_BYTES = 1024 * 1024;
/** Where the answer says no time, as Go's client: never. */
const FOREVER_MS = Number.POSITIVE_INFINITY;

interface Token {
  readonly header: string;
  readonly expiresAtMs: number;
}

/** Asks for a token when there is none, and again before it expires; all requests meanwhile wait for the one answer. */
export class OAuth2Client implements Extension {
  readonly capabilities: Partial<Capabilities>;
  readonly #settings: CreateSettings;
  readonly #config: OAuth2ClientConfig;
  readonly #id: Credential;
  readonly #secret: Credential;
  readonly #client: HttpClient;
  readonly #url: HttpTarget;
  #token: Token | undefined;
  #asking: Promise<Token> | undefined;
  /** Some servers take the secret in the body alone; found out once. */
  #isInBody = false;

  constructor(settings: CreateSettings, config: OAuth2ClientConfig) {
    const { clock } = settings;
    const nowMs = (): number => clock.monotonicMs();
    this.#settings = settings;
    this.#config = config;
    this.#id = new Credential(config.clientId, config.clientIdFile, nowMs);
    this.#secret = new Credential(config.clientSecret, config.clientSecretFile, nowMs);
    this.#url = httpTarget(config.tokenUrl);
    this.#client = new HttpClient({
      config: { ...httpClient().parse({ endpoint: config.tokenUrl }), tls: config.tls, timeoutMs: config.timeoutMs },
      path: `extensions::${settings.id}`,
      userAgent: userAgent(settings.version),
      logger: settings.logger,
    });
    this.capabilities = {
      client_auth: { headers: async () => ({ authorization: (await this.#current()).header }) },
    };
  }

  async start(): Promise<void> {
    const place = `extensions::${this.#settings.id}`;
    await this.#id.start(`${place}::client_id_file`);
    await this.#secret.start(`${place}::client_secret_file`);
    await this.#client.start(this.#url.isSecure);
  }

  async shutdown(): Promise<void> {
    this.#client.close();
  }

  async #current(): Promise<Token> {
    const token = this.#token;
    const dueMs = (token?.expiresAtMs ?? 0) - this.#config.expiryBufferMs;
    if (token !== undefined && this.#settings.clock.monotonicMs() < dueMs) return token;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<Token> {
    let answer = await this.#post(this.#isInBody);
    if (answer.status >= 400 && answer.status < 500 && !this.#isInBody) {
      answer = await this.#post(true);
      this.#isInBody = answer.status < 300;
    }
    const text = Buffer.from(answer.body).toString();
    if (answer.status < 200 || answer.status > 299) {
      throw new Error(`${this.#url.display} answered HTTP ${answer.status}: ${excerpt(text)}`);
    }
    this.#token = this.#read(text);
    return this.#token;
  }

  async #post(isInBody: boolean): Promise<HttpAnswer> {
    const [id, secret] = [await this.#id.value(), await this.#secret.value()];
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (this.#config.scopes.length > 0) form.set('scope', this.#config.scopes.join(' '));
    for (const [name, values] of this.#config.endpointParams) for (const value of values) form.append(name, value);
    if (isInBody) {
      form.set('client_id', id);
      form.set('client_secret', secret);
    }
    const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
    return this.#client.post({
      url: this.#url,
      contentType: 'application/x-www-form-urlencoded',
      parts: [Buffer.from(form.toString())],
      answerLimitBytes: ANSWER_LIMIT_BYTES,
      ...(!isInBody && { headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } }),
    });
  }

  #read(text: string): Token {
    let answer: {
      readonly access_token?: unknown;
      readonly token_type?: unknown;
      readonly expires_in?: unknown;
    } | null;
    try {
      answer = JSON.parse(text) as typeof answer;
    } catch {
      answer = null;
    }
    const token = answer?.access_token;
    if (typeof token !== 'string' || token === '')
      throw new Error(`${this.#url.display} answered without an access_token`);
    const type = typeof answer?.token_type === 'string' && answer.token_type !== '' ? answer.token_type : 'Bearer';
    const seconds = Number(answer?.expires_in ?? 0);
    const lifeMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : FOREVER_MS;
    const scheme = /^bearer$/i.test(type) ? 'Bearer' : type;
    return { header: `${scheme} ${token}`, expiresAtMs: this.#settings.clock.monotonicMs() + lifeMs };
  }
}
