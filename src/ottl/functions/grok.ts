import { Pattern } from '#lang/pattern';
import { parseDoubleText, parseIntText } from '../numbers.ts';
import { fail, float64, type Value, type ValueMap } from '../values.ts';
import { GROK_PATTERNS } from './grok-patterns.ts';

/** What stands for a dot in the name of a group. */
const DOT = '___';
/** `%{NAME}`, `%{NAME:id}`, `%{NAME:id:type}` */
const USE = /%\{(\w+)(?::([\w+.]+)(?::(\w+))?)?\}/g;
/** Or a character that stands for itself. */
const NAMED_GROUP = /\\[\s\S]|\(\?P?<(\w+)>/g;
/** Patterns that name one another have this many levels at most. */
const DEPTH_LIMIT = 100;
const LENGTH_LIMIT = 1_000_000;

type Convert = (text: string) => Value;

const CONVERSIONS: ReadonlyMap<string, Convert> = new Map<string, Convert>([
  ['string', (text) => text],
  ['int', (text) => parseIntText(text, 10)],
  ['long', (text) => parseIntText(text, 10)],
  ['float', (text) => float64(parseDoubleText(text))],
  ['double', (text) => float64(parseDoubleText(text))],
  ['bool', parseBool],
  ['boolean', parseBool],
]);

function parseBool(text: string): boolean {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true;
  return /^(?:0|f|F|false|FALSE|False)$/.test(text) ? false : fail(`"${text.slice(0, 80)}" is not a bool`);
}

/** A Grok expression: a pattern that is put together from named ones. */
export class Grok {
  readonly #pattern: Pattern;
  readonly #types = new Map<string, string>();
  readonly #names: string[] = [];
  readonly hasNames: boolean;

  constructor(expression: string, onlyNamed: boolean, definitions: ReadonlyMap<string, string>) {
    let source = expression;
    for (let depth = 0; ; depth++) {
      const next = source.replace(USE, (_, name: string, id?: string, type?: string) => {
        const known = definitions.get(name) ?? GROK_PATTERNS.get(name);
        if (known === undefined) fail(`the pattern ${name} is not defined`);
        const group = (id ?? name).replaceAll('.', DOT);
        if (type !== undefined) this.#types.set(group, type);
        return onlyNamed && id === undefined ? `(${known})` : `(?P<${group}>${known})`;
      });
      if (next === source) break;
      if (depth > DEPTH_LIMIT || next.length > LENGTH_LIMIT) fail('patterns name one another without an end');
      source = next;
    }
    // Go lets groups share a name, others don't: they are numbered, and their names are kept beside.
    const numbered = source.replace(NAMED_GROUP, (whole, name?: string) =>
      name === undefined ? whole : `(?P<g${this.#names.push(name) - 1}>`,
    );
    this.#pattern = new Pattern(numbered);
    this.hasNames = this.#names.length > 0;
  }

  /** What the named groups hold; empty where the text does not match. */
  extract(text: string): ValueMap {
    const found: ValueMap = new Map();
    const places = this.#pattern.find(text);
    if (places === undefined) return found;
    for (const [group, name] of this.#pattern.groupNames.entries()) {
      const original = name === undefined ? undefined : this.#names[Number(name.slice(1))];
      if (original === undefined) continue;
      const start = places[group * 2]!;
      const end = places[group * 2 + 1]!;
      if (start < 0 || end === start) continue;
      found.set(original.replaceAll(DOT, '.'), this.#converted(original, text.slice(start, end)));
    }
    return found;
  }

  #converted(name: string, text: string): Value {
    const type = this.#types.get(name);
    if (type === undefined) return text;
    const convert = CONVERSIONS.get(type) ?? fail(`invalid type ${type} of ${name}`);
    return convert(text);
  }
}
