/**
 * Loki's patterns: `<ip> - <_> "<method> <path>"` takes out of a line what stands between its fixed texts; `|>` asks whether a line is like one.
 */

/** A fixed text, or a place for any. */
export type PatternPart = { readonly text: string } | { readonly name: string | undefined };

/** Throws an Error with what is wrong. `hasNames`: a parser's, which must take something out; a filter's must not. */
export function readLinePattern(source: string, hasNames: boolean): readonly PatternPart[] {
  const parts: PatternPart[] = [];
  let end = 0;
  for (const match of source.matchAll(/<([a-zA-Z_][a-zA-Z0-9_]*)>/g)) {
    if (match.index > end) parts.push({ text: source.slice(end, match.index) });
    parts.push({ name: match[1] === '_' ? undefined : match[1]! });
    end = match.index + match[0].length;
  }
  if (end < source.length) parts.push({ text: source.slice(end) });
  check(source, parts, hasNames);
  return parts;
}

function check(source: string, parts: readonly PatternPart[], hasNames: boolean): void {
  const names = parts.flatMap((part) => ('name' in part && part.name !== undefined ? [part.name] : []));
  if (hasNames && names.length === 0) throw new Error('at least one capture is required');
  if (!hasNames && names.length > 0) throw new Error(`named captures are not allowed in a line filter: <${names[0]}>`);
  if (!hasNames && source === '') return;
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`duplicate capture name <${twice}>`);
  if (parts.some((part, i) => i > 0 && 'name' in part && 'name' in parts[i - 1]!))
    throw new Error('found consecutive capture: literal required in between');
}

/**
 * What a line has at the places, in their order; undefined where a fixed text is missing. A line need not end where the pattern ends;
 * the last place takes all that is left.
 */
export function takeByPattern(parts: readonly PatternPart[], line: string): readonly (string | undefined)[] {
  const taken: string[] = [];
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if ('text' in part) {
      if (!line.startsWith(part.text, at)) return taken;
      at += part.text.length;
      continue;
    }
    const next = parts[i + 1];
    const end = next === undefined ? line.length : line.indexOf((next as { text: string }).text, at);
    if (end < 0) {
      taken.push(line.slice(at));
      return taken;
    }
    taken.push(line.slice(at, end));
    at = end;
  }
  return taken;
}

/** Whether a line is like a pattern as a whole: its fixed texts in their order, anything where a place is. */
export function isLikePattern(parts: readonly PatternPart[], line: string): boolean {
  if (parts.length === 0) return line === '';
  let at = 0;
  let isAfterPlace = false;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (!('text' in part)) {
      isAfterPlace = true;
      continue;
    }
    const isLast = i === parts.length - 1;
    const found = !isAfterPlace
      ? line.startsWith(part.text, at)
        ? at
        : -1
      : isLast
        ? line.length - part.text.length >= at && line.endsWith(part.text)
          ? line.length - part.text.length
          : -1
        : line.indexOf(part.text, at);
    if (found < 0) return false;
    at = found + part.text.length;
    isAfterPlace = false;
  }
  return isAfterPlace || at === line.length;
}
