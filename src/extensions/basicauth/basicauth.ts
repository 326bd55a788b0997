import type { Capabilities, CreateSettings, Extension } from '#component';
import { Credential } from '../shared/credential.ts';
import type { BasicAuthConfig } from './config.ts';

/** `Authorization: Basic …` for exporters. */
export class BasicAuth implements Extension {
  readonly capabilities: Partial<Capabilities>;
  readonly #id: string;
  readonly #username: Credential;
  readonly #password: Credential;

  constructor({ id, clock }: CreateSettings, { client }: BasicAuthConfig) {
    this.#id = id;
    const nowMs = (): number => clock.monotonicMs();
    this.#username = new Credential(client?.username, client?.usernameFile ?? '', nowMs);
    this.#password = new Credential(client?.password, client?.passwordFile ?? '', nowMs);
    this.capabilities = { client_auth: { headers: () => this.#headers() } };
  }

  async start(): Promise<void> {
    const place = `extensions::${this.#id}::client_auth`;
    await this.#username.start(`${place}::username_file`);
    await this.#password.start(`${place}::password_file`);
  }

  async shutdown(): Promise<void> {}

  async #headers(): Promise<Record<string, string>> {
    const pair = `${await this.#username.value()}:${await this.#password.value()}`;
    return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  }
}
