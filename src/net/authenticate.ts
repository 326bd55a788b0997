import type { IncomingHttpHeaders } from 'node:http';

/** What is known of a client that was let in: `username`, for instance. */
export type AuthAttributes = ReadonlyMap<string, string>;

/** Judges a request. Resolves to what is known of the client; rejects with an error whose message the client is told. */
export type Authenticate = (headers: IncomingHttpHeaders, url?: string) => Promise<AuthAttributes>;

/** The headers of a request, names in lower case. Query parameters of these names stand in for headers. */
export function authHeaders(
  headers: IncomingHttpHeaders,
  url: string,
  requestParams: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const all = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) all.set(name, Array.isArray(value) ? value : [value]);
  }
  const query = url.indexOf('?');
  if (requestParams.length === 0 || query < 0) return all;
  const params = new URLSearchParams(url.slice(query + 1));
  for (const name of requestParams) {
    const values = params.getAll(name);
    if (values.length > 0) all.set(name.toLowerCase(), values);
  }
  return all;
}
