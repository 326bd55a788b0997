import type { AuthConfig } from '#config';
import { type Authenticate, authHeaders } from '#net';
import type { Host } from './contracts.ts';

/** Who says whom a server lets in: the extension that its `auth` block names, or nobody. Throws a StartError where there is no such extension. */
export function authenticatorOf(
  auth: (AuthConfig & { readonly requestParams?: readonly string[] }) | undefined,
  host: Host,
): Authenticate | undefined {
  if (auth === undefined) return undefined;
  const extension = host.extension(auth.authenticator, 'server_auth');
  const { requestParams = [] } = auth;
  return (headers, url = '') => extension.authenticate(authHeaders(headers, url, requestParams));
}
