/** What changes from line to line: numbers, ids, addresses, times, durations, quoted texts with such in them. */
const CHANGING = /\d|^[0-9a-fA-F]{8,}$/;
const MOST_CHARS = 2_000;

/**
 * What a line has in common with others of its kind: words as they are, `<_>` for those that change from line to line. Of `key=value` only the
 * value changes.
 */
export function linePattern(line: string): string {
  const words = line.slice(0, MOST_CHARS).split(/(\s+)/);
  const pattern = words.map((word) => (/^\s*$/.test(word) ? word : wordPattern(word))).join('');
  return pattern.replace(/<_>(?:\s+<_>)+/g, '<_>');
}

function wordPattern(word: string): string {
  const [, before, core, after] = /^([[({"'<]*)(.*?)([\])}"'>,;:.!?]*)$/s.exec(word)!;
  const [, key, value] = /^([\w.-]+[=:])(.+)$/s.exec(core!) ?? [];
  if (key !== undefined && !CHANGING.test(key))
    return `${before}${key}${CHANGING.test(value!) ? '<_>' : value}${after}`;
  return CHANGING.test(core!) ? `${before}<_>${after}` : word;
}
