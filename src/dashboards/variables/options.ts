import type { VariableOption, VariableSort } from '../model.ts';

/** A longer text is not searched: a pattern may take long over it. */
const TEXT_LENGTH_LIMIT = 1024;

/**
 * The options of a variable, made of what its query found. The regex leaves out what it doesn't match; its first group, or the groups
 * `text` and `value`, are what is taken of the rest. Throws where the regex is none. Each value comes once.
 */
export function optionsOf(found: readonly VariableOption[], regex: string, sort: VariableSort): VariableOption[] {
  const pattern = regex === '' ? undefined : scriptPattern(regex);
  const options = pattern === undefined ? found : found.flatMap((option) => matching(option, pattern));
  const byValue = new Map<string, VariableOption>();
  for (const option of options) if (!byValue.has(option.value)) byValue.set(option.value, option);
  return sorted([...byValue.values()], sort);
}

/** `/pattern/flags`, or a pattern alone. */
function scriptPattern(text: string): RegExp {
  const [, pattern, flags] = /^\/(.*)\/([gimsuy]*)$/s.exec(text) ?? [];
  return pattern === undefined ? new RegExp(`^${text}$`) : new RegExp(pattern, flags);
}

function matching(option: VariableOption, pattern: RegExp): VariableOption[] {
  const text = option.value.slice(0, TEXT_LENGTH_LIMIT);
  pattern.lastIndex = 0;
  const matches = pattern.global ? [...text.matchAll(pattern)] : [pattern.exec(text)].filter((match) => match !== null);
  if (matches.length === 0) return [];
  const named = (name: string): string | undefined => matches.find((match) => match.groups?.[name])?.groups?.[name];
  const value = named('value');
  const shown = named('text');
  if (value !== undefined || shown !== undefined) return [{ value: value ?? shown!, text: shown ?? value! }];
  const grouped = matches.filter((match) => match.length > 1);
  if (grouped.length === 0) return [option];
  const taken = matches.length > 1 ? grouped : grouped.slice(0, 1);
  return taken.flatMap((match) => (match[1] === undefined ? [] : [{ value: match[1], text: match[1] }]));
}

const NATURAL = new Intl.Collator('en', { sensitivity: 'accent', numeric: true });
const COMPARE: Readonly<Record<number, (a: VariableOption, b: VariableOption) => number>> = {
  1: (a, b) => byCode(a.text, b.text),
  2: (a, b) => firstNumber(a.text) - firstNumber(b.text),
  3: (a, b) => byCode(a.text.toLowerCase(), b.text.toLowerCase()),
  4: (a, b) => NATURAL.compare(a.text, b.text),
};

/** Odd numbers ascend; what descends is the reverse of that. */
function sorted(options: readonly VariableOption[], sort: VariableSort): VariableOption[] {
  if (sort === 0) return [...options];
  const ascending = options.toSorted(COMPARE[Math.ceil(sort / 2)]!);
  return sort % 2 === 0 ? ascending.reverse() : ascending;
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** -1 where there is none. */
function firstNumber(text: string): number {
  const digits = /\d+/.exec(text)?.[0];
  return digits === undefined ? -1 : Number(digits);
}
