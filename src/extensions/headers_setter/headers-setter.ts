import type { Capabilities, ClientAuth, Extension, Host } from '#component';
import type { BatchContext } from '#pdata';
import type { HeadersSetterConfig } from './config.ts';

/** Headers for exporters: fixed ones, and those of the client whose data is sent. */
export class HeadersSetter implements Extension {
  readonly capabilities: Partial<Capabilities>;
  readonly #config: HeadersSetterConfig;
  #additional: ClientAuth | undefined;

  constructor(config: HeadersSetterConfig) {
    this.#config = config;
    this.capabilities = { client_auth: { headers: (context, present) => this.#headers(context, present) } };
  }

  async start(host: Host): Promise<void> {
    const { additionalAuth } = this.#config;
    if (additionalAuth !== '') this.#additional = host.extension(additionalAuth, 'client_auth');
  }

  async shutdown(): Promise<void> {}

  async #headers(context: BatchContext, present: ReadonlySet<string>): Promise<Record<string, string>> {
    const headers: Record<string, string> = { ...(await this.#additional?.headers(context, present)) };
    for (const { key, action, value, fromContext, defaultValue } of this.#config.headers) {
      const name = key.toLowerCase();
      const isThere = present.has(name) || name in headers;
      if ((action === 'insert' && isThere) || (action === 'update' && !isThere)) continue;
      const found = value ?? context.metadata?.get(fromContext.toLowerCase())?.join(', ') ?? defaultValue;
      // A line break would end the header, and begin another.
      if (found !== undefined && /^[\t\x20-\x7e\x80-\xff]*$/.test(found)) headers[name] = found;
    }
    return headers;
  }
}
