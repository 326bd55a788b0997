import type { Capabilities, CreateSettings, Extension } from '#component';
import { Credential } from '../shared/credential.ts';
import type { BearerTokenConfig } from './config.ts';

/** `Authorization: Bearer …` for exporters. */
export class BearerTokenAuth implements Extension {
  readonly capabilities: Partial<Capabilities>;
  readonly #id: string;
  readonly #token: Credential;

  constructor({ id, clock }: CreateSettings, { header, scheme, token, tokens, filename }: BearerTokenConfig) {
    this.#id = id;
    this.#token = new Credential(token ?? tokens[0], filename, () => clock.monotonicMs());
    const name = header.toLowerCase();
    const headers = async (): Promise<Record<string, string>> => {
      // Of a file with several tokens the first.
      const [value = ''] = (await this.#token.value()).split(/\s*\n\s*/, 1);
      return { [name]: scheme === '' ? value : `${scheme} ${value}` };
    };
    this.capabilities = { client_auth: { headers } };
  }

  async start(): Promise<void> {
    await this.#token.start(`extensions::${this.#id}::filename`);
  }

  async shutdown(): Promise<void> {}
}
