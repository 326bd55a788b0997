import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import type { DnsResolverConfig } from './config.ts';

const DEFAULT_PORT = 4317;

/** `host:port`, with otelcol's port where there is none. */
export function withPort(hostname: string): string {
  if (/:\d+$/.test(hostname) && !isIPv6(hostname)) return hostname;
  return isIPv6(hostname) ? `[${hostname}]:${DEFAULT_PORT}` : `${hostname}:${DEFAULT_PORT}`;
}

export type LookUp = (hostname: string) => Promise<readonly { readonly address: string }[]>;
const systemLookUp: LookUp = (hostname) => lookup(hostname, { all: true });

/** The addresses behind a name as backends. Rejects where there is none, or it takes too long. */
export async function resolveDns(
  { hostname, port, timeoutMs }: DnsResolverConfig,
  limit: (timeoutMs: number) => Promise<never>,
  lookUp: LookUp = systemLookUp,
): Promise<readonly string[]> {
  const found = await Promise.race([lookUp(hostname), limit(timeoutMs)]);
  const backends = new Set(
    found.map(({ address }) => {
      const host = isIPv6(address) ? `[${address}]` : address;
      return port === '' ? host : `${host}:${port}`;
    }),
  );
  return [...backends].sort();
}
