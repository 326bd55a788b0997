import { readErrorGroups } from '#query';
import type { ConsoleRequest } from './request.ts';
import type { ErrorGroupsResponse } from './types.ts';

export function errorsRoute({ reader, query, options }: ConsoleRequest): Promise<ErrorGroupsResponse> {
  const filter = { ...query.range(), service: query.text('service'), environment: query.text('environment') };
  return readErrorGroups(reader, filter, options);
}
