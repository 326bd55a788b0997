/** What stands for a match: texts, and groups by number or name, as Go's Regexp.Expand reads `$1`, `${name}` and `$$`. */
export interface Template {
  readonly parts: readonly (string | { readonly group: string })[];
  /** The text of one without groups; undefined where it has some. */
  readonly plain: string | undefined;
}

const PART = /\$\$|\$(?:([A-Za-z0-9_]+)|\{([A-Za-z0-9_]+)\})/g;

export function readTemplate(text: string): Template {
  const parts: (string | { readonly group: string })[] = [];
  let at = 0;
  for (const match of text.matchAll(PART)) {
    if (match.index > at) parts.push(text.slice(at, match.index));
    const name = match[1] ?? match[2];
    parts.push(name === undefined ? '$' : { group: name });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push(text.slice(at));
  return { parts, plain: parts.every((part) => typeof part === 'string') ? parts.join('') : undefined };
}

/** A text in which `$` stands for itself. */
export function plainTemplate(text: string): Template {
  return { parts: [text], plain: text };
}
