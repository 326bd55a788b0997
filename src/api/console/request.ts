import type { ReadOptions, StoreReader } from '#query';
import type { Parameters } from '../parameters.ts';

export interface ConsoleSettings {
  readonly version: string;
  readonly ingest: { readonly grpcPort?: number; readonly httpPort?: number };
  readonly requestTimeoutMs: number;
}

/** One request as the handlers see it. */
export interface ConsoleRequest {
  readonly reader: StoreReader;
  readonly query: Parameters;
  /** Parts of the path, decoded. */
  readonly path: { readonly [name: string]: string };
  readonly options: ReadOptions;
}
