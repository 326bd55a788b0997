import { readFile } from 'node:fs/promises';
import { messageOf, StartError } from '#base';
import type { Capabilities, CreateSettings, Extension } from '#component';
import { Credential } from '../shared/credential.ts';
import type { BasicAuthConfig, HtpasswdConfig } from './config.ts';
import { Htpasswd } from './htpasswd.ts';

/** `Authorization: Basic …`: for exporters, which send it, or for receivers, which let in whom it names. */
export class BasicAuth implements Extension {
  readonly capabilities: Partial<Capabilities>;
  readonly #settings: CreateSettings;
  readonly #username: Credential;
  readonly #password: Credential;
  readonly #htpasswd: HtpasswdConfig | undefined;
  #users = new Htpasswd('');

  constructor(settings: CreateSettings, { client, htpasswd }: BasicAuthConfig) {
    this.#settings = settings;
    const nowMs = (): number => settings.clock.monotonicMs();
    this.#username = new Credential(client?.username, client?.usernameFile ?? '', nowMs);
    this.#password = new Credential(client?.password, client?.passwordFile ?? '', nowMs);
    this.#htpasswd = htpasswd;
    this.capabilities =
      htpasswd === undefined
        ? { client_auth: { headers: () => this.#headers() } }
        : { server_auth: { authenticate: (headers) => this.#authenticate(headers.get('authorization')?.[0]) } };
  }

  async start(): Promise<void> {
    const place = `extensions::${this.#settings.id}`;
    if (this.#htpasswd !== undefined) {
      await this.#readUsers(this.#htpasswd, `${place}::htpasswd::file`);
      return;
    }
    await this.#username.start(`${place}::client_auth::username_file`);
    await this.#password.start(`${place}::client_auth::password_file`);
  }

  async shutdown(): Promise<void> {}

  /** What is inline wins over the file. */
  async #readUsers({ file, inline }: HtpasswdConfig, key: string): Promise<void> {
    let text = '';
    try {
      if (file !== '') text = await readFile(file, 'utf8');
    } catch (error) {
      throw new StartError(`${key}: ${messageOf(error)}`, undefined, { cause: error });
    }
    this.#users = new Htpasswd(`${text}\n${inline}`);
    const { unreadable, userCount } = this.#users;
    if (unreadable > 0 || userCount === 0) {
      this.#settings.logger.warn('htpasswd: lines without a user and a hash are left out', {
        lines: unreadable,
        users: userCount,
      });
    }
  }

  async #headers(): Promise<Record<string, string>> {
    const pair = `${await this.#username.value()}:${await this.#password.value()}`;
    return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  }

  /** With the words of otelcol. */
  async #authenticate(header: string | undefined): Promise<ReadonlyMap<string, string>> {
    if (header === undefined) throw new Error('no basic auth provided');
    const raw = /^basic (.*)$/i.exec(header)?.[1];
    if (raw === undefined) throw new Error('invalid authorization scheme prefix');
    const pair = Buffer.from(raw, 'base64').toString();
    const colon = pair.indexOf(':');
    if (colon < 0) throw new Error('invalid authorization format');
    const username = pair.slice(0, colon);
    if (!(await this.#users.matches(username, pair.slice(colon + 1)))) throw new Error('invalid credentials');
    return new Map([
      ['username', username],
      ['raw', raw],
    ]);
  }
}
