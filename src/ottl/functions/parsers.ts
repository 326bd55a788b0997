import { messageOf } from '#base';
import { Pattern } from '#lang/pattern';
import { converterFunction, type OttlFunction } from '../function.ts';
import { constantBool, constantText, listOf, map, optional, text, value } from '../parameters.ts';
import { patternReader } from '../pattern.ts';
import { EvaluationError, fail, float64, type Value, type ValueMap } from '../values.ts';
import { csvFields } from './csv.ts';
import { Grok } from './grok.ts';
import { pairDelimiters, parsePairs, printPairs } from './pairs.ts';
import { SeverityMapping } from './severity.ts';
import { urlParts } from './url.ts';
import { UserAgents } from './user-agent.ts';

/** What texts of known formats say. */
export const PARSER_FUNCTIONS: readonly OttlFunction[] = [
  converterFunction(
    'ParseJSON',
    'The map or the list that a text in JSON writes. All numbers are doubles.',
    [text('target')],
    (target) => (at) => parsedJson(target.get(at)),
  ),
  converterFunction(
    'ParseCSV',
    'The fields of a row under the names that a header has. Modes: strict, lazyQuotes, ignoreQuotes.',
    [
      text('target'),
      text('header'),
      optional(constantText('delimiter')),
      optional(constantText('header_delimiter')),
      optional(constantText('mode')),
    ],
    (target, header, delimiter = ',', headerDelimiter = delimiter, mode = 'strict') => {
      if ([...delimiter].length !== 1) fail('delimiter must be a single character');
      if ([...headerDelimiter].length !== 1) fail('header_delimiter must be a single character');
      if (!CSV_MODES.includes(mode)) fail(`unknown mode: ${mode}, there are ${CSV_MODES.join(', ')}`);
      return (at) => {
        const row = target.get(at);
        const names = header.get(at);
        if (names === '') fail('headers must not be an empty string');
        const fields =
          mode === 'ignoreQuotes' ? row.split(delimiter) : csvFields(row, delimiter, mode === 'lazyQuotes');
        const keys = names.split(headerDelimiter);
        if (keys.length !== fields.length)
          fail(`wrong number of fields: expected ${keys.length}, found ${fields.length}`);
        return new Map(keys.map((key, i): [string, Value] => [key, fields[i]!]));
      };
    },
  ),
  converterFunction(
    'ParseKeyValue',
    'The pairs of a text such as `a=1 b="two words"`.',
    [text('target'), optional(constantText('delimiter')), optional(constantText('pair_delimiter'))],
    (target, delimiter, pairDelimiter) => {
      const [between, after] = pairDelimiters(delimiter, pairDelimiter);
      return (at) => parsePairs(target.get(at), between, after);
    },
  ),
  converterFunction(
    'ToKeyValueString',
    'A map as a text such as `a=1 b="two words"`.',
    [
      map('target'),
      optional(constantText('delimiter')),
      optional(constantText('pair_delimiter')),
      optional(constantBool('sort_output')),
    ],
    (target, delimiter, pairDelimiter, isSorted = false) => {
      const [between, after] = pairDelimiters(delimiter, pairDelimiter);
      return (at) => printPairs(target.get(at), between, after, isSorted);
    },
  ),
  converterFunction(
    'ParseSeverity',
    'The level of a text or number by a map that is written here: of lists of `{"equals": [..]}` and `{"range": {"min": 1, "max": 2}}`.',
    [value('target'), map('severity_mapping')],
    (target, mapping) => {
      const literal = mapping.literal ?? fail('severity mapping must be written here');
      const levels = new SeverityMapping(literal);
      return (at) => levels.levelOf(target.get(at));
    },
  ),
  converterFunction(
    'ExtractPatterns',
    'What the named groups of a regular expression match; an empty map where it does not match.',
    [text('target'), text('pattern')],
    (target, pattern) => {
      const patternOf = patternReader('ExtractPatterns', pattern);
      if (pattern.literal !== undefined) checkNamed(new Pattern(pattern.literal).groupNames);
      return (at) => {
        const compiled = patternOf(at);
        checkNamed(compiled.groupNames);
        const source = target.get(at);
        const places = compiled.find(source);
        const found: ValueMap = new Map();
        if (places === undefined) return found;
        for (const [group, name] of compiled.groupNames.entries()) {
          if (name === undefined) continue;
          const start = places[group * 2]!;
          found.set(name, start < 0 ? '' : source.slice(start, places[group * 2 + 1]));
        }
        return found;
      };
    },
  ),
  converterFunction(
    'ExtractGrokPatterns',
    'What a Grok expression such as `%{IP:client.address} %{INT:bytes:int}` finds; definitions are `NAME=pattern`.',
    [
      text('target'),
      text('pattern'),
      optional(constantBool('named_captures_only')),
      optional(listOf(constantText('pattern_definitions'))),
    ],
    (target, pattern, onlyNamed = false, definitions = []) => {
      const own = new Map(definitions.map(definitionOf));
      const grokOf = (expression: string): Grok => compiledGrok(expression, onlyNamed, own);
      if (pattern.literal !== undefined) {
        const grok = grokOf(pattern.literal);
        return (at) => grok.extract(target.get(at));
      }
      let last: { readonly expression: string; readonly grok: Grok } | undefined;
      return (at) => {
        const expression = pattern.get(at);
        if (last?.expression !== expression) last = { expression, grok: grokOf(expression) };
        return last.grok.extract(target.get(at));
      };
    },
  ),
  converterFunction(
    'URL',
    'The parts of a URL under the names of the semantic conventions.',
    [text('url')],
    (target) => (at) => urlParts(target.get(at)),
  ),
  converterFunction(
    'UserAgent',
    'The browser and the system of a user agent under the names of the semantic conventions, by the patterns of uap-core.',
    [text('user_agent')],
    (target) => {
      userAgents ??= new UserAgents();
      const known = userAgents;
      return (at) => known.partsOf(target.get(at));
    },
  ),
];

