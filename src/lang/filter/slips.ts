/**
 * What people write from the habit of other languages and would otherwise search for as text, to find nothing: it is refused, with what
 * to write instead. In quotes everything is text.
 */
import { quotePattern } from '#base/quote-pattern.ts';
import { FILTER_INTRINSICS } from './fields.ts';
import type { FilterOperator } from './tree.ts';

/** Spellings of PromQL, LogQL and programs that mean one of ours. */
const SPELLINGS: { readonly [written: string]: FilterOperator } = { '==': '=', '=~': '~' };

export function operatorOf(written: string): FilterOperator {
  return SPELLINGS[written] ?? (written as FilterOperator);
}

export interface Slip {
  readonly message: string;
  readonly hint: string;
}

/** Words that join conditions in other languages, and are words of many log lines. */
export function isJoiningWord(word: string): boolean {
  return /^(?:and|or|not)$/i.test(word);
}

/** Of a joining word beside a condition, where it is hardly meant as text. */
export function joiningSlip(word: string): Slip {
  return {
    message: `\`${word}\` is written in capitals`,
    hint: `write ${word.toUpperCase()}, or ${quotedWord(word)}`,
  };
}

function quotedWord(word: string): string {
  return `quote it to search the text: "${word}"`;
}

/** A key of the language, or a name with dots as attributes have: `error:` begins many log lines, `service:` none. */
const LIKE_A_KEY = new RegExp(
  `^(?:${[...new Set(Object.values(FILTER_INTRINSICS).flat()), 'level'].join('|')})$|\\.`,
  'i',
);

/** Words that compare in SQL and in other query languages; between plain words they are text (`found in (3) files`). */
export function comparingSlip(key: string, word: string, next: 'open' | 'string'): Slip | undefined {
  if (!LIKE_A_KEY.test(key)) return undefined;
  if (next === 'open' && /^in$/i.test(word)) {
    return { message: `\`${word}\` is no operator`, hint: `write (${key}=a OR ${key}=b), or ${quotedWord(word)}` };
  }
  if (next === 'string' && /^(?:like|ilike|contains|matches|is)$/i.test(word)) {
    return { message: `\`${word}\` is no operator`, hint: `write ${key}~"text", or ${quotedWord(word)}` };
  }
  return undefined;
}

/** Of a bare word that stands for itself; undefined where it is plain text. */
export function wordSlip(word: string): Slip | undefined {
  const quoted = quotedWord(word);
  if (/^(?:&&?|\|\|?)$/.test(word)) {
    return { message: `\`${word}\` is no operator`, hint: `write ${word[0] === '&' ? 'AND' : 'OR'}, or ${quoted}` };
  }
  if (word.startsWith("'"))
    return { message: 'texts stand in double quotes', hint: `write "${word.replaceAll("'", '')}"` };
  // A key and a value; not the beginning of a URL, not a name with `::`, not a time of day.
  const pair = /^([\p{L}_][\p{L}\p{N}_./-]*):(?!\/\/|:)(.*)$/u.exec(word);
  if (pair !== null) {
    const [, key, value] = pair as unknown as [string, string, string];
    if (value === '' && !LIKE_A_KEY.test(key)) return undefined;
    const hint = valueSlip(key, '=', value)?.hint ?? `write ${key}=${value === '' ? 'value' : value}, or ${quoted}`;
    return { message: '`:` is no operator', hint };
  }
  if (word.length > 1 && /^\*|\*$/.test(word)) {
    const text = word.replace(/^\*+|\*+$/g, '');
    return { message: '`*` is no pattern', hint: `words match anywhere in a text: write ${text}, or ${quoted}` };
  }
  return undefined;
}

/** Of a bare value behind an operator. */
export function valueSlip(key: string, operator: string, value: string): Slip | undefined {
  const quoted = `quote it to mean the characters: ${key}${operator}"${value}"`;
  if (operator === '=' && value.startsWith('>'))
    return { message: '`=>` is no operator', hint: `write ${key}>=${value.slice(1)}` };
  if (operator === '=' && value.startsWith('<'))
    return { message: '`=<` is no operator', hint: `write ${key}<=${value.slice(1)}` };
  if (/^[=~!]/.test(value)) return { message: `\`${operator}${value[0]}\` is no operator`, hint: quoted };
  if (value.startsWith("'")) {
    return { message: 'texts stand in double quotes', hint: `write ${key}${operator}"${value.replaceAll("'", '')}"` };
  }
  const isPattern = (operator === '=' || operator === '!=') && value.length > 1 && /^\*|\*$/.test(value);
  if (!isPattern) return undefined;
  const start = value.startsWith('*') ? '' : '^';
  const end = value.endsWith('*') ? '' : '$';
  const pattern = `${start}${quotePattern(value.replace(/^\*+|\*+$/g, ''))}${end}`;
  const regex = `${key}${operator === '=' ? '~' : '!~'}"${pattern}"`;
  return { message: '`*` is no pattern', hint: `write the regular expression ${regex}, or ${quoted}` };
}
