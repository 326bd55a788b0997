import { randomUUID } from 'node:crypto';
import { excerpt, messageOf, StartError } from '#base';
import type { Capabilities, CreateSettings, Extension } from '#component';
import { httpClient } from '#config';
import { type HttpAnswer, HttpClient, type HttpTarget, httpTarget, userAgent } from '#net';
import { Credential } from '../shared/credential.ts';
import { rsaKeyOf, signedToken } from './assertion.ts';
import { JWT_BEARER, type OAuth2ClientConfig } from './config.ts';

/** As much of an answer as is read. */
const ANSWER_LIMIT_BYTES = 1024 * 1024;
/** Where the answer says no time, as Go's client: never. */
const FOREVER_MS = Number.POSITIVE_INFINITY;
/** So long an assertion is good, as otelcol's. */
const ASSERTION_LIFE_S = 30 * 60;

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
  readonly #key: Credential;
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
    this.#key = new Credential(config.certificateKey, config.certificateKeyFile, nowMs);
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
    if (this.#config.grantType === JWT_BEARER) await this.#checkKey(`${place}::client_certificate_key_file`);
    else await this.#secret.start(`${place}::client_secret_file`);
    await this.#client.start(this.#url.isSecure);
  }

  async #checkKey(place: string): Promise<void> {
    await this.#key.start(place);
    try {
      rsaKeyOf(await this.#key.value());
    } catch (error) {
      throw new StartError(`${place}: ${messageOf(error)}`, undefined, { cause: error });
    }
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
    if (this.#config.grantType === JWT_BEARER) return this.#take(await this.#postAssertion());
    let answer = await this.#post(this.#isInBody);
    if (answer.status >= 400 && answer.status < 500 && !this.#isInBody) {
      answer = await this.#post(true);
      this.#isInBody = answer.status < 300;
    }
    return this.#take(answer);
  }

  #take(answer: HttpAnswer): Token {
    const text = Buffer.from(answer.body).toString();
    if (answer.status < 200 || answer.status > 299) {
      throw new Error(`${this.#url.display} answered HTTP ${answer.status}: ${excerpt(text)}`);
    }
    this.#token = this.#read(text);
    return this.#token;
  }

  /** RFC 7523 §2.1, with the claims of otelcol-contrib (oauth2clientauthextension/jwtbearergranttype.go, v0.161). */
  async #postAssertion(): Promise<HttpAnswer> {
    const { signatureAlgorithm: algorithm, certificateKeyId, issuer, audience, scopes, claims } = this.#config;
    const id = await this.#id.value();
    const nowS = Math.floor(this.#settings.clock.nowMs() / 1000);
    const own = {
      iss: issuer === '' ? id : issuer,
      sub: id,
      jti: randomUUID(),
      aud: audience === '' ? this.#config.tokenUrl : audience,
      iat: nowS,
      exp: nowS + ASSERTION_LIFE_S,
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
      ...Object.fromEntries(claims),
    };
    const key = { algorithm, pem: await this.#key.value(), id: certificateKeyId };
    return this.#postForm(this.#form({ grant_type: JWT_BEARER, assertion: signedToken(own, key) }));
  }

  async #post(isInBody: boolean): Promise<HttpAnswer> {
    const [id, secret] = [await this.#id.value(), await this.#secret.value()];
    const form = this.#form({ grant_type: 'client_credentials' });
    if (isInBody) {
      form.set('client_id', id);
      form.set('client_secret', secret);
      return this.#postForm(form);
    }
    const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
    return this.#postForm(form, { authorization: `Basic ${Buffer.from(pair).toString('base64')}` });
  }

  /** `endpoint_params` may name another grant type, for servers with a word of their own for it. */
  #form(own: Readonly<Record<string, string>>): URLSearchParams {
    const { scopes, endpointParams } = this.#config;
    const form = new URLSearchParams(own);
    if (scopes.length > 0) form.set('scope', scopes.join(' '));
    if (endpointParams.has('grant_type')) form.delete('grant_type');
    for (const [name, values] of endpointParams) for (const value of values) form.append(name, value);
    return form;
  }

  #postForm(form: URLSearchParams, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    return this.#client.post({
      url: this.#url,
      contentType: 'application/x-www-form-urlencoded',
      parts: [Buffer.from(form.toString())],
      answerLimitBytes: ANSWER_LIMIT_BYTES,
      headers,
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
