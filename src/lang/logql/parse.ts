import { Pattern } from '../pattern/index.ts';
import { parsePromDuration } from '../promql/duration.ts';
import { checkExpression } from './check.ts';
import type { Token } from './lexer.ts';
import { TokenReader } from './reader.ts';
import { MATCH_OPERATORS, StageReader } from './stages.ts';
import {
  type BinaryOperator,
  type Grouping,
  type LogExpr,
  LogqlError,
  type LogqlExpr,
  type LogqlRange,
  type Matching,
  type MetricExpr,
  RANGE_AGGREGATIONS,
  type RangeAggregation,
  type RangeOperator,
  type StreamMatcher,
  type Unwrap,
  VECTOR_AGGREGATIONS,
  type VectorOperator,
} from './tree.ts';

/** Deeper than this no expression of a person goes; the parser would run out of stack. */
const MAX_DEPTH = 200;
/** Operators at one level, each of which holds all before it. */
const MAX_CHAIN = 200;
const MAX_MATCHERS = 200;
const MAX_VARIANTS = 50;
/** Loki's own limit of a query is 5,120 bytes; generated ones are longer. */
const MAX_LENGTH = 128 * 1024;

/** From loose to tight. */
const PRECEDENCE: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  '^': 6,
};

/** Reads a query and checks it, as Loki 3 does. Throws LogqlError. */
export function parseLogql(text: string): LogqlExpr {
  if (text.length > MAX_LENGTH)
    throw new LogqlError(`the query is longer than ${MAX_LENGTH} characters`, { start: 0, end: 0 }, '');
  const parser = new Parser(text);
  const expr = parser.whole();
  checkExpression(expr);
  return expr;
}

/** Reads `{app="a", env=~"b.*"}`. Empty text, and `{}`, are all streams. Throws LogqlError. */
export function parseStreamSelector(text: string): readonly StreamMatcher[] {
  return text.trim() === '' ? [] : new Parser(text).wholeSelector();
}

/** A log expression with what a range aggregation has besides. */
interface Ranged {
  readonly logs: LogExpr;
  readonly unwrap: Unwrap | undefined;
  readonly range: Pick<RangeAggregation, 'rangeNs' | 'offsetNs' | 'atMs' | 'atEdge'> | undefined;
}

class Parser {
  readonly #reader: TokenReader;
  readonly #stages: StageReader;
  #depth = 0;

  constructor(text: string) {
    this.#reader = new TokenReader(text);
    this.#stages = new StageReader(this.#reader);
  }

  whole(): LogqlExpr {
    const expr = this.#isLogs() ? this.#logs() : this.#metric(0);
    const { text, kind } = this.#reader.peek();
    if (expr.kind === 'logs' && kind !== 'end' && PRECEDENCE[text] !== undefined) throw noSide('left', text, expr);
    if (!this.#reader.is('end')) throw this.#reader.unexpected();
    return expr;
  }

  wholeSelector(): readonly StreamMatcher[] {
    const matchers = this.#selector();
    if (!this.#reader.is('end')) throw this.#reader.unexpected();
    return matchers;
  }

  /** Lines are asked for by a selector, which may stand in parentheses. */
  #isLogs(): boolean {
    let ahead = 0;
    while (this.#reader.is('sign', '(', ahead)) ahead++;
    return this.#reader.is('sign', '{', ahead);
  }

  #logs(): LogExpr {
    const { logs, unwrap, range } = this.#ranged();
    if (unwrap !== undefined) throw this.#reader.error('syntax error: unexpected unwrap', unwrap.range);
    if (range !== undefined) throw this.#reader.unexpected();
    return logs;
  }

  /** `{…} | … [5m] offset 1m`, `{…}[5m] | …`, `({…} | …)[5m]`. */
  #ranged(): Ranged {
    const reader = this.#reader;
    const { start } = reader.peek();
    if (reader.accept('sign', '(') !== undefined) {
      this.#enter();
      const inner = this.#ranged();
      this.#depth--;
      reader.expectAmongMany('sign', ')');
      const more = inner.unwrap === undefined ? this.#stages.stages() : { stages: [], unwrap: inner.unwrap };
      const range = inner.range ?? this.#range();
      const logs = { ...inner.logs, stages: [...inner.logs.stages, ...more.stages], start, end: reader.lastEnd };
      return { logs, unwrap: more.unwrap, range };
    }
    const matchers = this.#selector();
    const before = this.#range();
    const { stages, unwrap } = this.#stages.stages();
    const range = before ?? this.#range();
    return { logs: { kind: 'logs', matchers, stages, start, end: reader.lastEnd }, unwrap, range };
  }

