/** What stands for a match: texts, and groups by number or name, as Go's Regexp.Expand reads `$1`, `${name}` and `$$`. */
export type Template = readonly (string | { readonly group: string })[];

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
  return parts;
}

/** The text of a template without groups; undefined where it has some. */
export function plainText(template: Template): string | undefined {
  return template.every((part) => typeof part === 'string') ? template.join('') : undefined;
}
