import type { Pattern } from '#lang/pattern';
import { readTemplate, type Template } from '#lang/pattern';
import type { Expression, Getter, Reader } from '../expression.ts';
import { asText } from '../expression.ts';
import { editorFunction, type OttlFunction } from '../function.ts';
import { globReader } from '../glob.ts';
import { constantText, converter, mapTarget, optional, target, text } from '../parameters.ts';
import { patternReader } from '../pattern.ts';
import type { Place } from '../place.ts';
import { fail, typeName, type ValueMap } from '../values.ts';
import { eachValue } from './maps.ts';

type Apply = (input: Expression) => Getter;

/** Editors that replace texts: by a glob the whole, by a regular expression its matches. */
export const REPLACE_FUNCTIONS: readonly OttlFunction[] = [
  editorFunction(
    'replace_match',
    'Replaces a text that matches a glob as a whole.',
    [
      target('target'),
      text('pattern'),
      text('replacement'),
      optional(converter('function')),
      optional(text('replacement_format')),
    ],
    (to, pattern, replacement, apply, format) => {
      const matchesAt = globReader('replace_match', pattern);
      const replacementAt = wholeReplacement(replacement, apply, format);
      return (at) => {
        const matches = matchesAt(at);
        const current = to.get(at);
        const next = replacementAt(at);
        if (typeof current === 'string' && matches(current)) to.set(at, next);
      };
    },
  ),
  editorFunction(
    'replace_all_matches',
    'Replaces the texts of a map that match a glob as a whole.',
    [
      mapTarget('target'),
      text('pattern'),
      text('replacement'),
      optional(converter('function')),
      optional(text('replacement_format')),
    ],
    (to, pattern, replacement, apply, format) => {
      const matchesAt = globReader('replace_all_matches', pattern);
      const replacementAt = wholeReplacement(replacement, apply, format);
      return eachValue(to, (value, at) => (matchesAt(at)(value as string) ? replacementAt(at) : undefined), true);
    },
  ),
  editorFunction(
    'replace_pattern',
    'Replaces what a regular expression matches in a text.',
    [
      target('target'),
      text('regex'),
      text('replacement'),
      optional(converter('function')),
      optional(text('replacement_format')),
    ],
    (to, regex, replacement, apply, format) => {
      const replacedAt = replacer('replace_pattern', regex, replacement, apply, format);
      return (at) => {
        const current = to.get(at);
        if (typeof current !== 'string') return;
        const next = replacedAt(at, current);
        if (next !== undefined) to.set(at, next);
      };
    },
  ),
  editorFunction(
    'replace_all_patterns',
    'Replaces what a regular expression matches in the keys or values of a map.',
    [
      mapTarget('target'),
      constantText('mode'),
      text('regex'),
      text('replacement'),
      optional(converter('function')),
      optional(text('replacement_format')),
    ],
    (to, mode, regex, replacement, apply, format) => {
      if (mode !== 'key' && mode !== 'value') fail(`invalid mode "${mode}", must be key or value`);
      const replacedAt = replacer('replace_all_patterns', regex, replacement, apply, format);
      if (mode === 'value') return eachValue(to, (value, at) => replacedAt(at, value as string), true);
      return (at) => {
        const entries = to.read(at);
        const next: ValueMap = new Map();
        for (const [key, value] of entries) next.set(replacedAt(at, key) ?? key, value);
        to.set(at, next);
      };
    },
  ),
];

/** What a text becomes; undefined where it stays as it is. */
function replacer(
  name: string,
  regex: Reader<string>,
  replacement: Reader<string>,
  apply: Apply | undefined,
  format: Reader<string> | undefined,
): (at: Place, text: string) => string | undefined {
  const patternAt = patternReader(name, regex);
  const templateAt = templateReader(replacement);
  const appliedAt = apply === undefined ? undefined : applied(apply, format);
  return (at, current) => {
    const pattern = patternAt(at);
    // Where V8 runs it, looking for a match first costs as much as replacing.
    const isLookedAt = appliedAt !== undefined || !pattern.isProved;
    if (isLookedAt && !pattern.test(current)) return undefined;
    const template = templateAt(at);
    if (appliedAt === undefined) {
      const next = pattern.replaceAll(current, template);
      return next === current ? undefined : next;
    }
    return replacedBy(pattern, current, template, (match) => appliedAt(at, match));
  };
}

function replacedBy(pattern: Pattern, current: string, template: Template, change: (match: string) => string): string {
  return pattern.replaceEach(current, (places) => change(pattern.expand(template, current, places)));
}

function templateReader(replacement: Reader<string>): (at: Place) => Template {
  if (replacement.literal === undefined) return (at) => readTemplate(replacement.get(at));
  const template = readTemplate(replacement.literal);
  return () => template;
}

/** A converter on a text, and then the format around it. */
function applied(apply: Apply, format: Reader<string> | undefined): (at: Place, input: string) => string {
  let current = '';
  const get = apply({ get: () => current });
  return (at, input) => {
    current = input;
    const result = get(at);
    if (typeof result !== 'string') fail(`the replacement must be a string, the function gave ${typeName(result)}`);
    return formatted(at, result as string, format);
  };
}

function wholeReplacement(
  replacement: Reader<string>,
  apply: Apply | undefined,
  format: Reader<string> | undefined,
): (at: Place) => string {
  if (apply === undefined) return replacement.get;
  const get = apply({ get: replacement.get });
  return (at) => formatted(at, asText(get(at)), format);
}

/** One `%s`, and no other verb. */
function formatted(at: Place, text: string, format: Reader<string> | undefined): string {
  if (format === undefined) return text;
  const pattern = format.get(at);
  if (!/^[^\n]*%s[^\n]*$/.test(pattern) || /%[^s]/.test(pattern)) {
    fail('replacement_format must be a text with a single %s and no other verb');
  }
  const [before, after, ...more] = pattern.split('%s');
  // What Go prints where a verb has nothing to print.
  return `${before}${text}${after}${more.map((rest) => `%!s(MISSING)${rest}`).join('')}`;
}
