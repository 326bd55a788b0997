/** `/pattern/flags`, or a pattern that the whole text must match; undefined for what is none. */
export function patternOf(text: string): RegExp | undefined {
  try {
    if (!text.startsWith('/')) return new RegExp(`^${text}$`);
    const [, pattern, flags] = /^\/(.*)\/([gimsuy]*)$/s.exec(text) ?? [];
    return pattern === undefined ? undefined : new RegExp(pattern, flags);
  } catch {
    return undefined;
  }
}

/** Whether a text matches, wherever a pattern for all matches was left before. */
export function isMatch(pattern: RegExp | undefined, text: string): boolean {
  if (pattern === undefined) return false;
  pattern.lastIndex = 0;
  return pattern.test(text);
}
