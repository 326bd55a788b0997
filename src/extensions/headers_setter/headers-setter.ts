import type { Capabilities, ClientAuth, CreateSettings, Extension, Host, RequestHeaders } from '#component';
import type { BatchContext } from '#pdata';
import { Credential } from '../shared/credential.ts';
import type { HeaderConfig, HeadersSetterConfig } from './config.ts';

/** Headers for exporters: fixed ones, those from files, and those of the client whose data is sent. */
export class HeadersSetter implements Extension {
  readonly capabilities: Partial<Capabilities>;
  readonly #id: string;
  readonly #config: HeadersSetterConfig;
  readonly #files: readonly (Credential | undefined)[];
  #additional: ClientAuth | undefined;

  constructor({ id, clock }: CreateSettings, config: HeadersSetterConfig) {
    this.#id = id;
    this.#config = config;
    this.#files = config.headers.map(({ valueFile }) =>
      valueFile === '' ? undefined : new Credential(undefined, valueFile, () => clock.monotonicMs()),
    );
    this.capabilities = { client_auth: { headers: (context, present) => this.#headers(context, present) } };
  }

  async start(host: Host): Promise<void> {
    const { additionalAuth } = this.#config;
    if (additionalAuth !== '') this.#additional = host.extension(additionalAuth, 'client_auth');
    for (const [index, file] of this.#files.entries()) {
      await file?.start(`extensions::${this.#id}::headers::${index}::value_file`);
    }
  }

  async shutdown(): Promise<void> {}

  async #headers(context: BatchContext, present: ReadonlySet<string>): Promise<RequestHeaders> {
    const headers: Record<string, string | undefined> = { ...(await this.#additional?.headers(context, present)) };
    for (const [index, config] of this.#config.headers.entries()) {
      const { action, key } = config;
      const name = key.toLowerCase();
      const isThere = name in headers ? headers[name] !== undefined : present.has(name);
      if ((action === 'insert' && isThere) || (action === 'update' && !isThere)) continue;
      if (action === 'delete') {
        headers[name] = undefined;
        continue;
      }
      const found = (await this.#files[index]?.value()) ?? valueIn(config, context);
      // A line break would end the header, and begin another.
      if (found !== undefined && /^[\t\x20-\x7e\x80-\xff]*$/.test(found)) headers[name] = found;
    }
    return headers;
  }
}

/** Throws where the client has several values, of which one can't be chosen. */
function valueIn(config: HeaderConfig, context: BatchContext): string | undefined {
  const { value, fromContext, fromAttribute, defaultValue } = config;
  if (value !== undefined) return value;
  if (fromAttribute !== '') return context.auth?.get(fromAttribute) ?? defaultValue;
  const values = context.metadata?.get(fromContext.toLowerCase()) ?? [];
  if (values.length > 1) {
    throw new Error(`${values.length} source keys found in the context, can't determine which one to use`);
  }
  return values[0] ?? defaultValue;
}
