import { goQuoted } from '#base';
import { checkTypes } from './check.ts';
import { PROM_FUNCTIONS } from './functions.ts';
import { AGGREGATORS, type Token } from './lexer.ts';
import { matcherTest } from './matcher.ts';
import { parseDurationExpr, parseOffset } from './parse-duration.ts';
import { isUtf8, unquoted } from './quote.ts';
import { TokenReader } from './reader.ts';
import type {
  Aggregation,
  Aggregator,
  BinaryExpr,
  BinaryOperator,
  Call,
  DurationTerm,
  LabelMatcher,
  MatchOperator,
  PromExpr,
  StringLiteral,
  Subquery,
  TimeShift,
  VectorMatching,
  VectorSelector,
} from './tree.ts';

/** What Prometheus keeps behind feature flags. */
export interface PromqlOptions {
  /** `promql-experimental-functions`. */
  readonly hasExperimentalFunctions?: boolean;
  /** `promql-binop-fill-modifiers`. */
  readonly hasFillModifiers?: boolean;
  /** `promql-unquoted-utf8-names`: letters of all scripts and dots need no quotes in names. */
  readonly hasUtf8Names?: boolean;
}

/** Everything that Prometheus knows, flags on. */
export const ALL_OF_PROMQL: PromqlOptions = {
  hasExperimentalFunctions: true,
  hasFillModifiers: true,
};

/** Deeper than this no expression of a person goes; the parser would run out of stack. */
const MAX_DEPTH = 500;
/** Operators at one level, each of which holds all before it: `1 + 1 + 1 …`. */
const MAX_CHAIN = 1000;
const MAX_LENGTH = 1024 * 1024;

/**
 * Reads an expression and checks its types. Throws a PromqlError with the place and the words of Prometheus 3.16 (the first of its errors,
 * as its API shows).
 */
export function parsePromql(text: string, options: PromqlOptions = {}): PromExpr {
  const reader = new TokenReader(limited(text), options.hasUtf8Names ?? false);
  if (reader.peek().kind === 'end') throw reader.error('no expression found in input', { start: 0, end: 0 });
  const expr = new Parser(reader, options).wholeExpression();
  checkTypes(expr, text);
  return expr;
}

/** Reads `name{label="x"}`, as in `match[]`. */
export function parseMetricSelector(text: string, hasUtf8Names = false): VectorSelector {
  const reader = new TokenReader(limited(text), hasUtf8Names);
  return new Parser(reader, {}).wholeSelector();
}

function limited(text: string): string {
  if (text.length > MAX_LENGTH) throw new RangeError(`the expression is longer than ${MAX_LENGTH} characters`);
  return text;
}

/** From loose to tight, as Prometheus' grammar lists them. */
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
  '</': 3,
  '>/': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
};
const UNARY_PRECEDENCE = 5;

const WITH_PARAMETER: ReadonlySet<string> = new Set([
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
]);
const EXPERIMENTAL_AGGREGATORS: ReadonlySet<string> = new Set(['limitk', 'limit_ratio']);
const NO_NAME_KEYWORDS = new Set(['bool', 'on', 'ignoring', 'group_left', 'group_right']);

class Parser {
  readonly #reader: TokenReader;
  readonly #options: PromqlOptions;
  #depth = 0;

