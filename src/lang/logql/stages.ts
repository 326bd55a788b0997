/** Reads the pipeline of a log query: `|= "a" | json | level="error" | line_format "{{.msg}}"`. */
import { Pattern } from '../pattern/index.ts';
import { readLinePattern } from './line-pattern.ts';
import type { TokenReader } from './reader.ts';
import type {
  ComparisonOperator,
  Extraction,
  LabelAssignment,
  LabelFilter,
  LineFilter,
  LineOperator,
  LineTerm,
  LogqlRange,
  MatchOperator,
  Stage,
  StreamMatcher,
  Unwrap,
} from './tree.ts';

const LINE_OPERATORS: readonly LineOperator[] = ['|=', '|~', '|>', '!=', '!~', '!>'];
const CONVERSIONS = ['bytes', 'duration', 'duration_seconds'] as const;
/** Conditions in parentheses, and those that others follow. */
const MAX_DEPTH = 200;
const MAX_STAGES = 100;
const MAX_TERMS = 100;

type Joint = 'or' | 'and' | ',' | 'blank';

/** As an LR grammar decides it that gives a precedence to the words only. */
function bindsTighter(joint: Joint, before: Joint | undefined): boolean {
  const areWords = (joint === 'or' || joint === 'and') && (before === 'or' || before === 'and');
  return !areWords || (joint === 'and' && before === 'or');
}

export class StageReader {
  readonly #reader: TokenReader;
  #depth = 0;

  constructor(reader: TokenReader) {
    this.#reader = reader;
  }

