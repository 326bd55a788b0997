/**
 * Why something was refused, lost or turned away: the words of errors and of the label `reason` of metrics, and how people read them. A
 * word that is not in this file is a mistake of types.
 */

/** Of items: what a ConsumeError says, and what a loss is counted under. */
const ITEM_REASONS = {
  refused: 'refused by what follows; the sender was told',
  failed: 'an error that nobody expected: the log has it',
  unreadable: 'could not be read or taken; the sender was told',
  cancelled: 'their sender had gone',
  memory: 'memory limit reached',
  queue_full: 'queue full',
  timeout: 'no answer in time',
  retries_exhausted: 'given up after the last attempt',
  network: 'the far side could not be reached',
  no_credentials: 'the extension that has the credentials gave none',
  shutdown: 'still on the way at the end of a stop',
  spool_full: 'the spool is full',
  spool_write_failed: 'the disk of the spool took nothing more',
  metadata_cardinality: 'too many different values of metadata',
  shutdown_undecided: 'undecided at the end of a stop',
  dropped_too_early: 'no room until the decision: see num_traces',
  trace_too_large: 'part of a trace that is too large',
  colliding_ids: 'ids made to collide',
  not_sampled: 'not sampled',
  too_many_waiting: 'more calls waited for their other end than max_items',
  no_service_name: 'of no service: they are in no metric',
  no_route: 'took no route, and there is no default',
  unwanted: 'left out, as the configuration wants',
  drop_policy: 'taken out by a drop policy',
  aggregated: 'went into what was made of them',
  looked_at: 'only looked at; they went on by other ways',
  copied: 'copied to several pipelines',
  sent_again: 'went on before others of their batch were refused; the sender sends them again',
  taken_after_all: 'given up, and then taken by the next component after all',
  rejected_by_peer: 'rejected by the far side, which took the others',
  rejected_by_store: 'the store can not take them; see rejected/ in the spool folder',
  kept_on_disk: 'in the storage of the queue between two runs',
  series_limit: 'of new series beyond the limit on them',
  series_conflict: 'of series that are another under the same name and labels',
  first_of_series: 'first of their series: only the next ones have a difference',
  counter_reset: 'their counter had begun again: the next ones count from there',
  buckets_changed: 'of histograms with other buckets than before',
  no_value: 'say that their series has no value any more',
  older_start: 'began before their series did: of another process that says it is the same, for instance',
  out_of_order: 'older than what came before them of the same series',
  not_representable: 'can not be said in the format of the far side',
  damaged: 'their place on disk was damaged; see rejected/ in the spool folder',
} as const;

/** `http_503` and `grpc_Unavailable` are what the far side answered. */
export type Reason = keyof typeof ITEM_REASONS | `http_${number}` | `grpc_${string}`;

/** Of what befalls a component and is not counted in items. */
const TROUBLES = {
  retried: 'requests that failed and were tried again',
  scrape_failed: 'scrapes that failed',
  scrape_skipped: 'scrapes that were left out, because the one before had not ended',
  damaged_files: 'files of the spool that were damaged, set aside in rejected/',
} as const;

export type Trouble = keyof typeof TROUBLES;

/** Of requests and connections that a listener did not look into. */
const LISTENER_REASONS = {
  host: 'requests for a name that is not allowed, see --allowed-hosts',
  connections: 'connections beyond max_connections',
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

const TEXTS: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...ITEM_REASONS, ...TROUBLES, ...LISTENER_REASONS }),
);

/** How people read a reason; the word itself where another version of the program has counted it. */
export function reasonText(reason: string): string {
  const [, protocol, status] = /^(http|grpc)_(.+)$/.exec(reason) ?? [];
  if (protocol !== undefined) return `answered with ${protocol === 'http' ? 'HTTP' : 'gRPC'} status ${status}`;
  return TEXTS.get(reason) ?? reason;
}
