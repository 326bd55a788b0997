import { fail } from '../values.ts';

interface Row {
  readonly fields: string[];
  readonly end: number;
}

/** The fields of a text as Go's encoding/csv reads them. Rows after the first go on with its last field. */
export function csvFields(text: string, delimiter: string, isLazy: boolean): string[] {
  if (delimiter === '"' || /[\r\n]/.test(delimiter)) fail('invalid field or comment delimiter');
  const source = text.replaceAll('\r\n', '\n');
  let joined: string[] | undefined;
  for (let at = 0; at < source.length; ) {
    if (source[at] === '\n') {
      at++;
      continue;
    }
    const { fields, end } = rowAt(source, at, delimiter, isLazy);
    at = end;
    if (joined === undefined) joined = fields;
    else {
      joined.push(`${joined.pop()!}\n${fields[0]!}`, ...fields.slice(1));
    }
  }
  return joined ?? fail('no csv lines found');
}

function rowAt(text: string, from: number, delimiter: string, isLazy: boolean): Row {
  const fields: string[] = [];
  for (let at = from; ; ) {
    const { field, end } =
      text[at] === '"' ? quotedAt(text, at, delimiter, isLazy) : plainAt(text, at, delimiter, isLazy);
    fields.push(field);
    if (text.startsWith(delimiter, end)) at = end + delimiter.length;
    else return { fields, end: end + 1 };
  }
}

interface Field {
  readonly field: string;
  readonly end: number;
}

function plainAt(text: string, from: number, delimiter: string, isLazy: boolean): Field {
  let end = from;
  while (end < text.length && text[end] !== '\n' && !text.startsWith(delimiter, end)) {
    if (text[end] === '"' && !isLazy) fail('read csv line: bare " in non-quoted-field');
    end++;
  }
  return { field: text.slice(from, end), end };
}

/** A quote inside is written twice; a lazy one may stand alone where no delimiter follows. */
function quotedAt(text: string, from: number, delimiter: string, isLazy: boolean): Field {
  let field = '';
  let at = from + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) {
      if (!isLazy) fail('read csv line: extraneous or missing " in quoted-field');
      // Go's reader drops the line break at the very end.
      return { field: field + text.slice(at), end: text.length };
    }
    field += text.slice(at, quote);
    at = quote + 1;
    if (text[at] === '"') {
      field += '"';
      at++;
    } else if (at >= text.length || text[at] === '\n' || text.startsWith(delimiter, at)) {
      return { field, end: at };
    } else if (isLazy) field += '"';
    else fail('read csv line: extraneous or missing " in quoted-field');
  }
}
