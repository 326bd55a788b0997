import { StartError } from '#base';
import type { AuthAttributes, RequestHeaders } from '#net';
import type { Batch, BatchContext, Chunk, Signal } from '#pdata';

export type { RequestHeaders };

/** Puts credentials on the requests of an exporter. Asked for each request, because they may expire. */
export interface ClientAuth {
  /** Of a request with data of this sender, which has headers of these names already; all in lower case. Rejects where none can be had now. */
  headers(context: BatchContext, present: ReadonlySet<string>): Promise<RequestHeaders>;
}

/** Judges the requests that a receiver gets. */
export interface ServerAuth {
  /**
   * Names in lower case. What it resolves to goes into the context of the client's batches, as `auth`; rejects with an error whose message the
   * client is told.
   */
  authenticate(headers: ReadonlyMap<string, readonly string[]>): Promise<AuthAttributes>;
}

/** Bytes by key, on disk when `set` resolves. Each component, and each `name` of it, has keys of its own. */
export interface Storage {
  open(owner: { readonly kind: string; readonly id: string; readonly name: string }): Promise<StorageClient>;
}
export interface StorageClient {
  /** In no order. */
  keys(): Promise<readonly string[]>;
  get(key: string): Promise<Uint8Array | undefined>;
  set(key: string, value: Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
  close(): Promise<void>;
}

/** Turns telemetry into bytes of a format and back, for components that move bytes: files, queues. */
export interface Encoding {
  encode(batch: Batch): Uint8Array;
  /** Throws a DecodeError. */
  decode(signal: Signal, bytes: Uint8Array): readonly Chunk[];
}

/** What an extension may do for other components, by the name under which they ask for it. */
export interface Capabilities {
  readonly client_auth: ClientAuth;
  readonly server_auth: ServerAuth;
  readonly storage: Storage;
  readonly encoding: Encoding;
}

const NAMES: Readonly<Record<keyof Capabilities, string>> = {
  client_auth: 'authentication for clients',
  server_auth: 'authentication for servers',
  storage: 'storage',
  encoding: 'an encoding',
};

/** An extension as others see it. */
export interface Offering {
  readonly capabilities?: Partial<Capabilities>;
}

/** What the extension `id` offers under a capability. Throws a StartError that says what there is instead. */
export function capabilityOf<K extends keyof Capabilities>(
  extensions: ReadonlyMap<string, Offering>,
  id: string,
  capability: K,
): Capabilities[K] {
  const wanted = NAMES[capability];
  const others = [...extensions]
    .filter(([, one]) => one.capabilities?.[capability] !== undefined)
    .map(([name]) => name);
  const wayOut = others.length > 0 ? `these do: ${others.join(', ')}` : 'no extension in service::extensions does';
  const extension = extensions.get(id);
  if (extension === undefined) {
    const started = extensions.size === 0 ? 'none' : [...extensions.keys()].join(', ');
    const message = `extension "${id}", which should offer ${wanted}, is not started (service::extensions has: ${started})`;
    throw new StartError(
      message,
      `add it to extensions and to service::extensions; of those that are there, ${wayOut}`,
    );
  }
  const found = extension.capabilities?.[capability] as Capabilities[K] | undefined;
  if (found !== undefined) return found;
  const offered = (Object.keys(extension.capabilities ?? {}) as (keyof Capabilities)[]).map((name) => NAMES[name]);
  const offers = offered.length === 0 ? 'nothing that other components use' : offered.join(', ');
  throw new StartError(`extension "${id}" does not offer ${wanted} (it offers ${offers})`, wayOut);
}
