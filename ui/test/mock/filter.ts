/** A rough reading of the filter language, enough to drive the console: `key op value` terms joined by "and". */
import type { Attributes } from '#api/types.ts';
import { splitTerms } from '../../src/lib/filter-text.ts';

export class MockQueryError extends Error {
  readonly start: number;
  readonly end: number;

  constructor(message: string, start: number, end: number) {
    super(message);
    this.start = start;
    this.end = end;
  }
}

export interface FilterItem {
  readonly intrinsics: Readonly<Record<string, string | number>>;
  readonly attributes: Attributes;
  readonly resource: Attributes;
  readonly text: string;
}

export type Predicate = (item: FilterItem) => boolean;

const TERM = /^(-?)("(?:[^"\\]|\\.)*"|[^\s"=!<>~]+)(?:(!=|!~|>=|<=|=|>|<|~)(.*))?$/s;

/** Throws `MockQueryError` with the range of what can't be read. */
export function compileFilter(text: string): Predicate {
  checkQuotes(text);
  const predicates = splitTerms(text).map((term) => compileTerm(term, text));
  return (item) => predicates.every((predicate) => predicate(item));
}

function checkQuotes(text: string): void {
  const quotes = [...text.matchAll(/(?<!\\)"/g)];
  if (quotes.length % 2 === 1) throw new MockQueryError('this quote is not closed', quotes.at(-1)!.index, text.length);
  const open = text.lastIndexOf('(');
  if (open >= 0 && !text.slice(open).includes(')'))
    throw new MockQueryError('this parenthesis is not closed', open, open + 1);
}

function compileTerm(term: string, text: string): Predicate {
  const at = text.indexOf(term);
  const match = TERM.exec(term);
  if (!match) throw new MockQueryError(`can't read "${term}" here`, at, at + term.length);
  const [, minus, rawKey, operator, rawValue] = match;
  const key = unquote(rawKey!);
  if (operator === undefined) {
    const needle = key.toLowerCase();
    return (item) => item.text.toLowerCase().includes(needle) === (minus === '');
  }
  if (rawValue === '')
    throw new MockQueryError(
      `a value is missing after "${rawKey}${operator}"`,
      at + term.length - operator.length,
      at + term.length,
    );
  const value = unquote(rawValue!);
  const test = comparison(operator, value, at + term.length - rawValue!.length);
  return (item) => test(fieldOf(item, key)) === (minus === '');
}

export function fieldOf(item: FilterItem, key: string): unknown {
  const bare = key.replace(/^(resource|attributes|span|log)\./, '');
  return item.intrinsics[key] ?? item.attributes[bare] ?? item.resource[bare];
}

function comparison(operator: string, value: string, at: number): (found: unknown) => boolean {
  const wanted = toNumber(value);
  const number = (found: unknown): number => (typeof found === 'number' ? found : Number.NaN);
  switch (operator) {
    case '=':
      return (found) => (value === '*' ? found !== undefined : String(found) === value);
    case '!=':
      return (found) => String(found) !== value;
    case '>':
      return (found) => number(found) > wanted;
    case '>=':
      return (found) => number(found) >= wanted;
    case '<':
      return (found) => number(found) < wanted;
    case '<=':
      return (found) => number(found) <= wanted;
    default: {
      let pattern: RegExp;
      try {
        pattern = new RegExp(value);
      } catch {
        throw new MockQueryError(`"${value}" is not a regular expression`, at, at + value.length);
      }
      return (found) => found !== undefined && pattern.test(String(found)) === (operator === '~');
    }
  }
}

const SEVERITY_NUMBERS: Record<string, number> = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 };

function toNumber(value: string): number {
  const duration = /^([\d.]+)(ns|us|ms|s|m)$/.exec(value);
  const scale: Record<string, number> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 6e10 };
  return duration ? Number(duration[1]) * scale[duration[2]!]! : (SEVERITY_NUMBERS[value] ?? Number(value));
}

function unquote(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
}
