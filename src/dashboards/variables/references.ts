/** A place in a text where a variable's value belongs. */
export interface Reference {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly name: string;
  /** `labels.job` of `${__field.labels.job}`; empty for none. */
  readonly field: string;
  /** `regex`, `date:iso`; empty for none. */
  readonly format: string;
}

const PLAIN = /\$(\w+)/y;
const SQUARE = /\[\[(\w+)(?::(\w+))?\]\]/y;
/** A name, then fields as `.a.b` or `["a b"]`, then a format. */
const CURLY = /\$\{(\w+)((?:\.[^:^{}[\]]+|\["[^"]*"\]|\['[^']*'\]|\[[^\]"']*\])*)(?::([^}]+))?\}/y;

/** `$x`, `${x}`, `${x.field:format}` and the old `[[x:format]]`, in the order of the text. */
export function referencesIn(text: string): Reference[] {
  const found: Reference[] = [];
  for (let at = 0; at < text.length; ) {
    const reference = referenceAt(text, at);
    if (reference !== undefined) found.push(reference);
    at = reference?.end ?? at + 1;
  }
  return found;
}

function referenceAt(text: string, start: number): Reference | undefined {
  const isDollar = text[start] === '$';
  if (!isDollar && !text.startsWith('[[', start)) return undefined;
  const patterns = isDollar ? [CURLY, PLAIN] : [SQUARE];
  for (const pattern of patterns) {
    pattern.lastIndex = start;
    const match = pattern.exec(text);
    if (match === null) continue;
    const isCurly = pattern === CURLY;
    return {
      start,
      end: pattern.lastIndex,
      name: match[1]!,
      field: isCurly ? (match[2] ?? '').replace(/^\./, '') : '',
      format: (isCurly ? match[3] : match[2]) ?? '',
    };
  }
  return undefined;
}
