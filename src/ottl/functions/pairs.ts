import { textOf } from '../text.ts';
import { fail, type ValueMap } from '../values.ts';

/** The parts between delimiters that are not in quotes; empty ones are left out. */
function splitQuoted(text: string, delimiter: string): string[] {
  const parts: string[] = [];
  let current = '';
  let quote = '';
  let isEscaped = false;
  for (let at = 0; at < text.length; at++) {
    if (quote === '' && text.startsWith(delimiter, at)) {
      if (current !== '') parts.push(current);
      current = '';
      at += delimiter.length - 1;
      continue;
    }
    const char = text[at]!;
    if (isEscaped) isEscaped = false;
    else if (quote === '' && (char === '"' || char === "'")) {
      quote = char;
      continue;
    } else if (char === quote) {
      quote = '';
      continue;
    } else isEscaped = char === '\\';
    current += char;
  }
  if (quote !== '') fail('never reached the end of a quoted value');
  if (current !== '') parts.push(current);
  return parts;
}

export function parsePairs(text: string, delimiter: string, pairDelimiter: string): ValueMap {
  if (text === '') fail('cannot parse from empty target');
  const map: ValueMap = new Map();
  for (const pair of splitQuoted(text, pairDelimiter)) {
    const at = pair.indexOf(delimiter);
    if (at < 0) fail(`cannot split "${pair.slice(0, 80)}" into 2 items, got 1 item(s)`);
    map.set(pair.slice(0, at).trim(), pair.slice(at + delimiter.length).trim());
  }
  return map;
}

export function printPairs(map: ValueMap, delimiter: string, pairDelimiter: string, isSorted: boolean): string {
  const quoted = (text: string): string => {
    const escaped = text.replaceAll('"', '\\"');
    return escaped.includes(pairDelimiter) || escaped.includes(delimiter) ? `"${escaped}"` : escaped;
  };
  const entries = [...map];
  if (isSorted) entries.sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.map(([key, value]) => quoted(key) + delimiter + quoted(textOf(value))).join(pairDelimiter);
}

/** Both have defaults, are not empty and are not the same. */
export function pairDelimiters(delimiter = '=', pairDelimiter = ' '): readonly [string, string] {
  if (delimiter === '') fail('delimiter cannot be set to an empty string');
  if (pairDelimiter === '') fail('pair delimiter cannot be set to an empty string');
  if (delimiter === pairDelimiter)
    fail(`pair delimiter "${pairDelimiter}" cannot be equal to delimiter "${delimiter}"`);
  return [delimiter, pairDelimiter];
}