  constructor(reader: TokenReader, options: PromqlOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  wholeExpression(): PromExpr {
    const expr = this.#expression(0);
    if (this.#reader.peek().kind !== 'end') throw this.#reader.unexpected();
    return expr;
  }

  wholeSelector(): VectorSelector {
    const selector = this.#selector();
    if (this.#reader.peek().kind !== 'end') throw this.#reader.unexpected();
    return selector;
  }

  /** What binds tighter than `above`. */
  #expression(above: number): PromExpr {
    if (++this.#depth > MAX_DEPTH) throw this.#reader.error(`nested more than ${MAX_DEPTH} deep`, this.#reader.peek());
    let left = this.#unary();
    for (let length = 1; ; length++) {
      const token = this.#reader.peek();
      const precedence = token.kind === 'operator' ? PRECEDENCE[token.text] : undefined;
      if (precedence === undefined || precedence <= above) break;
      if (length > MAX_CHAIN) throw this.#reader.error(`more than ${MAX_CHAIN} operators in a row`, token);
      this.#reader.next();
      left = this.#binary(left, token.text as BinaryOperator, precedence);
    }
    this.#depth--;
    return left;
  }

  #binary(left: PromExpr, operator: BinaryOperator, precedence: number): BinaryExpr {
    const isBool = this.#reader.accept('keyword', 'bool') !== undefined;
    const matching = this.#matching();
    // Of what is equally tight the left one comes first, but for powers.
    const right = this.#expression(operator === '^' ? precedence - 1 : precedence);
    const range = { start: left.start, end: right.end };
    if ((matching.fillLeft ?? matching.fillRight) !== undefined && !this.#options.hasFillModifiers)
      throw this.#reader.error('binop fill modifiers are experimental and not enabled', range);
    return { kind: 'binary', operator, left, right, isBool, matching, ...range };
  }

  #matching(): VectorMatching {
    const reader = this.#reader;
    let cardinality: VectorMatching['cardinality'] = 'one-to-one';
    let labels: readonly string[] = [];
    let include: readonly string[] = [];
    const kind = reader.accept('keyword', 'on') ?? reader.accept('keyword', 'ignoring');
    if (kind !== undefined) {
      labels = this.#grouping();
      const group = reader.accept('keyword', 'group_left') ?? reader.accept('keyword', 'group_right');
      if (group !== undefined) {
        cardinality = group.text === 'group_left' ? 'many-to-one' : 'one-to-many';
        const next = reader.peek();
        if (next.text === '(' || !startsExpression(next)) include = this.#grouping();
      }
    }
    return { cardinality, labels, isOn: kind?.text === 'on', include, ...this.#fill() };
  }

  #fill(): { fillLeft: number | undefined; fillRight: number | undefined } {
    const reader = this.#reader;
    if (reader.accept('keyword', 'fill') !== undefined) {
      const both = this.#fillValue();
      return { fillLeft: both, fillRight: both };
    }
    let fillLeft: number | undefined;
    let fillRight: number | undefined;
    if (reader.accept('keyword', 'fill_left') !== undefined) {
      fillLeft = this.#fillValue();
      if (reader.accept('keyword', 'fill_right') !== undefined) fillRight = this.#fillValue();
    } else if (reader.accept('keyword', 'fill_right') !== undefined) {
      fillRight = this.#fillValue();
      if (reader.accept('keyword', 'fill_left') !== undefined) fillLeft = this.#fillValue();
    }
    return { fillLeft, fillRight };
  }

  #fillValue(): number {
    this.#reader.expect('punctuation', '(');
    const sign = this.#reader.acceptSign();
    const { value } = this.#reader.numberOrDuration();
    this.#reader.expect('punctuation', ')');
    return sign?.text === '-' ? -value : value;
  }

  #unary(): PromExpr {
    const sign = this.#reader.acceptSign();
    if (sign === undefined) return this.#postfix(this.#primary());
    const expr = this.#expression(UNARY_PRECEDENCE);
    if (expr.kind !== 'number')
      return { kind: 'unary', operator: sign.text as '+' | '-', expr, start: sign.start, end: expr.end };
    return { ...expr, value: sign.text === '-' ? -expr.value : expr.value, start: sign.start };
  }

