import { findServiceTraces, readDependencies, readNeighbours, readService, readServiceMap } from '#query';
import type { ConsoleRequest } from './request.ts';
import { traceSummary } from './trace-summary.ts';
import type { DependenciesResponse, MapResponse, ServiceResponse } from './types.ts';

const LISTED_TRACES = 10;

export async function serviceRoute({ reader, query, path, options }: ConsoleRequest): Promise<ServiceResponse> {
  const filter = {
    ...query.range(),
    service: path['name']!,
    environment: query.text('environment'),
    operation: query.text('operation'),
  };
  const [detail, slowest, failed, neighbours] = await Promise.all([
    readService(reader, filter, options),
    findServiceTraces(reader, { ...filter, pick: 'slowest', limit: LISTED_TRACES }, options),
    findServiceTraces(reader, { ...filter, pick: 'failed', limit: LISTED_TRACES }, options),
    readNeighbours(reader, filter, options),
  ]);
  return { ...detail, slowest: slowest.map(traceSummary), failed: failed.map(traceSummary), ...neighbours };
}

export async function dependenciesRoute({
  reader,
  query,
  path,
  options,
}: ConsoleRequest): Promise<DependenciesResponse> {
  const filter = { ...query.range(), service: path['name']!, environment: query.text('environment') };
  return { dependencies: await readDependencies(reader, filter, options) };
}

export async function mapRoute({ reader, query, options }: ConsoleRequest): Promise<MapResponse> {
  return readServiceMap(reader, { ...query.range(), environment: query.text('environment') }, options);
}
