/**
 * The environment that chDB sees. ClickHouse takes its time zone, its allocator's options and more from variables that
 * people set for other programs: with `TZ=CET-1CEST` or an unknown zone it does not open its folder at all.
 */

/** What the engine, Node.js and the dynamic loader need, and what only concerns how others are reached. Upper case. */
const kept = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'TMPDIR',
  'TEMP',
  'TMP',
  'UV_THREADPOOL_SIZE',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'FAKETIME',
]);
const keptPrefixes = ['SIGNALBOX_', 'NODE_', 'LD_', 'DYLD_', 'AWS_', 'SSL_CERT_', 'FAKETIME_'];

/**
 * Takes everything else out of `environment`, and sets the time zone to UTC: times are stored as UTC, and whoever asks names
 * a zone of their own. To be called before chDB is loaded.
 */
export function settleEnvironment(environment: Record<string, string | undefined>): void {
  for (const name of Object.keys(environment)) {
    const upper = name.toUpperCase();
    if (!kept.has(upper) && !keptPrefixes.some((prefix) => upper.startsWith(prefix))) delete environment[name];
  }
  environment.TZ = 'UTC';
}
