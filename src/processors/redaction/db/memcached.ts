/** A command of memcached without the value that follows its line (datadog-agent's pkg/obfuscate). */
export function sanitizeMemcached(text: string): string {
  const end = text.indexOf('\r\n');
  return (end < 0 ? text : text.slice(0, end)).trim();
}
