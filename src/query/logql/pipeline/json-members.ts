/**
 * JSON read member by member, for what JSON.parse does not give: the beginning of a line that breaks off, and the text of a value as it is written.
 * Loki reads lines in this way, so a line has the labels of what stands before its fault, and what stands behind its object is not looked at.
 */

/** What is wrong, in the words of the library that Loki reads JSON with. */
const FAULTS = {
  object: "Value looks like object, but can't find closing '}' symbol",
  list: "Value is array, but can't find closing ']' symbol",
  string: "Value is string, but can't find closing '\"' symbol",
  member: 'Malformed JSON error',
  value: 'Unknown value type',
} as const;

/** Deeper than this no line of a person goes. */
const MAX_DEPTH = 100;

const BLANKS = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\]|\\[\s\S])*"/y;
const WORD = /[^\s,\]}]*/y;
const SCALAR = /^(?:true|false|null|-?\d.*)$/;

function endOf(rule: RegExp, text: string, at: number): number {
  rule.lastIndex = at;
  return rule.test(text) ? rule.lastIndex : -1;
}

/** Where the bracket at a place is closed; -1 where it is not. */
function blockEnd(text: string, at: number): number {
  const [open, close] = text[at] === '{' ? ['{', '}'] : ['[', ']'];
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const char = text[i];
    if (char === '"') {
      const end = endOf(STRING, text, i);
      if (end < 0) return -1;
      i = end - 1;
    } else if (char === open) depth++;
    else if (char === close && --depth === 0) return i + 1;
  }
  return -1;
}

/** Where a value ends, or what is wrong with it. */
function valueEnd(text: string, at: number): number | string {
  const first = text[at];
  const isBlock = first === '{' || first === '[';
  const end = isBlock ? blockEnd(text, at) : endOf(first === '"' ? STRING : WORD, text, at);
  if (end < 0) return first === '{' ? FAULTS.object : first === '[' ? FAULTS.list : FAULTS.string;
  return isBlock || first === '"' || SCALAR.test(text.slice(at, end)) ? end : FAULTS.value;
}

function stringOf(written: string): string {
  try {
    return JSON.parse(written) as string;
  } catch {
    return written.slice(1, -1);
  }
}

/** Calls `take` for each member of the object in a text, with its value as written. Returns what is wrong with the first that is none. */
function eachMember(text: string, take: (key: string, written: string) => void): string | undefined {
  let at = endOf(BLANKS, text, 0);
  if (text[at] !== '{') return FAULTS.object;
  at = endOf(BLANKS, text, at + 1);
  for (;;) {
    if (text[at] === '}') return undefined;
    if (text[at] !== '"') return FAULTS.object;
    const keyEnd = endOf(STRING, text, at);
    if (keyEnd < 0) return FAULTS.string;
    const key = stringOf(text.slice(at, keyEnd));
    at = endOf(BLANKS, text, keyEnd);
    if (text[at] !== ':') return FAULTS.member;
    at = endOf(BLANKS, text, at + 1);
    const end = valueEnd(text, at);
    if (typeof end === 'string') return end;
    take(key, text.slice(at, end));
    at = endOf(BLANKS, text, end);
    if (text[at] === '}') return undefined;
    if (text[at] !== ',') return at === text.length ? FAULTS.list : FAULTS.object;
    at = endOf(BLANKS, text, at + 1);
  }
}

/** Takes a value, with the keys that it stands under. */
type TakeWritten = (keys: readonly string[], text: string) => void;

/**
 * Calls `take` for each value of a line that is no list and not null, up to the line's fault. Returns what is wrong; undefined where nothing is,
 * before the object's end.
 */
export function eachWrittenValue(line: string, take: TakeWritten): string | undefined {
  return eachOf(line, [], take);
}

function eachOf(text: string, keys: readonly string[], take: TakeWritten): string | undefined {
  let inner: string | undefined;
  const fault = eachMember(text, (key, written) => {
    if (key === '' || inner !== undefined) return;
    const own = [...keys, key];
    if (written.startsWith('{')) inner = own.length > MAX_DEPTH ? FAULTS.object : eachOf(written, own, take);
    else if (written.startsWith('"')) take(own, stringOf(written));
    else if (written !== 'null' && !written.startsWith('[')) take(own, written);
  });
  return inner ?? fault;
}

/** What stands at a path of a line that is a JSON object, as it is written there; undefined where nothing does. */
export function writtenAt(line: string, path: readonly (string | number)[]): string | undefined {
  let at: string | undefined = line.trim();
  for (const step of path) {
    if (at === undefined) return undefined;
    at = typeof step === 'number' ? elementOf(at, step) : memberOf(at, step);
  }
  return at;
}

function memberOf(text: string, name: string): string | undefined {
  let found: string | undefined;
  if (!text.startsWith('{')) return undefined;
  eachMember(text, (key, written) => {
    if (key === name) found ??= written;
  });
  return found;
}

function elementOf(text: string, index: number): string | undefined {
  if (!text.startsWith('[')) return undefined;
  let at = endOf(BLANKS, text, 1);
  for (let i = 0; text[at] !== ']'; i++) {
    const end = valueEnd(text, at);
    if (typeof end === 'string') return undefined;
    if (i === index) return text.slice(at, end);
    at = endOf(BLANKS, text, end);
    if (text[at] === ',') at = endOf(BLANKS, text, at + 1);
  }
  return undefined;
}
