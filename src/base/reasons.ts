/**
 * Why something was refused, lost or turned away: the words of errors and of the label `reason` of metrics, and how people read them. A
 * word that is not in this file is a mistake of types.
 */

/** Of items: what a ConsumeError says, and what a loss is counted under. */
const ITEM_REASONS = {
  refused: 'refused by what follows',
  memory: 'memory limit reached',
  queue_full: 'queue full',
  timeout: 'no answer in time',
  retries_exhausted: 'given up after the last attempt',
  network: 'the far side could not be reached',
  shutdown: 'still on the way at the end of a stop',
  spool_full: 'the spool is full',
  spool_write_failed: 'the disk of the spool took nothing more',
  metadata_cardinality: 'too many different values of metadata',
  shutdown_undecided: 'undecided at the end of a stop',
  dropped_too_early: 'no room until the decision: see num_traces',
  trace_too_large: 'part of a trace that is too large',
  colliding_ids: 'ids made to collide',
} as const;

/** `http_503` and `grpc_Unavailable` are what the far side answered. */
export type Reason = keyof typeof ITEM_REASONS | `http_${number}` | `grpc_${string}`;

/** Of requests and connections that a listener did not look into. */
const LISTENER_REASONS = {
  host: 'requests for a name that is not allowed, see --allowed-hosts',
  tls_no_certificate: 'TLS clients, no certificate',
  tls_untrusted_certificate: 'TLS clients, untrusted certificate',
  tls_expired_certificate: 'TLS clients, expired certificate',
  tls_distrusts_us: 'TLS clients that do not trust our certificate',
  tls_version: 'TLS clients, version',
  tls_cipher: 'TLS clients, cipher',
  tls_no_tls: 'clients that speak plain text to a TLS port',
  tls_unexpected: 'clients that speak TLS to a plaintext port: use http:// there, or configure tls',
  tls_gone: 'TLS clients, gone',
  tls_other: 'TLS clients, other',
} as const;

export type ListenerReason = keyof typeof LISTENER_REASONS;

const TEXTS: ReadonlyMap<string, string> = new Map(Object.entries({ ...ITEM_REASONS, ...LISTENER_REASONS }));

/** How people read a reason; the word itself where another version of the program has counted it. */
export function reasonText(reason: string): string {
  const [, protocol, status] = /^(http|grpc)_(.+)$/.exec(reason) ?? [];
  if (protocol !== undefined) return `answered with ${protocol === 'http' ? 'HTTP' : 'gRPC'} status ${status}`;
  return TEXTS.get(reason) ?? reason;
}
