import { areEqual } from '../compare.ts';
import { asIndex } from '../expression.ts';
import { formatGo } from '../format.ts';
import { converterFunction, type OttlFunction } from '../function.ts';
import { constantBool, constantText, int, itemsOf, listOf, optional, text, textLike, value } from '../parameters.ts';
import { patternReader } from '../pattern.ts';
import { asTextLike } from '../text.ts';
import { EvaluationError, fail, isList, typeName } from '../values.ts';
import { toCamel, toLower, toSnake, toUpper } from './cases.ts';
import { isContinuation } from './truncate.ts';

const CASES: Readonly<Record<string, (text: string) => string>> = {
  lower: toLower,
  upper: toUpper,
  snake: toSnake,
  camel: toCamel,
};

/** Texts. */
export const STRING_FUNCTIONS: readonly OttlFunction[] = [
  converterFunction(
    'Concat',
    'Joins values to a text, with a delimiter between them.',
    [itemsOf('vals', 'string-like', asTextLike), text('delimiter')],
    (values, delimiter) => (at) =>
      values(at)
        .map((each) => each ?? '<nil>')
        .join(delimiter.get(at)),
  ),
  converterFunction(
    'ConvertCase',
    'Writes a text in lower, upper, snake or camel case.',
    [text('target'), constantText('case')],
    (target, name) => {
      const convert = Object.hasOwn(CASES, name)
        ? CASES[name]!
        : fail(`invalid case "${name}", it is one of ${Object.keys(CASES).join(', ')}`);
      return (at) => convert(target.get(at));
    },
  ),
  casing('ToCamelCase', 'CamelCase', toCamel),
  casing('ToLowerCase', 'lower case', CASES.lower!),
  casing('ToSnakeCase', 'snake_case', toSnake),
  casing('ToUpperCase', 'upper case', CASES.upper!),
  converterFunction(
    'Format',
    "Puts values into a text in the places that Go's fmt.Sprintf gives them: %s, %d, %05.2f.",
    [constantText('format'), listOf(value('vals'))],
    (format, values) => (at) =>
      formatGo(
        format,
        values.map((each) => each.get(at)),
      ),
  ),
  converterFunction(
    'HasPrefix',
    'Whether a text begins with another.',
    [text('target'), text('prefix')],
    (target, prefix) => (at) => target.get(at).startsWith(prefix.get(at)),
  ),
  converterFunction(
    'HasSuffix',
    'Whether a text ends with another.',
    [text('target'), text('suffix')],
    (target, suffix) => (at) => target.get(at).endsWith(suffix.get(at)),
  ),
  converterFunction(
    'Index',
    'Where a value begins in a text, counted in bytes, or which item of a list it is; -1 for nowhere.',
    [value('target'), value('value')],
    (target, of) => (at) => {
      const where = target.get(at);
      const what = of.get(at);
      if (typeof where === 'string') {
        if (typeof what !== 'string')
          throw new EvaluationError('Index of a text needs a text, not '.concat(typeName(what)));
        const index = where.indexOf(what);
        return index <= 0 ? index : Buffer.byteLength(where.slice(0, index));
      }
      if (!isList(where)) throw new EvaluationError(`expected string or list but got ${typeName(where)}`, true);
      return where.findIndex((item) => areEqual(item, what));
    },
  ),
  converterFunction(
    'IsMatch',
    'Whether a regular expression matches anywhere in the text of a value. Nil matches none.',
    [textLike('target'), text('pattern')],
    (target, pattern) => {
      const patternAt = patternReader('IsMatch', pattern);
      return (at) => {
        const found = patternAt(at);
        const subject = target.get(at);
        return subject !== undefined && found.test(subject);
      };
    },
  ),
  converterFunction(
    'Split',
    'The parts of a text between delimiters.',
    [text('target'), text('delimiter')],
    (target, delimiter) => (at) => {
      const by = delimiter.get(at);
      return by === '' ? Array.from(target.get(at)) : target.get(at).split(by);
    },
  ),
  converterFunction(
    'Substring',
    'A part of a text, by its first byte and its length in bytes.',
    [text('target'), int('start'), int('length'), optional(constantBool('utf8_safe'))],
    (target, start, length, isUtf8Safe) => (at) =>
      substring(target.get(at), asIndex(start.get(at)), asIndex(length.get(at)), isUtf8Safe ?? false),
  ),
  converterFunction(
    'Trim',
    'A text without the characters of a set, the blank by default, at both ends.',
    [text('target'), optional(constantText('replacement'))],
    (target, characters = ' ') => {
      const set = new Set(characters);
      return (at) => trimmed(target.get(at), set);
    },
  ),
  converterFunction(
    'TrimPrefix',
    'A text without another at its beginning.',
    [text('target'), text('prefix')],
    (target, prefix) => (at) => {
      const whole = target.get(at);
      const start = prefix.get(at);
      return whole.startsWith(start) ? whole.slice(start.length) : whole;
    },
  ),
  converterFunction(
    'TrimSuffix',
    'A text without another at its end.',
    [text('target'), text('suffix')],
    (target, suffix) => (at) => {
      const whole = target.get(at);
      const end = suffix.get(at);
      return whole.endsWith(end) ? whole.slice(0, whole.length - end.length) : whole;
    },
  ),
];

function casing(name: string, what: string, convert: (text: string) => string): OttlFunction {
  return converterFunction(
    name,
    `Writes a text in ${what}.`,
    [text('target')],
    (target) => (at) => convert(target.get(at)),
  );
}

function substring(text: string, start: number, length: number, isUtf8Safe: boolean): string {
  if (start < 0) fail(`invalid start ${start}, it can not be negative`);
  if (length <= 0) fail(`invalid length ${length}, it must be positive`);
  const bytes = Buffer.from(text);
  if (start + length > bytes.length)
    fail(`start ${start} and length ${length} go beyond the ${bytes.length} bytes of the text`);
  let from = start;
  let to = start + length;
  if (isUtf8Safe) {
    while (from < bytes.length && isContinuation(bytes[from]!)) from++;
    while (from < to && to < bytes.length && isContinuation(bytes[to]!)) to--;
    to = Math.max(from, to);
  }
  return bytes.toString('utf8', from, to);
}

function trimmed(text: string, set: ReadonlySet<string>): string {
  const chars = Array.from(text);
  let from = 0;
  let to = chars.length;
  while (from < to && set.has(chars[from]!)) from++;
  while (to > from && set.has(chars[to - 1]!)) to--;
  return chars.slice(from, to).join('');
}
