import type { JsonPath } from './problem.ts';

/**
 * The line, from 1, on which the value at `path` begins in a JSON text; of the closest value around it where there is none. The text must be
 * one that `JSON.parse` takes: it is walked over without building anything.
 */
export function lineOfPath(text: string, path: JsonPath): number {
  let at = skipBlanks(text, 0);
  for (const step of path) {
    const next = typeof step === 'number' ? elementAt(text, at, step) : memberAt(text, at, step);
    if (next === undefined) break;
    at = next;
  }
  return lineAt(text, at);
}

export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

function memberAt(text: string, at: number, name: string): number | undefined {
  if (text[at] !== '{') return undefined;
  let place = skipBlanks(text, at + 1);
  while (text[place] === '"') {
    const end = endOfString(text, place);
    const value = skipBlanks(text, skipBlanks(text, end) + 1);
    if (JSON.parse(text.slice(place, end)) === name) return value;
    place = afterComma(text, endOfValue(text, value));
  }
  return undefined;
}

function elementAt(text: string, at: number, index: number): number | undefined {
  if (text[at] !== '[') return undefined;
  let place = skipBlanks(text, at + 1);
  for (let i = 0; i < index && text[place] !== ']' && place < text.length; i++)
    place = afterComma(text, endOfValue(text, place));
  return text[place] === ']' || place >= text.length ? undefined : place;
}

function afterComma(text: string, at: number): number {
  const place = skipBlanks(text, at);
  return text[place] === ',' ? skipBlanks(text, place + 1) : place;
}

function endOfValue(text: string, at: number): number {
  if (text[at] === '"') return endOfString(text, at);
  let depth = 0;
  for (let place = at; place < text.length; place++) {
    const character = text[place]!;
    if (character === '"') place = endOfString(text, place) - 1;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') {
      if (depth === 0) return place;
      depth--;
      if (depth === 0) return place + 1;
    } else if (character === ',' && depth === 0) return place;
  }
  return text.length;
}

function endOfString(text: string, at: number): number {
  for (let place = at + 1; place < text.length; place++) {
    if (text[place] === '\\') place++;
    else if (text[place] === '"') return place + 1;
  }
  return text.length;
}

function skipBlanks(text: string, at: number): number {
  let place = at;
  while (place < text.length && ' \t\r\n'.includes(text[place]!)) place++;
  return place;
}
