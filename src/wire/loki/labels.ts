import { DecodeError, excerpt, GO_ESCAPES } from '#base';

/** Go's, and the quote of texts between single ones. */
const ESCAPES: Readonly<Record<string, string>> = { ...GO_ESCAPES, "'": "'" };

/** The labels of a stream as LogQL writes them: `{app="shop", env='prod'}`. Throws a DecodeError. */
export function parseStreamLabels(text: string): [string, string][] {
  const labels: [string, string][] = [];
  const names = new Set<string>();
  const fail = (what: string): DecodeError => new DecodeError(`${what} in the labels ${excerpt(text)}`);
  const next = /\s*([a-zA-Z_][a-zA-Z0-9_.:]*)\s*=\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)\s*(,|\})/y;
  const open = /^\s*\{\s*(\}\s*$)?/.exec(text);
  if (open === null) throw fail('expected "{"');
  if (open[1] !== undefined) return labels;
  next.lastIndex = open[0].length;
  for (;;) {
    const match = next.exec(text);
    if (match === null) throw fail('expected name="value"');
    const [, name = '', quoted = '', end] = match;
    if (names.has(name)) throw fail(`"${name}" twice`);
    names.add(name);
    labels.push([name, unquoted(quoted)]);
    const { lastIndex } = next;
    const isLast = end === '}' || /^\s*\}\s*$/.test(text.slice(lastIndex));
    if (!isLast) continue;
    if (end === '}' && text.slice(lastIndex).trim() !== '') throw fail('something behind the labels');
    return labels;
  }
}

/** As Go's strconv.Unquote. */
function unquoted(text: string): string {
  const inner = text.slice(1, -1);
  if (text.startsWith('`') || !inner.includes('\\')) return inner;
  return inner.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gs,
    (whole, hex?: string, short?: string, long?: string, octal?: string, char?: string) => {
      const digits = hex ?? short ?? long;
      if (digits !== undefined) return codePoint(Number.parseInt(digits, 16));
      if (octal !== undefined) return codePoint(Number.parseInt(octal, 8));
      return ESCAPES[char ?? ''] ?? whole;
    },
  );
}

function codePoint(value: number): string {
  return value <= 0x10_ffff ? String.fromCodePoint(value) : '\ufffd';
}