  #primary(): PromExpr {
    const reader = this.#reader;
    const token = reader.peek();
    switch (token.kind) {
      case 'number':
      case 'duration':
        return reader.numberOrDuration();
      case 'string':
        return this.#string();
      case 'aggregator':
        return this.#aggregationOrSelector();
      case 'identifier':
      case 'preprocessor':
        return reader.peek(1).text === '(' ? this.#call() : this.#selector();
      case 'punctuation':
        if (token.text === '(') return this.#paren();
        if (token.text === '{') return this.#selector();
        throw reader.unexpected();
      case 'metric':
        return this.#selector();
      default:
        if (isMetricName(token)) return this.#selector();
        throw reader.unexpected();
    }
  }

  #string(): StringLiteral {
    const token = this.#reader.next();
    return { kind: 'string', value: unquoted(token.raw), start: token.start, end: token.end };
  }

  #paren(): PromExpr {
    const open = this.#reader.next();
    const expr = this.#expression(0);
    const close = this.#reader.expect('punctuation', ')');
    return { kind: 'paren', expr, start: open.start, end: close.end };
  }

  /** `sum` with nothing behind it that belongs to an aggregation is the name of a metric. */
  #aggregationOrSelector(): PromExpr {
    const next = this.#reader.peek(1);
    const isAggregation =
      next.text === '(' || (next.kind === 'keyword' && (next.text === 'by' || next.text === 'without'));
    return isAggregation ? this.#aggregation() : this.#selector();
  }

  #aggregation(): Aggregation {
    const reader = this.#reader;
    const token = reader.next();
    const leave = reader.enter('aggregation');
    let modifier = this.#aggregationModifier();
    const args = this.#arguments();
    let { end } = args;
    leave();
    if (modifier === undefined) {
      modifier = this.#aggregationModifier();
      if (modifier !== undefined) end = modifier.end;
    }
    const range = { start: token.start, end };
    const operator = token.text as Aggregator;
    const { list } = args;
    if (list.length === 0) throw reader.error('no arguments for aggregate expression provided', range);
    const wanted = WITH_PARAMETER.has(operator) ? 2 : 1;
    if (EXPERIMENTAL_AGGREGATORS.has(operator) && !this.#options.hasExperimentalFunctions)
      throw reader.error(
        `${operator}() is experimental and must be enabled with --enable-feature=promql-experimental-functions`,
        range,
      );
    if (list.length !== wanted)
      throw reader.error(
        `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${list.length}`,
        range,
      );
    return {
      kind: 'aggregation',
      operator,
      expr: list[wanted - 1]!,
      parameter: wanted === 2 ? list[0] : undefined,
      grouping: modifier?.labels ?? [],
      isWithout: modifier?.isWithout ?? false,
      ...range,
    };
  }

  #aggregationModifier():
    | { readonly labels: readonly string[]; readonly isWithout: boolean; readonly end: number }
    | undefined {
    const word = this.#reader.accept('keyword', 'by') ?? this.#reader.accept('keyword', 'without');
    if (word === undefined) return undefined;
    const labels = this.#grouping();
    return { labels, isWithout: word.text === 'without', end: this.#reader.lastEnd };
  }

  #grouping(): string[] {
    const reader = this.#reader;
    if (reader.accept('punctuation', '(') === undefined) throw reader.unexpected('grouping opts', '"("');
    const labels: string[] = [];
    while (reader.accept('punctuation', ')') === undefined) {
      if (labels.length > 0) {
        if (reader.accept('punctuation', ',') === undefined) throw reader.unexpected('grouping opts', '"," or ")"');
        if (reader.accept('punctuation', ')') !== undefined) break;
      }
      labels.push(this.#groupingLabel());
    }
    return labels;
  }

  #groupingLabel(): string {
    const token = this.#reader.peek();
    // Prometheus' grammar forgets this one word among those that may be labels.
    const isName =
      token.text !== 'without' &&
      (['identifier', 'metric', 'keyword', 'aggregator', 'preprocessor'].includes(token.kind) ||
        (token.kind === 'operator' && /^[a-z]/.test(token.text)));
    if (!isName && token.kind !== 'string') throw this.#reader.unexpected('grouping opts', 'label');
    this.#reader.next();
    const name = isName ? token.raw : unquoted(token.raw);
    if (name === '' || !isUtf8(name))
      throw this.#reader.error(`invalid label name for grouping: ${goQuoted(name)}`, token);
    return name;
  }

  #call(): Call {
    const reader = this.#reader;
    const token = reader.next();
    const { list, end } = this.#arguments();
    // Function names are exact; keywords among them may be written in capitals, and are then unknown.
    const known = PROM_FUNCTIONS.get(token.raw);
    if (known === undefined) throw reader.error(`unknown function with name ${goQuoted(token.raw)}`, token);
    if (known.isExperimental && !this.#options.hasExperimentalFunctions)
      throw reader.error(`function ${goQuoted(token.raw)} is not enabled`, token);
    return { kind: 'call', name: token.raw, arguments: list, start: token.start, end };
  }

  #arguments(): { readonly list: readonly PromExpr[]; readonly end: number } {
    const reader = this.#reader;
    reader.expect('punctuation', '(');
    const list: PromExpr[] = [];
    for (;;) {
      if (list.length === 0) {
        const close = reader.accept('punctuation', ')');
        if (close !== undefined) return { list, end: close.end };
      }
      list.push(this.#expression(0));
      const comma = reader.accept('punctuation', ',');
      if (comma === undefined) return { list, end: reader.expect('punctuation', ')').end };
      if (!startsExpression(reader.peek()))
        throw reader.error('trailing commas not allowed in function call args', comma);
    }
  }

  #postfix(first: PromExpr): PromExpr {
    const reader = this.#reader;
    let expr = first;
    for (;;) {
      const token = reader.peek();
      if (token.kind === 'punctuation' && token.text === '[') expr = this.#range(expr);
      else if (reader.accept('keyword', 'offset') !== undefined) this.#offset(expr);
      else if (reader.accept('operator', '@') !== undefined) this.#at(expr);
      else if (reader.accept('keyword', 'anchored') !== undefined) this.#modifier(expr, 'anchored');
      else if (reader.accept('keyword', 'smoothed') !== undefined) this.#modifier(expr, 'smoothed');
      else return expr;
    }
  }

  #range(expr: PromExpr): PromExpr {
    const reader = this.#reader;
    const open = reader.next();
    const leave = reader.enter('subquery or range selector', 'number, duration, step(), or range()');
    const range = this.#positiveDuration();
    leave();
    const timing = { rangeNs: toNs(range), rangeExpr: exprOf(range) };
    const close = reader.accept('punctuation', ']');
    if (close !== undefined) {
      const fault = whyNoRange(expr);
      if (fault !== undefined) throw reader.error(fault, { start: open.start, end: close.end });
      return { kind: 'matrix', selector: expr as VectorSelector, ...timing, start: expr.start, end: close.end };
    }
    if (reader.accept('punctuation', ':') === undefined) throw reader.unexpected('subquery or range', '":" or "]"');
    return this.#subquery(expr, timing);
  }

  #subquery(expr: PromExpr, timing: Pick<Subquery, 'rangeNs' | 'rangeExpr'>): Subquery {
    const reader = this.#reader;
    let step: DurationTerm | undefined;
    let close = reader.accept('punctuation', ']');
    if (close === undefined) {
      const leave = reader.enter('subquery selector', 'number, duration, step(), range(), or "]"');
      step = this.#positiveDuration();
      leave();
      close = reader.accept('punctuation', ']');
      if (close === undefined) throw reader.unexpected('subquery selector', '"]"');
    }
    return {
      kind: 'subquery',
      expr,
      ...timing,
      stepNs: step === undefined ? 0 : toNs(step),
      stepExpr: step === undefined ? undefined : exprOf(step),
      ...UNSHIFTED,
      start: expr.start,
      end: close.end,
    };
  }

  #positiveDuration(): DurationTerm {
    const duration = parseDurationExpr(this.#reader);
    if (duration.kind === 'number' && duration.value <= 0)
      throw this.#reader.error('duration must be greater than 0', duration);
    return duration;
  }

  #offset(expr: PromExpr): void {
    const reader = this.#reader;
    const leave = reader.enter('offset', 'number, duration, step(), or range()');
    const duration = parseOffset(reader);
    leave();
    const { shift, place } = shiftOf(expr);
    if (shift === undefined)
      throw reader.error(
        'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
        expr,
      );
    if (shift.offsetNs !== 0 || shift.offsetExpr !== undefined)
      throw reader.error('offset may not be set multiple times', expr);
    shift.offsetNs = toNs(duration);
    shift.offsetExpr = exprOf(duration);
    place.end = reader.lastEnd;
  }

  #at(expr: PromExpr): void {
    const reader = this.#reader;
    const leave = reader.enter('@', 'timestamp');
    const edge = reader.accept('preprocessor', 'start') ?? reader.accept('preprocessor', 'end');
    let seconds = Number.NaN;
    if (edge !== undefined) {
      reader.expect('punctuation', '(');
      reader.expect('punctuation', ')');
    } else {
      const sign = reader.acceptSign();
      const { value } = reader.numberOrDuration();
      seconds = sign?.text === '-' ? -value : value;
    }
    leave();
    if (edge === undefined && !(Math.abs(seconds) < 2 ** 63))
      throw reader.error(`timestamp out of bounds for @ modifier: ${goFixed(seconds)}`, expr);
    const { shift, place } = shiftOf(expr);
    if (shift === undefined)
      throw reader.error(
        '@ modifier must be preceded by an instant vector selector or range vector selector or a subquery',
        expr,
      );
    if (shift.atMs !== undefined || shift.atEdge !== undefined)
      throw reader.error('@ <timestamp> may not be set multiple times', expr);
    if (edge !== undefined) shift.atEdge = edge.text as 'start' | 'end';
    else shift.atMs = roundAway(seconds * 1000);
    place.end = reader.lastEnd;
  }

  #modifier(expr: PromExpr, modifier: 'anchored' | 'smoothed'): void {
    const selector = expr.kind === 'matrix' ? expr.selector : expr;
    if (selector.kind === 'subquery')
      throw this.#reader.error(`${modifier} modifier is not supported for subqueries`, expr);
    if (selector.kind !== 'selector') throw this.#reader.error(`${modifier} modifier not implemented`, expr);
    if (selector.modifier !== undefined && selector.modifier !== modifier)
      throw this.#reader.error('anchored and smoothed modifiers cannot be used together', expr);
    selector.modifier = modifier;
  }

  #selector(): VectorSelector {
    const reader = this.#reader;
    const first = reader.peek();
    const { start } = first;
    let { end } = first;
    let name = '';
    if (first.text !== '{' || first.kind !== 'punctuation') {
      if (!isMetricName(first)) throw reader.unexpected();
      reader.next();
      name = first.raw;
    }
    const matchers: LabelMatcher[] = [];
    if (reader.accept('punctuation', '{') !== undefined) end = this.#matchers(matchers);
    if (name !== '') matchers.push({ name: '__name__', operator: '=', value: name });
    return { kind: 'selector', name, matchers, modifier: undefined, ...UNSHIFTED, start, end };
  }

  /** What stands between braces; returns where they end. */
  #matchers(matchers: LabelMatcher[]): number {
    const reader = this.#reader;
    for (let isFirst = true; ; isFirst = false) {
      if (!isFirst && reader.accept('punctuation', ',') === undefined) {
        const close = reader.accept('punctuation', '}');
        if (close !== undefined) return close.end;
        throw reader.unexpected('label matching', '"," or "}"');
      }
      const close = reader.accept('punctuation', '}');
      if (close !== undefined) return close.end;
      matchers.push(this.#matcher());
    }
  }

  #matcher(): LabelMatcher {
    const reader = this.#reader;
    const label = reader.peek();
    if (label.kind !== 'identifier' && label.kind !== 'string')
      throw reader.unexpected('label matching', 'identifier or "}"');
    reader.next();
    const name = label.kind === 'string' ? unquoted(label.raw) : label.raw;
    const operator = reader.peek();
    if (!/^(?:=|!=|=~|!~)$/.test(operator.text)) {
      if (label.kind === 'string') return { name: '__name__', operator: '=', value: name };
      throw reader.unexpected('label matching', 'label matching operator');
    }
    reader.next();
    const value = reader.peek();
    if (value.kind !== 'string') throw reader.unexpected('label matching', 'string');
    reader.next();
    const matcher = { name, operator: operator.text as MatchOperator, value: unquoted(value.raw) };
    try {
      matcherTest(matcher);
    } catch (error) {
      throw reader.error((error as Error).message, { start: label.start, end: value.end });
    }
    return matcher;
  }
}

