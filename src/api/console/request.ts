import { readPathPart } from '#base/path-part.ts';
import type { ReadOptions, StoreReader } from '#query';
import { Parameters } from '../http/parameters.ts';
import type { ApiRequest } from '../http/plugin.ts';

/** One request as the handlers see it. */
export interface ConsoleRequest {
  readonly reader: StoreReader;
  readonly query: Parameters;
  /** Parts of the path, as the console wrote them (#base/path-part.ts). */
  readonly path: { readonly [name: string]: string };
  readonly options: ReadOptions;
}

export function consoleRequest({ reader, query, path, options }: ApiRequest): ConsoleRequest {
  const parts = Object.entries(path).map(([name, part]) => [name, readPathPart(part)]);
  return { reader, query: new Parameters(query), path: Object.fromEntries(parts), options };
}
