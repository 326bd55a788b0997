import { RE2JS } from 're2js';

/**
 * A glob over names of attributes as a pattern for the whole name, with a dot as the separator (github.com/gobwas/glob): `*` is anything
 * without a dot, `**` anything, `?` a character but the dot, `[abc]`, `[a-z]` and `[!abc]` one of these or none of them, `{a,b}` one of
 * several. Undefined where it can't be read.
 */
export function globPattern(glob: string): RE2JS | undefined {
  let regex = '';
  let depth = 0;
  for (let at = 0; at < glob.length; at++) {
    const char = glob[at]!;
    if (char === '*') {
      const isLong = glob[at + 1] === '*';
      if (isLong) at++;
      regex += isLong ? '(?s:.*)' : '[^.]*';
    } else if (char === '?') regex += '[^.]';
    else if (char === '[') {
      const end = glob.indexOf(']', at + 2);
      if (end < 0) return undefined;
      const body = glob.slice(at + 1, end);
      const isNegated = body.startsWith('!');
      regex += `[${isNegated ? '^' : ''}${body.slice(isNegated ? 1 : 0).replace(/[\\\]^[]/g, '\\$&')}]`;
      at = end;
    } else if (char === '{') {
      depth++;
      regex += '(?:';
    } else if (char === '}' && depth > 0) {
      depth--;
      regex += ')';
    } else if (char === ',' && depth > 0) regex += '|';
    else if (char === '\\') {
      at++;
      if (at === glob.length) return undefined;
      regex += RE2JS.quote(glob[at]!);
    } else regex += RE2JS.quote(char);
  }
  if (depth > 0) return undefined;
  try {
    return RE2JS.compile(regex);
  } catch {
    return undefined;
  }
}
