import { type ClickHouseClient, ClickHouseLogLevel, type ClickHouseSettings, createClient } from '@clickhouse/client';
import { type StoreEndpoint, storeEndpoint } from './endpoint.ts';

export interface StoreClientOptions extends Partial<StoreEndpoint> {
  /** Refuse everything but reading, and keep settings from being changed. Default true. */
  readonly readonly?: boolean;
  /** The engine stops a query after so long. Default 30 s. */
  readonly maxExecutionTimeSeconds?: number;
  /** How many requests may be open at a time. Default 16. */
  readonly maxOpenConnections?: number;
  /** Further ClickHouse settings of every query. */
  readonly settings?: ClickHouseSettings;
}

/**
 * A client for reading the store: ClickHouse's own over HTTP with kept-alive connections, against the embedded engine or any
 * ClickHouse. Close it when done. Ints beyond 2^53 come as texts, NaN and Infinity too, in JSON formats.
 */
export function createStoreClient(options: StoreClientOptions = {}): ClickHouseClient {
  const endpoint = storeEndpoint(options);
  const seconds = options.maxExecutionTimeSeconds ?? 30;
  return createClient({
    url: endpoint.url,
    database: endpoint.database,
    username: endpoint.username,
    password: endpoint.password,
    application: 'signalbox',
    max_open_connections: options.maxOpenConnections ?? 16,
    // Longer than the engine's own limit, so that its error arrives and not a broken connection.
    request_timeout: (seconds + 10) * 1000,
    keep_alive: { enabled: true },
    // Every failure reaches the caller as an error; it decides what is worth a line.
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: {
      ...((options.readonly ?? true) ? { readonly: '2' } : {}),
      max_execution_time: seconds,
      output_format_json_quote_64bit_integers: 1,
      output_format_json_quote_denormals: 1,
      ...options.settings,
    },
  });
}
