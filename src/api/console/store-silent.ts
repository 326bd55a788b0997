import type { QueryError } from '#query';

/** The store is away, or holds the line and says nothing. */
export function isStoreSilent(error: QueryError): boolean {
  return error.code === 'store_unavailable' || error.code === 'timeout';
}
