import { StartError } from '#base';
import { DEFAULT_DATABASE } from './schema/index.ts';

export const DEFAULT_ENDPOINT = 'http://127.0.0.1:4380';

/** Where the engine answers, and as whom we speak to it. */
export interface StoreEndpoint {
  /** ClickHouse's HTTP interface: `http://host:port` or `https://host:port`. */
  readonly url: string;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  /** The cluster's name in ClickHouse, where the store is one: tables are made on all its machines and read from all its shards. */
  readonly cluster?: string | undefined;
}

/**
 * Fills in defaults: the embedded engine's address (or SIGNALBOX_ENGINE_URL), database `signalbox`, user and password of
 * SIGNALBOX_STORE_USERNAME and SIGNALBOX_STORE_PASSWORD, else `default` without one.
 */
export function storeEndpoint(settings: Partial<StoreEndpoint> = {}): StoreEndpoint {
  const endpoint = {
    url: settings.url ?? process.env.SIGNALBOX_ENGINE_URL ?? DEFAULT_ENDPOINT,
    database: settings.database ?? DEFAULT_DATABASE,
    username: settings.username ?? (process.env.SIGNALBOX_STORE_USERNAME || 'default'),
    password:
      settings.password ?? (settings.username === undefined ? process.env.SIGNALBOX_STORE_PASSWORD : undefined) ?? '',
  };
  if (!URL.canParse(endpoint.url) || !/^https?:$/.test(new URL(endpoint.url).protocol)) {
    throw new StartError(`the store's address ${endpoint.url} is not an http or https URL`, `use ${DEFAULT_ENDPOINT}`);
  }
  assertDatabaseName(endpoint.database);
  if (settings.cluster === undefined) return endpoint;
  assertPlainName(settings.cluster, 'cluster');
  return { ...endpoint, cluster: settings.cluster };
}

/** Names of databases go into statements as they are, so they must be plain. Throws StartError. */
export function assertDatabaseName(name: string): void {
  assertPlainName(name, 'database');
}

function assertPlainName(name: string, what: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) return;
  throw new StartError(`"${name}" can't be the store's ${what}`, 'use letters, digits and underscores');
}