const UNSHIFTED: TimeShift = { offsetNs: 0, offsetExpr: undefined, atMs: undefined, atEdge: undefined };

/** Where the time of an expression can be shifted, and which node then ends later. */
function shiftOf(expr: PromExpr): { readonly shift: TimeShift | undefined; readonly place: { end: number } } {
  if (expr.kind === 'matrix') return { shift: expr.selector, place: expr };
  const shift = expr.kind === 'selector' || expr.kind === 'subquery' ? expr : undefined;
  return { shift, place: shift ?? { end: 0 } };
}

function whyNoRange(expr: PromExpr): string | undefined {
  if (expr.kind !== 'selector') return 'ranges only allowed for vector selectors';
  if (expr.offsetNs !== 0 || expr.offsetExpr !== undefined) return 'no offset modifiers allowed before range';
  if (expr.atMs !== undefined || expr.atEdge !== undefined) return 'no @ modifiers allowed before range';
  return undefined;
}

function isMetricName(token: Token): boolean {
  if (token.kind === 'identifier' || token.kind === 'metric' || token.kind === 'preprocessor') return true;
  if (token.kind === 'aggregator') return AGGREGATORS.has(token.text);
  if (token.kind === 'operator') return token.text === 'and' || token.text === 'or' || token.text === 'unless';
  return token.kind === 'keyword' && !NO_NAME_KEYWORDS.has(token.text);
}

/** Whether an operand can begin with it, so that it is not a list of labels that someone forgot to open. */
function startsExpression(token: Token): boolean {
  if (token.kind === 'operator') return token.text === '+' || token.text === '-' || isMetricName(token);
  if (token.kind === 'punctuation') return token.text === '(' || token.text === '{';
  if (token.kind === 'keyword') return isMetricName(token) || token.text.startsWith('fill');
  return token.kind !== 'end' && token.kind !== 'error';
}

function toNs(duration: DurationTerm): number {
  return duration.kind === 'number' ? roundAway(duration.value * 1e9) : 0;
}

function exprOf(duration: DurationTerm): Extract<DurationTerm, { kind: 'duration' }> | undefined {
  return duration.kind === 'duration' ? duration : undefined;
}

/** Half away from zero, as Go's math.Round. */
function roundAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}

/** `%f` of Go. */
function goFixed(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}
