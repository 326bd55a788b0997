import { isLegacyName } from './exposition.ts';

/** What becomes of names that older readers don't take (prometheus/common@v0.70.1 model/metric.go EscapeMetricFamily). */
export type EscapingScheme = 'allow-utf-8' | 'underscores' | 'dots' | 'values';

const SCHEMES: ReadonlySet<string> = new Set(['allow-utf-8', 'underscores', 'dots', 'values']);

export function isEscapingScheme(text: string): text is EscapingScheme {
  return SCHEMES.has(text);
}

export function escapeName(name: string, scheme: EscapingScheme): string {
  if (name === '' || scheme === 'allow-utf-8' || isLegacyName(name)) return name;
  let escaped = scheme === 'values' ? 'U__' : '';
  let isFirst = true;
  for (const letter of name) {
    escaped += escapeLetter(letter, scheme, isFirst);
    isFirst = false;
  }
  return escaped;
}

function escapeLetter(letter: string, scheme: EscapingScheme, isFirst: boolean): string {
  if (letter === '_' && scheme !== 'underscores') return '__';
  if (letter === '.' && scheme === 'dots') return '_dot_';
  if (isFirst ? /[a-zA-Z_:]/.test(letter) : /[a-zA-Z0-9_:]/.test(letter)) return letter;
  if (scheme === 'underscores') return '_';
  return scheme === 'dots' ? '__' : `_${letter.codePointAt(0)!.toString(16)}_`;
}