  #range(): Ranged['range'] {
    const reader = this.#reader;
    if (reader.accept('sign', '[') === undefined) return undefined;
    const rangeNs = this.#duration();
    reader.expect('sign', ']');
    let offsetNs = 0;
    let atMs: number | undefined;
    let atEdge: 'start' | 'end' | undefined;
    for (;;) {
      if (reader.accept('identifier', 'offset') !== undefined) {
        const isNegative = reader.accept('sign', '-') !== undefined;
        offsetNs = isNegative ? -this.#duration() : this.#duration();
      } else if (reader.accept('sign', '@') !== undefined) {
        atEdge = reader.acceptOne('identifier', ['start', 'end']);
        if (atEdge === undefined) atMs = this.#number() * 1000;
        else {
          reader.expect('sign', '(');
          reader.expect('sign', ')');
        }
      } else return { rangeNs, offsetNs, atMs, atEdge };
    }
  }

  /** Nanoseconds. */
  #duration(): number {
    const token = this.#reader.expect('duration');
    try {
      return parsePromDuration(token.text) * 1e6;
    } catch {
      return Math.round(token.value * 1e9);
    }
  }

  #number(): number {
    const sign = this.#reader.acceptOne('sign', ['-', '+']);
    const { value } = this.#reader.expect('number');
    return sign === '-' ? -value : value;
  }

  #selector(): readonly StreamMatcher[] {
    const reader = this.#reader;
    reader.expect('sign', '{');
    const matchers: StreamMatcher[] = [];
    while (reader.accept('sign', '}') === undefined) {
      const { text: name } = reader.expect('identifier');
      const operator = reader.acceptOne('sign', MATCH_OPERATORS);
      if (operator === undefined) throw reader.unexpected('= or != or =~ or !~');
      matchers.push(this.#stages.matcher(name, operator));
      if (matchers.length > MAX_MATCHERS) throw reader.error(`more than ${MAX_MATCHERS} matchers`, reader.peek());
      if (!reader.is('sign', '}')) {
        if (reader.accept('sign', ',') === undefined) throw reader.unexpected('} or ,');
        if (reader.is('sign', '}')) throw reader.unexpected('IDENTIFIER');
      }
    }
    return matchers;
  }

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) throw this.#reader.error(`nested more than ${MAX_DEPTH} deep`, this.#reader.peek());
  }

  /** What binds tighter than `above`. */
  #metric(above: number): MetricExpr {
    this.#enter();
    let left = this.#operand();
    for (let length = 1; ; length++) {
      const token = this.#reader.peek();
      if (length > MAX_CHAIN) throw this.#reader.error(`more than ${MAX_CHAIN} operators in a row`, token);
      const precedence = token.kind === 'sign' || token.kind === 'identifier' ? PRECEDENCE[token.text] : undefined;
      if (precedence === undefined || precedence <= above) break;
      this.#reader.next();
      left = this.#binary(left, token.text as BinaryOperator, precedence);
    }
    this.#depth--;
    return left;
  }

  #binary(left: MetricExpr, operator: BinaryOperator, precedence: number): MetricExpr {
    const reader = this.#reader;
    const bool = reader.accept('identifier', 'bool');
    const isComparison = precedence === PRECEDENCE['=='];
    if (bool !== undefined && !isComparison)
      throw reader.error('bool modifier can only be used on comparison operators', bool);
    const matching = this.#matching();
    if (this.#isLogs()) throw noSide('right', operator, this.#logs());
    // `a ^ b ^ c` is `a ^ (b ^ c)`.
    const right = this.#metric(operator === '^' ? precedence - 1 : precedence);
    return {
      kind: 'binary',
      operator,
      left,
      right,
      isBool: bool !== undefined,
      matching,
      start: left.start,
      end: right.end,
    };
  }

  #matching(): Matching | undefined {
    const reader = this.#reader;
    const how = reader.acceptOne('identifier', ['on', 'ignoring']);
    if (how === undefined) return undefined;
    const labels = this.#labels();
    const side = reader.acceptOne('identifier', ['group_left', 'group_right']);
    const include = side !== undefined && reader.is('sign', '(') ? this.#labels() : [];
    const group = side === undefined ? undefined : side === 'group_left' ? 'left' : 'right';
    return { labels, isOn: how === 'on', group, include };
  }

  #labels(): readonly string[] {
    const reader = this.#reader;
    reader.expect('sign', '(');
    const labels: string[] = [];
    while (reader.accept('sign', ')') === undefined) {
      labels.push(reader.expect('identifier').text);
      if (!reader.is('sign', ')')) reader.expect('sign', ',');
    }
    return labels;
  }

  #grouping(): Grouping | undefined {
    const how = this.#reader.acceptOne('identifier', ['by', 'without']);
    return how === undefined ? undefined : { labels: this.#labels(), isWithout: how === 'without' };
  }

  #operand(): MetricExpr {
    const reader = this.#reader;
    const token = reader.peek();
    if (token.kind === 'number' || token.text === '-' || token.text === '+') {
      const value = this.#number();
      return { kind: 'literal', value, start: token.start, end: reader.lastEnd };
    }
    if (reader.accept('sign', '(') !== undefined) {
      const inner = this.#metric(0);
      reader.expect('sign', ')');
      return inner;
    }
    if (token.kind !== 'identifier') throw reader.unexpected();
    const range = RANGE_AGGREGATIONS.find((each) => each === token.text);
    if (range !== undefined) return this.#rangeAggregation(range);
    const vector = VECTOR_AGGREGATIONS.find((each) => each === token.text);
    if (vector !== undefined) return this.#vectorAggregation(vector);
    if (token.text === 'label_replace') return this.#labelReplace();
    if (token.text === 'vector') return this.#vector();
    if (token.text === 'variants') return this.#variants();
    throw reader.unexpected();
  }

  /** `variants(a, b) of ({…}[5m])`, of Loki 3.5 and 3.6: the series of each, told apart by a label. The range is theirs, too. */
  #variants(): MetricExpr {
    const reader = this.#reader;
    const { start } = reader.next();
    reader.expect('sign', '(');
    const variants: MetricExpr[] = [];
    do {
      if (variants.length === MAX_VARIANTS) throw reader.error(`more than ${MAX_VARIANTS} variants`, reader.peek());
      variants.push(this.#metric(0));
    } while (reader.accept('sign', ',') !== undefined);
    reader.expect('sign', ')');
    reader.expect('identifier', 'of');
    reader.expect('sign', '(');
    const { range } = this.#ranged();
    if (range === undefined) throw reader.unexpected();
    reader.expectAmongMany('sign', ')');
    const place = { start, end: reader.lastEnd };
    return variants
      .map((expr, i): MetricExpr => labelled(expr, '__variant__', String(i), place))
      .reduce((left, right) => ({
        kind: 'binary',
        operator: 'or',
        left,
        right,
        isBool: false,
        matching: undefined,
        ...place,
      }));
  }

  #rangeAggregation(operator: RangeOperator): MetricExpr {
    const reader = this.#reader;
    const { start } = reader.next();
    reader.expect('sign', '(');
    const parameter = this.#parameter();
    const { logs, unwrap, range } = this.#ranged();
    if (range === undefined) throw reader.unexpected();
    reader.expectAmongMany('sign', ')');
    const grouping = this.#grouping();
    return { kind: 'range', operator, parameter, logs, unwrap, ...range, grouping, start, end: reader.lastEnd };
  }

  #vectorAggregation(operator: VectorOperator): MetricExpr {
    const reader = this.#reader;
    const { start } = reader.next();
    const before = this.#grouping();
    reader.expect('sign', '(');
    const parameter = this.#parameter();
    const expr = this.#metric(0);
    reader.expectAmongMany('sign', ')');
    const grouping = before ?? this.#grouping();
    return { kind: 'vector-aggregation', operator, parameter, expr, grouping, start, end: reader.lastEnd };
  }

  /** `5,` in front of an expression. The grammar takes it of every operator; which of them have one is checked later. */
  #parameter(): number | undefined {
    const reader = this.#reader;
    const numberAt = reader.is('sign', '-') || reader.is('sign', '+') ? 1 : 0;
    if (!reader.is('number', undefined, numberAt) || !reader.is('sign', ',', numberAt + 1)) return undefined;
    const value = this.#number();
    reader.next();
    return value;
  }

  #labelReplace(): MetricExpr {
    const reader = this.#reader;
    const { start } = reader.next();
    reader.expect('sign', '(');
    const expr = this.#metric(0);
    reader.expectAmongMany('sign', ',');
    const destination = reader.expect('string');
    const text = (): Token => {
      reader.expect('sign', ',');
      return reader.expect('string');
    };
    const [replacement, source, pattern] = [text(), text(), text()];
    reader.expect('sign', ')');
    try {
      new Pattern(`^(?:${pattern.text})$`);
    } catch (error) {
      throw reader.late(`invalid regex in label_replace: ${(error as Error).message}`, pattern);
    }
    return {
      kind: 'label_replace',
      expr,
      destination: destination.text,
      replacement: replacement.text,
      source: source.text,
      pattern: pattern.text,
      start,
      end: reader.lastEnd,
    };
  }

  #vector(): MetricExpr {
    const reader = this.#reader;
    const { start } = reader.next();
    reader.expect('sign', '(');
    const value = this.#number();
    reader.expect('sign', ')');
    return { kind: 'vector', value, start, end: reader.lastEnd };
  }
}

/** Of lines there is no sum or the like. */
function noSide(leg: 'left' | 'right', operator: string, logs: LogExpr): LogqlError {
  const type = logs.stages.length === 0 ? '*syntax.MatchersExpr' : '*syntax.PipelineExpr';
  return new LogqlError(`unexpected type for ${leg} leg of binary operation (${operator}): ${type}`, logs, undefined);
}

/** An expression's series with one more label. */
function labelled(expr: MetricExpr, destination: string, replacement: string, place: LogqlRange): MetricExpr {
  return { kind: 'label_replace', expr, destination, replacement, source: '', pattern: '', ...place };
}
