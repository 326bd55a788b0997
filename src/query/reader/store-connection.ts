/** The way to the store, which readers of all tenants share: connections, and what is known of the process that answers. */
import { addAbortSignal } from 'node:stream';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { DEFAULT_READ_LIMITS } from '#base';
import { viewsDatabase } from '#base/store-access.ts';
import type { StoreEndpoint } from '#store';
import { DEFAULT_DATABASE } from '#store/schema.ts';
import { Body } from './body.ts';
import { CpuMeter } from './cpu-meter.ts';
import type { ReadLimits } from './options.ts';
import type { ReusedMemory } from './reused-memory.ts';
import { isLostConnection } from './store-errors.ts';

export interface StoreConnectionOptions extends Partial<StoreEndpoint> {
  /** A query's limit unless it brings its own. Default 20 s. */
  readonly timeoutMs?: number;
  readonly readLimits?: Partial<ReadLimits> | undefined;
}

/** The process that answers, where it is an engine of ours. */
export interface EngineFacts {
  readonly uptimeS: number;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly rssBytes: number;
}

export interface Sent {
  readonly text: string;
  readonly params: { readonly [name: string]: unknown };
  readonly settings: ClickHouseSettings;
  /** Stops the statement in the store. */
  readonly signal: AbortSignal;
  /** The answer may not be longer. */
  readonly maxBytes: number;
  /** Where the answer is kept; without one in memory of its own. */
  readonly memory?: ReusedMemory | undefined;
  /** Of ClickHouse. Default Native. */
  readonly format?: string;
  /** Names without a database are those of the views that people ask. */
  readonly isOfViews?: true;
}

export interface Answered {
  readonly bytes: Buffer;
  /** By the store's own clock, which begins when the statement may run. */
  readonly storeMs: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
}

const DEFAULT_TIMEOUT_MS = 20_000;
/** Parameters travel in the URL, and servers take at most 1 MiB of it: what has no limit of its own must be a subquery. */
const MAX_PARAMETER_BYTES = 256 * 1024;

/** Connections are opened when the first query runs. */
export class StoreConnection {
  readonly timeoutMs: number;
  readonly readLimits: ReadLimits;
  /** See StoreEndpoint. */
  readonly cluster: string | undefined;
  readonly #endpoint: Partial<StoreEndpoint>;
  #client: Promise<ClickHouseClient> | undefined;
  #viewsClient: Promise<ClickHouseClient> | undefined;
  readonly #meter = new CpuMeter();
  #engineProcess: EngineFacts | undefined;
  #answeredMs: number | undefined;

  constructor({ timeoutMs, readLimits, ...endpoint }: StoreConnectionOptions) {
    this.#endpoint = endpoint;
    this.cluster = endpoint.cluster;
    this.timeoutMs = timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.readLimits = { ...DEFAULT_READ_LIMITS, ...readLimits };
  }

  /** The store's database. */
  get database(): string {
    return this.#endpoint.database ?? DEFAULT_DATABASE;
  }

  get answeredMs(): number | undefined {
    return this.#answeredMs;
  }

  get engineProcess(): EngineFacts | undefined {
    return this.#engineProcess;
  }

  /** Sends a statement; a lost connection is tried once more, because the store may have restarted since it was opened. */
  async send(statement: Sent): Promise<Answered> {
    try {
      return await this.#send(statement);
    } catch (error) {
      if (!isLostConnection(error)) throw this.#noted(error);
    }
    try {
      return await this.#send(statement);
    } catch (error) {
      throw this.#noted(error);
    }
  }

  async #send({
    text,
    params,
    settings,
    signal,
    maxBytes,
    memory,
    format = 'Native',
    isOfViews,
  }: Sent): Promise<Answered> {
    const client = await (isOfViews === true ? this.#connectViews() : this.#connect());
    const parameterBytes = Object.values(params).reduce<number>((sum, value) => sum + String(value).length, 0);
    if (parameterBytes > MAX_PARAMETER_BYTES)
      throw new Error(`bug: ${parameterBytes} bytes of parameters in: ${text.slice(0, 200)}`);
    const { response_headers, summary, stream } = await client.exec({
      query: `${text}\nFORMAT ${format}`,
      query_params: { ...params },
      abort_signal: signal,
      clickhouse_settings: settings,
    });
    this.#noteProcess(response_headers['x-signalbox-engine']);
    // The store's limit counts its own form of the rows; this one counts what comes.
    const body = new Body(2 * maxBytes, Number(response_headers['content-length'] ?? 0), memory);
    for await (const chunk of addAbortSignal(signal, stream)) body.add(chunk as Buffer);
    this.#answeredMs = Date.now();
    return {
      bytes: body.bytes(),
      storeMs: Number(summary?.elapsed_ns ?? 0) / 1e6,
      rowsRead: Number(summary?.read_rows ?? 0),
      bytesRead: Number(summary?.read_bytes ?? 0),
    };
  }

  /** ClickHouse's errors have numbers: an error of its own is an answer. */
  #noted(error: unknown): unknown {
    const { code } = error as { code?: unknown };
    if (typeof code === 'string' && /^\d+$/.test(code)) this.#answeredMs = Date.now();
    return error;
  }

  #noteProcess(header: string | string[] | undefined): void {
    const facts = new Map(
      String(header ?? '')
        .split(' ')
        .map((fact) => fact.split('=') as [string, string]),
    );
    const number = (name: string): number => Number(facts.get(name) ?? Number.NaN);
    const [cpuMs, uptimeMs, rssBytes] = [number('cpu_ms'), number('uptime_ms'), number('rss_bytes')];
    if (!Number.isFinite(cpuMs) || !(uptimeMs > 0) || !Number.isFinite(rssBytes)) return;
    const now = { atMs: performance.now(), cpuMs };
    this.#meter.add(now.atMs, cpuMs);
    const cpuPercent = this.#meter.percent(now) ?? (cpuMs / uptimeMs) * 100;
    this.#engineProcess = { uptimeS: uptimeMs / 1000, cpuPercent, rssBytes };
  }

  /** The client's code is loaded when the first query comes. */
  #connect(): Promise<ClickHouseClient> {
    this.#client ??= import('#store').then(({ createStoreClient }) => createStoreClient(this.#endpoint));
    return this.#client;
  }

  #connectViews(): Promise<ClickHouseClient> {
    const endpoint = { ...this.#endpoint, database: viewsDatabase(this.database) };
    this.#viewsClient ??= import('#store').then(({ createStoreClient }) => createStoreClient(endpoint));
    return this.#viewsClient;
  }

  async close(): Promise<void> {
    await (await this.#client)?.close();
    await (await this.#viewsClient)?.close();
  }
}
