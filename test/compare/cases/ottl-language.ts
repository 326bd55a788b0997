import type { CompareSuite } from '../lib/cases.ts';
import { comparable, condition, statement, VALUES, value } from './ottl-cases.ts';

const OPERANDS = [
  'span.attributes["http.method"]',
  'span.attributes["http.status_code"]',
  'span.attributes["http.ratio"]',
  'span.attributes["http.cached"]',
  'span.attributes["blob"]',
  'span.attributes["tags"]',
  'span.attributes["nested"]',
  'span.attributes["absent"]',
  'span.start_time',
  'span.end_time - span.start_time',
  '"GET"',
  '200',
  '0.75',
  'true',
  'nil',
  '0x00ff10',
  '["a", 2, false]',
  'span.kind',
];
const NUMBERS = [
  '7',
  '-2',
  '0',
  '2.5',
  '-0.5',
  'span.attributes["http.status_code"]',
  'span.attributes["http.ratio"]',
  'span.attributes["http.method"]',
  'span.kind',
  'span.start_time',
  'Duration("90s")',
];

/** Numbers in [0, 1) that are the same each time (a linear congruential generator; the figures are those of Numerical Recipes). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

/** Expressions and conditions of some depth, made of everything above. */
class Generator {
  readonly #random = randomFrom(7);

  #pick<T>(of: readonly T[]): T {
    return of[Math.floor(this.#random() * of.length)]!;
  }

  math(depth: number): string {
    if (depth === 0 || this.#random() < 0.2) return this.#pick(NUMBERS.slice(0, 7));
    const inner = `${this.math(depth - 1)} ${this.#pick(['+', '-', '*', '/'])} ${this.math(depth - 1)}`;
    return this.#random() < 0.4 ? `(${inner})` : inner;
  }

  boolean(depth: number): string {
    const kind = depth === 0 ? 0 : Math.floor(this.#random() * 5);
    if (kind === 1) return `${this.boolean(depth - 1)} and ${this.boolean(depth - 1)}`;
    if (kind === 2) return `${this.boolean(depth - 1)} or ${this.boolean(depth - 1)}`;
    if (kind === 3) return `not (${this.boolean(depth - 1)})`;
    if (kind === 4) return `(${this.boolean(depth - 1)})`;
    if (this.#random() < 0.2)
      return this.#pick(['true', 'false', 'not true', 'IsString(span.name)', 'IsMap(span.attributes["tags"])']);
    return `${this.#pick(OPERANDS)} ${this.#pick(['==', '!=', '<', '<=', '>', '>='])} ${this.#pick(OPERANDS)}`;
  }

  call(depth: number): string {
    if (depth === 0) return this.#pick(VALUES);
    const inner = this.call(depth - 1);
    const other = this.call(depth - 1);
    return this.#pick([
      `Concat([${inner}, ${other}], "-")`,
      `String(${inner})`,
      `ToUpperCase(String(${inner}))`,
      `Split(String(${inner}), "a")[0]`,
      `Int(${inner})`,
      `Double(${inner})`,
      `Len(${inner})`,
      `SHA256(String(${inner}))`,
      `Substring(String(${inner}), 0, 1)`,
      `[${inner}, ${other}]`,
      `{"k": ${inner}}`,
    ]);
  }
}

const generator = new Generator();
const generated = (count: number, make: () => string): string[] => Array.from({ length: count }, make);

const SYNTAX: readonly string[] = [
  '"escaped \\" \\\\ \\n \\t \\u00e4"',
  '"tab\there"',
  '.5',
  '5.',
  '1e3',
  '1.5e-3',
  '0x',
  '0xf',
  '0xFF',
  '- 5',
  '+5',
  '--5',
  '5 5',
  "'x'",
  '`x`',
  'NIL',
  'Nil',
  'TRUE',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_NOPE',
  'STATUS_CODE_ERROR',
  '[1, [2, [3]]]',
  '[]',
  '[1,]',
  '{}',
  '{"a": {"b": [1]}}',
  '{a: 1}',
  '{"a" 1}',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '(1 + 2) * 3',
  '1 + 2 * 3',
  '(1)',
  '((1))',
  '"a" + "b"',
  'true + 1',
  'nil + 1',
  '1 / 0',
  '1.0 / 0.0',
  '-7 / 2',
  '7 / -2',
  '9223372036854775807 + 1',
  'span.attributes["tags"][0]',
  'span.attributes["tags"][3]',
  'span.attributes["tags"][-1]',
  'span.attributes["tags"]["a"]',
  'span.attributes["nested"]["more"]["leaf"]',
  'span.attributes["nested"][0]',
  'span.attributes["http.method"][0]',
  'span.attributes[span.name]',
  'span.attributes[Concat(["http", "method"], ".")]',
  'span.attributes["tags"][1 - 1]',
  'ParseJSON(span.attributes["json"])["list"][1]',
  'ParseJSON(span.attributes["json"])["sub"]["k"]',
  'ParseJSON(span.attributes["json"])["none"]["k"]',
  'Split("a,b", ",")[1]',
  'Split("a,b", ",")[2]',
  'Len("abc")[0]',
  'Len(target="abc")',
  'span . name',
  'span.attributes ["http.method"]',
];

/** Literals, indexing, arithmetic, comparisons of all types with each other, logic, and generated expressions. */
export const languageSuite: CompareSuite = {
  name: 'ottl-language',
  cases: comparable([
    ...SYNTAX.map(value),
    ...NUMBERS.flatMap((left) =>
      ['+', '-', '*', '/'].flatMap((sign) => NUMBERS.map((right) => value(`${left} ${sign} ${right}`))),
    ),
    ...OPERANDS.flatMap((left) =>
      ['==', '<'].flatMap((sign) => OPERANDS.map((right) => condition(`${left} ${sign} ${right}`))),
    ),
    ...OPERANDS.slice(0, 12).flatMap((left) =>
      ['!=', '<=', '>', '>='].flatMap((sign) =>
        OPERANDS.slice(8, 14).map((right) => condition(`${left} ${sign} ${right}`)),
      ),
    ),
    ...[
      'true',
      'false',
      'not true',
      'true and false or true',
      'not (true and false)',
      'not not true',
      'true or',
      'and true',
      'span.name',
      '1',
      'IsString(span.name) == true',
      'true == true',
      'not IsMap(span.name)',
      'span.name == "x" or span.kind == SPAN_KIND_SERVER',
      'true AND true',
    ].map(condition),
    ...generated(120, () => generator.math(3)).map(value),
    ...generated(150, () => generator.boolean(3)).map(condition),
    ...generated(150, () => generator.call(2)).map(value),
    statement('traces', 'set(span.attributes["a"], 1)', 'set(span.attributes["b"], span.attributes["a"] + 1)'),
    statement('logs', 'set(log.attributes["out"], log.severity_number >= SEVERITY_NUMBER_WARN)'),
    statement(
      'logs',
      'set(log.attributes["out"], true) where log.severity_number >= SEVERITY_NUMBER_WARN and log.severity_number < SEVERITY_NUMBER_ERROR',
    ),
    statement('metrics', 'set(metric.unit, "x") where metric.type == METRIC_DATA_TYPE_SUM'),
    statement(
      'metrics',
      'set(datapoint.attributes["x"], true) where metric.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE',
    ),
  ]),
};
