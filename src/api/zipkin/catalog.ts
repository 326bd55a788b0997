import {
  listAttributeKeys,
  listAttributeValues,
  listOperations,
  listPeerNames,
  listServiceNames,
  type ReadOptions,
  readServiceEdges,
  type StoreReader,
} from '#query';
import { Parameters } from '../http/parameters.ts';
import type { ApiRequest, ApiRoute } from '../http/plugin.ts';
import { bad, rangeOf } from './parameters.ts';

/** What there is to ask for: services, spans, remote services, tags; and who calls whom. */

const DAY_MS = 86_400_000;
const MAX_VALUES = 1000;

export const catalogRoutes: readonly ApiRoute[] = [
  get('/services', async ({ reader, options }) =>
    (await listServiceNames(reader, options)).filter((name) => name !== ''),
  ),
  get('/spans', async ({ reader, query, options }) => {
    const service = serviceOf(query);
    const operations = await listOperations(reader, { fromMs: 0, toMs: Date.now() + DAY_MS, service }, options);
    return [...new Set(operations.map(({ name }) => name))].sort();
  }),
  get('/remoteServices', ({ reader, query, options }) => listPeerNames(reader, serviceOf(query), options)),
  get('/autocompleteKeys', async ({ reader, options }) => {
    const keys = await listAttributeKeys(reader, { ...lastDay(), signal: 'traces' }, options);
    return [...new Set(keys.filter(({ scope }) => scope !== 'intrinsic').map(({ key }) => key))].sort();
  }),
  get('/autocompleteValues', async ({ reader, query, options }) => {
    const key = new Parameters(query).text('key');
    if (key === undefined) throw bad("Required request parameter 'key' is not present");
    const asked = { ...lastDay(), signal: 'traces', key, limit: MAX_VALUES } as const;
    return (await listAttributeValues(reader, asked, options)).map(({ value }) => value).sort();
  }),
  get('/dependencies', async ({ reader, query, options }) => {
    if (new Parameters(query).number('endTs') === undefined)
      throw bad("Required request parameter 'endTs' is not present");
    return dependencies(reader, rangeOf(query), options);
  }),
];

function get(path: string, list: (request: ApiRequest) => Promise<readonly unknown[]>): ApiRoute {
  return { method: 'GET', path: `/api/v2${path}`, answer: list };
}

function serviceOf(query: ApiRequest['query']): string {
  const service = new Parameters(query).text('serviceName');
  if (service === undefined) throw bad("Required request parameter 'serviceName' is not present");
  return service;
}

function lastDay(): { readonly fromMs: number; readonly toMs: number } {
  const nowMs = Date.now();
  return { fromMs: nowMs - DAY_MS, toMs: nowMs };
}

async function dependencies(
  reader: StoreReader,
  range: { readonly fromMs: number; readonly toMs: number },
  options: ReadOptions,
): Promise<readonly object[]> {
  const { services, backing } = await readServiceEdges(reader, range, options);
  return [...services, ...backing].map(({ parent, child, callCount, errorCount }) => ({
    ...{ parent, child, callCount },
    ...(errorCount > 0 && { errorCount }),
  }));
}