/** One for all statements: its patterns are many. */
let userAgents: UserAgents | undefined;

const CSV_MODES: readonly string[] = ['strict', 'lazyQuotes', 'ignoreQuotes'];
const JSON_DEPTH_LIMIT = 10_000;

function parsedJson(json: string): Value {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    throw new EvaluationError(messageOf(error));
  }
  if (typeof parsed !== 'object' || parsed === null) fail('could not convert parsed value to JSON object');
  return jsonValue(parsed, 0);
}

function jsonValue(parsed: unknown, depth: number): Value {
  if (typeof parsed === 'number') return Number.isFinite(parsed) ? float64(parsed) : fail('a number is out of range');
  if (typeof parsed !== 'object' || parsed === null) return parsed as Value;
  if (depth >= JSON_DEPTH_LIMIT) fail('exceeded max depth');
  if (Array.isArray(parsed)) return parsed.map((each) => jsonValue(each, depth + 1));
  return new Map(Object.entries(parsed).map(([key, each]): [string, Value] => [key, jsonValue(each, depth + 1)]));
}

function checkNamed(names: readonly (string | undefined)[]): void {
  if (names.every((name) => name === undefined))
    fail('at least 1 named capture group must be supplied in the given regex');
}

function definitionOf(definition: string, index: number): [string, string] {
  const at = definition.indexOf('=');
  if (at < 0)
    fail(`pattern "${definition.slice(0, 17)}" at index ${index} has incorrect format, expecting NAME=pattern`);
  const name = definition.slice(0, at);
  if (name.includes(':')) fail(`pattern ID "${name}" should not contain ':'`);
  return [name, definition.slice(at + 1)];
}

function compiledGrok(expression: string, onlyNamed: boolean, own: ReadonlyMap<string, string>): Grok {
  let grok: Grok;
  try {
    grok = new Grok(expression, onlyNamed, own);
  } catch (error) {
    if (error instanceof EvaluationError) throw error;
    throw new EvaluationError(`the pattern of ExtractGrokPatterns is not valid: ${messageOf(error)}`);
  }
  if (onlyNamed && !grok.hasNames) fail('at least 1 named capture group must be supplied in the given regex');
  return grok;
}
