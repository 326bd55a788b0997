const SCHEMES = new Set(['http:', 'https:', 'mailto:']);

/** An address of a stranger's that may be followed; undefined for one that would run something, or is none. */
export function safeUrl(url: string): string | undefined {
  try {
    return SCHEMES.has(new URL(url, 'https://console.invalid/').protocol) ? url : undefined;
  } catch {
    return undefined;
  }
}
