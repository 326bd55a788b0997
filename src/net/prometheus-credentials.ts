import { readFile } from 'node:fs/promises';
import { type Clock, messageOf } from '#base';
import type { CredentialsConfig, FileOr, PromHttpConfig } from '#config';
import { HttpClient, type HttpClientSettings, httpTarget } from './http-client.ts';

/** Files with secrets are read again after this, so that thousands of targets don't read them for each scrape. */
const FILE_AGE_MS = 5000;
/** A token is renewed before it ends. */
const RENEW_EARLY_MS = 10_000;
const TOKEN_LIMIT_BYTES = 65_536;

/** The headers that say who asks. */
export class PrometheusCredentials {
  readonly #config: PromHttpConfig;
  readonly #clock: Clock;
  readonly #settings: Omit<HttpClientSettings, 'config'>;
  readonly #files = new Map<string, { readonly text: string; readonly readMs: number }>();
  #token: { readonly text: string; readonly endMs: number } | undefined;
  #fetching: Promise<string> | undefined;
  #tokenClient: HttpClient | undefined;

  constructor(config: PromHttpConfig, clock: Clock, settings: Omit<HttpClientSettings, 'config'>) {
    this.#config = config;
    this.#clock = clock;
    this.#settings = settings;
  }

  /** Rejects where a file can't be read or no token be had. */
  async headers(): Promise<Readonly<Record<string, string>>> {
    const { credentials, headerFiles } = this.#config;
    const headers: Record<string, string> = {};
    for (const { name, file } of headerFiles) headers[name.toLowerCase()] = await this.#file(file);
    const authorization = credentials === undefined ? '' : await this.#authorization(credentials);
    if (authorization !== '') headers['authorization'] = authorization;
    return headers;
  }

  close(): void {
    this.#tokenClient?.close();
  }

  async #authorization(config: CredentialsConfig): Promise<string> {
    if (config.kind === 'token') {
      const text = await this.#text(config.credentials);
      return text === '' ? '' : `${config.type} ${text}`;
    }
    if (config.kind === 'basic') {
      const pair = `${await this.#text(config.username)}:${await this.#text(config.password)}`;
      return `Basic ${Buffer.from(pair).toString('base64')}`;
    }
    if (this.#token !== undefined && this.#clock.monotonicMs() < this.#token.endMs) return this.#token.text;
    this.#fetching ??= this.#fetchToken(config).finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #text({ value, file }: FileOr): Promise<string> {
    return file === '' ? (value?.reveal() ?? '') : this.#file(file);
  }

  async #file(path: string): Promise<string> {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#files.get(path);
    if (known !== undefined && nowMs - known.readMs < FILE_AGE_MS) return known.text;
    const text = (await readFile(path, 'utf8')).trim();
    this.#files.set(path, { text, readMs: nowMs });
    return text;
  }

  async #fetchToken(config: CredentialsConfig & { readonly kind: 'oauth2' }): Promise<string> {
    this.#tokenClient ??= new HttpClient({ ...this.#settings, config: { ...config.client, timeoutMs: 10_000 } });
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: config.clientId,
      client_secret: await this.#text(config.clientSecret),
      ...(config.scopes.length > 0 && { scope: config.scopes.join(' ') }),
      ...Object.fromEntries(config.endpointParams),
    });
    const answer = await this.#tokenClient.post({
      url: httpTarget(config.tokenUrl),
      contentType: 'application/x-www-form-urlencoded',
      parts: [Buffer.from(form.toString())],
      answerLimitBytes: TOKEN_LIMIT_BYTES,
    });
    if (answer.status !== 200) throw new Error(`the token endpoint answered with ${answer.status}`);
    const { access_token: token, token_type: type = 'Bearer', expires_in: seconds = 0 } = tokenOf(answer.body);
    if (typeof token !== 'string' || token === '')
      throw new Error('the token endpoint answered without an access_token');
    const text = `${/^bearer$/i.test(type) ? 'Bearer' : type} ${token}`;
    const lifeMs = seconds > 0 ? seconds * 1000 - RENEW_EARLY_MS : FILE_AGE_MS;
    this.#token = { text, endMs: this.#clock.monotonicMs() + lifeMs };
    return text;
  }
}

function tokenOf(body: Uint8Array): { access_token?: string; token_type?: string; expires_in?: number } {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch (error) {
    throw new Error(`the token endpoint answered with what is no JSON: ${messageOf(error)}`);
  }
}
