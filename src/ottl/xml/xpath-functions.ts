import { messageOf } from '#base';
import { Pattern, readTemplate } from '#lang/pattern';
import { fail } from '../values.ts';
import {
  asBoolean,
  asNumber,
  asText,
  localName,
  nodesOf,
  stringValue,
  type XPathContext,
  type XPathExpression,
  type XPathItem,
  type XPathValue,
} from './xpath-run.ts';

interface XPathFunction {
  readonly least: number;
  readonly most: number;
  call(context: XPathContext, values: readonly XPathValue[]): XPathValue;
}

function of(least: number, most: number, call: XPathFunction['call']): XPathFunction {
  return { least, most, call };
}

const texts = (count: number, call: (...values: string[]) => XPathValue): XPathFunction =>
  of(count, count, (_, values) => call(...values.map(asText)));

/** Of the first item of a set, or of the context's item where none is given. */
const named = (call: (item: XPathItem) => string): XPathFunction =>
  of(0, 1, (context, [nodes]) => {
    const item = nodes === undefined ? context.item : nodesOf(nodes)[0];
    return item === undefined ? '' : call(item);
  });

const FUNCTIONS: ReadonlyMap<string, XPathFunction> = new Map([
  ['true', of(0, 0, () => true)],
  ['false', of(0, 0, () => false)],
  ['position', of(0, 0, ({ position }) => position)],
  ['last', of(0, 0, ({ size }) => size)],
  ['count', of(1, 1, (_, [nodes]) => nodesOf(nodes!).length)],
  ['sum', of(1, 1, (_, [value]) => sumOf(value!))],
  ['not', of(1, 1, (_, [value]) => !asBoolean(value!))],
  ['boolean', of(1, 1, (_, [value]) => asBoolean(value!))],
  ['number', of(0, 1, (context, [value]) => asNumber(value ?? [context.item]))],
  ['string', of(0, 1, (context, [value]) => asText(value ?? [context.item]))],
  ['name', named((item) => (item.prefix === '' ? localName(item) : `${item.prefix}:${localName(item)}`))],
  ['local-name', named(localName)],
  ['namespace-uri', named(({ uri }) => uri)],
  ['ceiling', of(1, 1, (_, [value]) => Math.ceil(asNumber(value!)))],
  ['floor', of(1, 1, (_, [value]) => Math.floor(asNumber(value!)))],
  ['round', of(1, 1, (_, [value]) => Math.round(asNumber(value!)))],
  ['concat', of(2, Number.POSITIVE_INFINITY, (_, values) => values.map(asText).join(''))],
  ['starts-with', texts(2, (text, prefix) => text!.startsWith(prefix!))],
  ['ends-with', texts(2, (text, suffix) => text!.endsWith(suffix!))],
  ['contains', texts(2, (text, part) => text!.includes(part!))],
  ['lower-case', texts(1, (text) => text!.toLowerCase())],
  ['substring-before', texts(2, (text, word) => cutAt(text!, word!)[0])],
  ['substring-after', texts(2, (text, word) => cutAt(text!, word!)[1])],
  ['substring', of(2, 3, (_, [text, start, length]) => substring(asText(text!), asNumber(start!), length))],
  ['string-length', of(0, 1, (context, [text]) => [...asText(text ?? [context.item])].length)],
  [
    'normalize-space',
    of(0, 1, (context, [text]) =>
      asText(text ?? [context.item])
        .trim()
        .replace(/\s+/g, ' '),
    ),
  ],
  ['translate', texts(3, translated)],
  ['matches', texts(2, (text, pattern) => patternOf(pattern!).test(text!))],
  ['replace', texts(3, (text, pattern, by) => replaced(text!, pattern!, by!))],
  ['reverse', of(1, 1, (_, [nodes]) => [...nodesOf(nodes!)].reverse())],
  ['string-join', of(2, 2, (_, [nodes, separator]) => joined(nodes!, asText(separator!)))],
]);

export function callOf(name: string, parameters: readonly XPathExpression[]): XPathExpression {
  const called = FUNCTIONS.get(name) ?? fail(`invalid xpath: there is no function ${name}()`);
  if (parameters.length < called.least || parameters.length > called.most) {
    fail(`invalid xpath: ${name}() takes ${called.least} to ${called.most} parameters, not ${parameters.length}`);
  }
  return (context) =>
    called.call(
      context,
      parameters.map((each) => each(context)),
    );
}

function sumOf(value: XPathValue): number {
  if (typeof value !== 'object') return asNumber(value);
  const numbers = value.map((item) => asNumber(stringValue(item))).filter((each) => !Number.isNaN(each));
  return numbers.reduce((sum, each) => sum + each, 0);
}

function cutAt(text: string, word: string): [before: string, after: string] {
  const at = word === '' ? -1 : text.indexOf(word);
  return at < 0 ? ['', ''] : [text.slice(0, at), text.slice(at + word.length)];
}

/** Characters are counted from 1 on. */
function substring(text: string, start: number, length: XPathValue | undefined): string {
  const from = Math.round(start);
  const to = length === undefined ? Number.POSITIVE_INFINITY : from + Math.round(asNumber(length));
  return [...text].filter((_, i) => i + 1 >= from && i + 1 < to).join('');
}

function translated(text?: string, from?: string, to?: string): string {
  const replacements = [...to!];
  const byChar = new Map<string, string>();
  for (const [i, char] of [...from!].entries()) if (!byChar.has(char)) byChar.set(char, replacements[i] ?? '');
  return [...text!].map((char) => byChar.get(char) ?? char).join('');
}

function joined(nodes: XPathValue, separator: string): string {
  return typeof nodes === 'object' ? nodes.map(stringValue).join(separator) : asText(nodes);
}

function replaced(text: string, pattern: string, by: string): string {
  return patternOf(pattern).replaceAll(text, readTemplate(by.replace(/\$(\d+)/g, '${$1}')));
}

/** The last one: patterns are written in the expression nearly always. */
let last: Pattern | undefined;

function patternOf(source: string): Pattern {
  if (last?.source === source) return last;
  try {
    last = new Pattern(source);
  } catch (error) {
    fail(`invalid pattern "${source.slice(0, 80)}" in an xpath: ${messageOf(error)}`);
  }
  return last;
}