  /** All that stand here. `unwrap` may only be the last, and only where a range is asked for. */
  stages(): { readonly stages: readonly Stage[]; readonly unwrap: Unwrap | undefined } {
    const reader = this.#reader;
    const stages: Stage[] = [];
    for (;;) {
      if (stages.length > MAX_STAGES) throw reader.error(`more than ${MAX_STAGES} stages`, reader.peek());
      const line = this.#lineFilter();
      if (line !== undefined) stages.push(line);
      else if (!reader.is('sign', '|')) return { stages, unwrap: undefined };
      else {
        reader.next();
        const unwrap = reader.accept('identifier', 'unwrap');
        if (unwrap !== undefined) return { stages, unwrap: this.#unwrap(unwrap) };
        stages.push(this.#stage());
      }
    }
  }

  #lineFilter(): LineFilter | undefined {
    const reader = this.#reader;
    const operator = reader.acceptOne('sign', LINE_OPERATORS);
    if (operator === undefined) return undefined;
    const terms = [this.#lineTerm(operator)];
    while (reader.accept('identifier', 'or') !== undefined) {
      if (terms.length === MAX_TERMS) throw reader.error(`more than ${MAX_TERMS} texts of one filter`, reader.peek());
      terms.push(this.#lineTerm(operator));
    }
    return { kind: 'line', operator, terms };
  }

  #lineTerm(operator: LineOperator): LineTerm {
    const reader = this.#reader;
    if (reader.is('identifier', 'ip') && reader.is('sign', '(', 1)) {
      const start = reader.next();
      if (operator !== '|=' && operator !== '!=')
        throw reader.error(`ip: unsupported line filter operator ${operator}, use |= or !=`, start);
      return { value: this.#inParens(), isIp: true };
    }
    const token = reader.expect('string');
    if (operator === '|~' || operator === '!~') this.#checkRegex(token.text, token);
    if (operator === '|>' || operator === '!>') this.#checkPattern(token.text, token);
    return { value: token.text, isIp: false };
  }

  #inParens(): string {
    const reader = this.#reader;
    reader.expect('sign', '(');
    const { text } = reader.expect('string');
    reader.expect('sign', ')');
    return text;
  }

  #stage(): Stage {
    const reader = this.#reader;
    const token = reader.peek();
    if (token.kind !== 'identifier' && !reader.is('sign', '(')) throw reader.unexpected();
    if (token.kind === 'identifier' && !this.#isCondition()) {
      switch (token.text) {
        case 'json':
          reader.next();
          return { kind: 'json', extractions: this.#extractions() };
        case 'logfmt':
          reader.next();
          return this.#logfmt();
        case 'unpack':
          reader.next();
          return { kind: 'unpack' };
        case 'decolorize':
          reader.next();
          return { kind: 'decolorize' };
        case 'regexp':
        case 'pattern':
          return this.#patternParser(token.text);
        case 'line_format':
          reader.next();
          return this.#lineFormat();
        case 'label_format':
          reader.next();
          return this.#labelFormat();
        case 'drop':
        case 'keep':
          reader.next();
          return { kind: token.text, labels: this.#choices() };
      }
    }
    return { kind: 'filter', filter: this.conditions() };
  }

  /** `json="x"`: a label that has a stage's name. */
  #isCondition(): boolean {
    const after = this.#reader.peek(1);
    return after.kind === 'sign' && /^(?:=|==|!=|=~|!~|>|>=|<|<=)$/.test(after.text) && !this.#isLineFilterAfter();
  }

  /** `| json != "x"` denies a text of the line; `| json != 5` would be a condition, which Loki reads so too. */
  #isLineFilterAfter(): boolean {
    const [sign, value] = [this.#reader.peek(1), this.#reader.peek(2)];
    return (sign.text === '!=' || sign.text === '!~') && value.kind === 'string';
  }

  #logfmt(): Stage {
    const reader = this.#reader;
    let [isStrict, keepsEmpty] = [false, false];
    for (;;) {
      const flag = reader.accept('flag');
      if (flag === undefined) break;
      if (flag.text === '--strict') isStrict = true;
      else if (flag.text === '--keep-empty') keepsEmpty = true;
      else throw reader.error(`unknown flag ${flag.text}, logfmt has --strict and --keep-empty`, flag);
    }
    return { kind: 'logfmt', extractions: this.#extractions(), isStrict, keepsEmpty };
  }

  /** `a="b", c`; a name alone takes the field of that name. */
  #extractions(): readonly Extraction[] {
    const reader = this.#reader;
    if (!reader.is('identifier')) return [];
    return this.#list(() => {
      const { text: label } = reader.expect('identifier');
      if (reader.accept('sign', '=') === undefined) return { label, expression: label };
      return { label, expression: reader.expect('string').text };
    });
  }

  #list<T>(one: () => T): readonly T[] {
    const items = [one()];
    while (this.#reader.accept('sign', ',') !== undefined) items.push(one());
    return items;
  }

  #patternParser(kind: 'pattern' | 'regexp'): Stage {
    const reader = this.#reader;
    reader.next();
    const token = reader.expect('string');
    try {
      if (kind === 'pattern') readLinePattern(token.text, true);
      else checkCaptures(new Pattern(token.text));
    } catch (error) {
      throw reader.late(`invalid ${kind} parser: ${(error as Error).message}`, token);
    }
    return { kind, pattern: token.text };
  }

  #checkRegex(source: string, range: LogqlRange): void {
    try {
      new Pattern(source);
    } catch (error) {
      throw this.#reader.late((error as Error).message, range);
    }
  }

  #checkPattern(source: string, range: LogqlRange): void {
    try {
      readLinePattern(source, false);
    } catch (error) {
      throw this.#reader.late((error as Error).message, range);
    }
  }

  #lineFormat(): Stage {
    const token = this.#reader.expect('string');
    return { kind: 'line_format', template: token.text, range: token };
  }

  #labelFormat(): Stage {
    const reader = this.#reader;
    const { start } = reader.peek();
    const assignments = this.#list((): LabelAssignment => {
      const label = reader.expect('identifier');
      reader.expect('sign', '=');
      const template = reader.accept('string');
      const from = template === undefined ? { label: reader.expect('identifier').text } : { template: template.text };
      return { label: label.text, from };
    });
    const range = { start, end: reader.lastEnd };
    const seen = new Set<string>();
    for (const { label } of assignments) {
      if (label === '__error__') throw reader.error('__error__ cannot be formatted', range);
      if (seen.has(label))
        throw reader.error(`multiple label name '${label}' not allowed in a single format operation`, range);
      seen.add(label);
    }
    return { kind: 'label_format', assignments, range };
  }

  #choices(): readonly (string | StreamMatcher)[] {
    const reader = this.#reader;
    return this.#list(() => {
      const { text: name } = reader.expect('identifier');
      const operator = reader.acceptOne('sign', MATCH_OPERATORS);
      return operator === undefined ? name : this.matcher(name, operator);
    });
  }

  /** What stands behind a name and an operator. */
  matcher(name: string, operator: MatchOperator): StreamMatcher {
    const value = this.#reader.expect('string');
    if (operator === '=~' || operator === '!~') this.#checkRegex(value.text, value);
    return { name, operator, value: value.text };
  }

  #unwrap(range: LogqlRange): Unwrap {
    const reader = this.#reader;
    const name = reader.expect('identifier');
    const conversion = CONVERSIONS.find((each) => each === name.text);
    let label = name.text;
    const isConverted = conversion !== undefined && reader.accept('sign', '(') !== undefined;
    if (isConverted) {
      label = reader.expect('identifier').text;
      reader.expect('sign', ')');
    }
    const filters: LabelFilter[] = [];
    while (reader.accept('sign', '|') !== undefined) filters.push(this.conditions());
    return { label, conversion: isConverted ? conversion : undefined, filters, range };
  }

  /**
   * `a="b" or (c > 5 and d=~"e"), f != 1`. `and` binds tighter than `or`; a comma or a blank is an `and` whose right side is all that follows,
   * and which binds tighter than what stands before. `before`: the word on the left, which has not got its right side yet.
   */
  conditions(before?: Joint): LabelFilter {
    if (++this.#depth > MAX_DEPTH) throw this.#reader.error(`nested more than ${MAX_DEPTH} deep`, this.#reader.peek());
    let left = this.#condition();
    for (let length = 1; ; length++) {
      if (length > MAX_DEPTH)
        throw this.#reader.error(`more than ${MAX_DEPTH} conditions in a row`, this.#reader.peek());
      const joint = this.#joint();
      if (joint === undefined || !bindsTighter(joint, before)) break;
      if (joint !== 'blank') this.#reader.next();
      const right = this.conditions(joint);
      left = { kind: joint === 'or' ? 'or' : 'and', left, right };
    }
    this.#depth--;
    return left;
  }

  /** What the conditions before and behind this place are joined by, which is not read yet. */
  #joint(): Joint | undefined {
    const reader = this.#reader;
    if (reader.is('identifier', 'or')) return 'or';
    if (reader.is('identifier', 'and')) return 'and';
    if (reader.is('sign', ',')) return ',';
    return reader.is('identifier') || reader.is('sign', '(') ? 'blank' : undefined;
  }

  #condition(): LabelFilter {
    const reader = this.#reader;
    if (!reader.is('identifier') && !reader.is('sign', '(')) throw reader.unexpected('IDENTIFIER or (');
    if (reader.accept('sign', '(') === undefined) return this.#comparison();
    const inner = this.conditions();
    reader.expect('sign', ')');
    return inner;
  }

  #comparison(): LabelFilter {
    const reader = this.#reader;
    const { text: name } = reader.expect('identifier');
    const operator = reader.acceptOne('sign', [...MATCH_OPERATORS, ...COMPARISONS]);
    if (operator === undefined) throw reader.unexpected();
    if (reader.is('string')) {
      const match = MATCH_OPERATORS.find((each) => each === operator);
      if (match === undefined) throw reader.unexpected();
      return { kind: 'text', ...this.matcher(name, match) };
    }
    if (reader.is('identifier', 'ip')) {
      if (operator !== '=' && operator !== '!=')
        throw reader.error(`ip: unsupported label filter operator ${operator}, use = or !=`, reader.peek());
      reader.next();
      return { kind: 'ip', name, operator, value: this.#inParens() };
    }
    const comparison = operator === '=' ? '==' : COMPARISONS.find((each) => each === operator);
    if (comparison === undefined) throw reader.unexpected('STRING');
    return { kind: 'compare', name, operator: comparison, ...this.#quantity() };
  }

  #quantity(): { readonly value: number; readonly unit: 'number' | 'duration' | 'bytes'; readonly written: string } {
    const reader = this.#reader;
    const sign = reader.acceptOne('sign', ['-', '+']) ?? '';
    const token = reader.peek();
    if (token.kind !== 'number' && token.kind !== 'duration' && token.kind !== 'bytes') throw reader.unexpected();
    reader.next();
    return { value: sign === '-' ? -token.value : token.value, unit: token.kind, written: sign + token.text };
  }
}

/** Labels are made of the captures that have names. */
function checkCaptures({ groupNames }: Pattern): void {
  const names = groupNames.filter((name) => name !== undefined);
  if (names.length === 0) throw new Error('at least one named capture must be supplied');
  const odd = names.find((name) => !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name));
  if (odd !== undefined) throw new Error(`invalid extracted label name '${odd}'`);
}

export const MATCH_OPERATORS: readonly MatchOperator[] = ['=', '!=', '=~', '!~'];
const COMPARISONS: readonly ComparisonOperator[] = ['==', '!=', '>', '>=', '<', '<='];
