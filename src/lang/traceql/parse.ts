import { checkQuery } from './check.ts';
import { isCompareOperator, negative, parseField, parseFieldExpr, reckonConstants, staticOf } from './fields.ts';
import { parseMetricStage, parseSeriesStages } from './metric-stages.ts';
import { TokenReader } from './reader.ts';
import {
  AGGREGATES,
  type ArithmeticOperator,
  type CompareOperator,
  type Hint,
  METRIC_FUNCTIONS,
  type MetricExpr,
  type ScalarExpr,
  type ScalarFilter,
  type SpansetExpr,
  type SpansetOperator,
  type Stage,
  type StaticExpr,
  TraceqlError,
  type TraceqlField,
  type TraceqlPlace,
  type TraceqlQuery,
} from './tree.ts';

/** As long as a request of Tempo may be. */
const MAX_LENGTH = 128 * 1024;
const MAX_STAGES = 100;
/** Operators at one level, each of which holds all before it. */
const MAX_CHAIN = 100;

/** Reads a query and checks it, as Tempo 3 does. Throws TraceqlError. */
export function parseTraceql(text: string): TraceqlQuery {
  if (text.length > MAX_LENGTH)
    throw new TraceqlError(`the query is longer than ${MAX_LENGTH} characters`, { start: 0, end: 0 }, '');
  const query = new Parser(new TokenReader(text)).whole();
  checkQuery(query, text);
  return query;
}

/** Reads the name of one field: `resource.service.name`, `.foo`, `span:kind`. Throws TraceqlError. */
export function parseTraceqlField(text: string): TraceqlField {
  const reader = new TokenReader(text);
  const field = parseField(reader);
  if (field === undefined || !reader.is('end')) throw reader.unexpected('a field, as resource.service.name or name');
  return field;
}

/** What stands between operators: sets of spans, values of sets, series. */
type Term = SpansetExpr | ScalarExpr | ScalarFilter | Exclude<MetricExpr, StaticExpr>;

/** Between sets of spans; `>` and `<` compare values, too. */
const PRECEDENCE: Readonly<Record<string, number>> = {
  '&&': 1,
  '||': 1,
  ...Object.fromEntries(
    ['', '!', '&'].flatMap((prefix) => ['>', '<', '>>', '<<', '~'].map((relation) => [prefix + relation, 2])),
  ),
  '=': 2,
  '!=': 2,
  '<=': 2,
  '>=': 2,
  '+': 3,
  '-': 3,
  '*': 4,
  '/': 4,
  '%': 4,
  '^': 5,
};
const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%', '^']);

function isSpanset(term: Term): term is SpansetExpr {
  return term.kind === 'filter' || term.kind === 'spansets' || term.kind === 'wrapped';
}

function isMetric(term: Term): term is Exclude<MetricExpr, StaticExpr> {
  return term.kind === 'metrics' || term.kind === 'math';
}

function isScalar(term: Term): term is ScalarExpr {
  return !isSpanset(term) && !isMetric(term) && term.kind !== 'scalar-filter';
}

/** Some stages, or those with what they lead to. */
type Pipeline =
  | { readonly kind: 'stages'; readonly stages: readonly Stage[] }
  | { readonly kind: 'value'; readonly stages: readonly Stage[]; readonly value: ScalarExpr }
  | { readonly kind: 'series'; readonly series: Exclude<MetricExpr, StaticExpr> };

class Parser {
  readonly #reader: TokenReader;

  constructor(reader: TokenReader) {
    this.#reader = reader;
  }

  whole(): TraceqlQuery {
    const reader = this.#reader;
    const { start } = reader.peek();
    const pipeline = this.#pipeline();
    const end = reader.lastEnd;
    const hints = this.#hints();
    if (!reader.is('end')) throw reader.unexpected();
    if (pipeline.kind === 'series') return { root: pipeline.series, hints };
    if (pipeline.kind === 'value')
      throw reader.error('a value alone selects nothing: compare it, as in count() > 2', pipeline.value);
    return { root: { kind: 'search', stages: pipeline.stages, start, end }, hints };
  }

  #pipeline(): Pipeline {
    const reader = this.#reader;
    const stages: Stage[] = [];
    const { start } = reader.peek();
    for (;;) {
      if (stages.length > MAX_STAGES) throw reader.error(`more than ${MAX_STAGES} stages`, reader.peek());
      const metric = parseMetricStage(reader, () => this.#filter());
      if (metric !== undefined) {
        const after = parseSeriesStages(reader);
        return { kind: 'series', series: { kind: 'metrics', stages, metric, after, start, end: reader.lastEnd } };
      }
      const named = this.#namedStage();
      const stage = named ?? this.#term(0);
      if (stage.kind === 'metrics' || stage.kind === 'math') {
        if (stages.length > 0) throw reader.error('series can not follow on other stages', stage);
        const after = [...stage.after, ...parseSeriesStages(reader)];
        return { kind: 'series', series: { ...stage, after, end: reader.lastEnd } };
      }
      if (isValue(stage)) return { kind: 'value', stages, value: stage };
      stages.push(stage);
      if (reader.accept('sign', '|') === undefined) return { kind: 'stages', stages };
    }
  }

  #filter(): Extract<SpansetExpr, { kind: 'filter' }> {
    const reader = this.#reader;
    const { start } = reader.expect('sign', '{');
    const condition = reader.is('sign', '}') ? undefined : parseFieldExpr(reader);
    reader.expect('sign', '}');
    return { kind: 'filter', condition, start, end: reader.lastEnd };
  }

  #namedStage(): Stage | undefined {
    const reader = this.#reader;
    const { kind, text, start } = reader.peek();
    if (kind !== 'word') return undefined;
    if (text === 'coalesce') {
      reader.next();
      reader.expect('sign', '(');
      reader.expect('sign', ')');
      return { kind: 'coalesce', start, end: reader.lastEnd };
    }
    if (text === 'by') {
      reader.next();
      const fields = this.#list(() => parseFieldExpr(reader));
      return { kind: 'by', fields, start, end: reader.lastEnd };
    }
    if (text !== 'select') return undefined;
    reader.next();
    const fields = this.#list(() => parseField(reader) ?? this.#noField());
    return { kind: 'select', fields, start, end: reader.lastEnd };
  }

  #noField(): never {
    throw this.#reader.unexpected('an attribute or an intrinsic');
  }

  #list<T>(item: () => T): readonly T[] {
    const reader = this.#reader;
    reader.expect('sign', '(');
    const items = [item()];
    while (reader.accept('sign', ',') !== undefined) items.push(item());
    reader.expect('sign', ')');
    return items;
  }

  /** Operators that bind tighter than `above`, with what they stand between. */
  #term(above: number): Term {
    return this.#reader.nested(() => {
      let left = this.#operand();
      for (let length = 1; ; length++) {
        const token = this.#reader.peek();
        const precedence = token.kind === 'sign' ? PRECEDENCE[token.text] : undefined;
        if (precedence === undefined || precedence <= above) return left;
        if (length > MAX_CHAIN) throw this.#reader.error(`more than ${MAX_CHAIN} operators in a row`, token);
        // What compares series with a number stands behind them, and is no operand.
        if (isMetric(left) && !ARITHMETIC.has(token.text)) return left;
        this.#reader.next();
        const right = this.#term(token.text === '^' ? precedence - 1 : precedence);
        left = this.#joined(left, token.text, right, token);
      }
    });
  }

  #joined(left: Term, operator: string, right: Term, at: TraceqlPlace): Term {
    const place = { start: left.start, end: right.end };
    if (isSpanset(left) && isSpanset(right) && !ARITHMETIC.has(operator) && !/^(?:[!<>]?=)$/.test(operator))
      return { kind: 'spansets', operator: operator as SpansetOperator, left, right, ...place };
    if (isScalar(left) && isScalar(right)) {
      if (ARITHMETIC.has(operator))
        return { kind: 'scalars', operator: operator as ArithmeticOperator, left, right, ...place };
      if (isCompareOperator(operator))
        return { kind: 'scalar-filter', operator: operator as CompareOperator, left, right, ...place };
    }
    if ((isMetric(left) || isMetric(right)) && ARITHMETIC.has(operator)) {
      const [a, b] = [left, right].map((term) => (isMetric(term) ? term : this.#constant(term)));
      if (a !== undefined && b !== undefined)
        return { kind: 'math', operator: operator as ArithmeticOperator, left: a, right: b, after: [], ...place };
    }
    throw this.#reader.error(`${operator} can not stand between ${wordFor(left)} and ${wordFor(right)}`, at);
  }

  /** `1024 * 1024` as one number; undefined for what is none. */
  #constant(term: Term): StaticExpr | undefined {
    if (term.kind === 'static') return term;
    if (term.kind !== 'scalars') return undefined;
    const [left, right] = [this.#constant(term.left), this.#constant(term.right)];
    if (left === undefined || right === undefined) return undefined;
    const value = reckonConstants(left.value, term.operator, right.value);
    if (value === undefined) throw this.#reader.error('series are put together with numbers', term);
    return { kind: 'static', value, start: term.start, end: term.end };
  }

  #operand(): Term {
    const reader = this.#reader;
    const token = reader.peek();
    if (reader.is('sign', '{')) return this.#filter();
    if (reader.accept('sign', '(') !== undefined) return reader.nested(() => this.#wrapped(token.start));
    if (reader.accept('sign', '-') !== undefined) {
      const of = this.#operand();
      const negated = of.kind === 'static' ? negative(of.value) : undefined;
      if (negated === undefined) throw reader.error('- stands in front of a number or a duration only', of);
      return { kind: 'static', value: negated, start: token.start, end: of.end };
    }
    const operator = AGGREGATES.find((each) => token.kind === 'word' && each === token.text);
    if (operator !== undefined) {
      reader.next();
      reader.expect('sign', '(');
      const of = operator === 'count' ? undefined : parseFieldExpr(reader);
      reader.expect('sign', ')');
      return { kind: 'aggregate', operator, of, start: token.start, end: reader.lastEnd };
    }
    const value = token.kind === 'value' ? staticOf(token) : undefined;
    if (value === undefined) throw this.#noOperand();
    reader.next();
    return { kind: 'static', value, start: token.start, end: token.end };
  }

  #noOperand(): TraceqlError {
    const { kind, text } = this.#reader.peek();
    if (kind === 'word' && (METRIC_FUNCTIONS as readonly string[]).includes(text))
      return this.#reader.error(`${text} stands behind a | that follows the spans that it counts`, this.#reader.peek());
    return this.#reader.unexpected('{, ( or an aggregate as count()');
  }

  /** What stands in parentheses; the first is taken. */
  #wrapped(start: number): Term {
    const reader = this.#reader;
    const pipeline = this.#pipeline();
    reader.expect('sign', ')');
    const place = { start, end: reader.lastEnd };
    if (pipeline.kind === 'series') return { ...pipeline.series, ...place };
    if (pipeline.kind === 'value') {
      const { stages, value } = pipeline;
      return stages.length === 0 ? { ...value, ...place } : { kind: 'scalar-pipeline', stages, value, ...place };
    }
    const [only] = pipeline.stages;
    if (pipeline.stages.length === 1 && only!.kind === 'filter') return { ...only!, ...place };
    if (pipeline.stages.length === 1 && only!.kind === 'spansets') return { ...only!, ...place };
    return { kind: 'wrapped', stages: pipeline.stages, ...place };
  }

  #hints(): readonly Hint[] {
    const reader = this.#reader;
    if (reader.accept('word', 'with') === undefined) return [];
    return this.#list(() => {
      const { text: name, start } = reader.expect('word');
      reader.expect('sign', '=');
      const isNegative = reader.accept('sign', '-') !== undefined;
      const token = reader.peek();
      const written = staticOf(token);
      const value = written !== undefined && isNegative ? negative(written) : written;
      if (value === undefined) throw reader.unexpected('a value');
      reader.next();
      return { name, value, start, end: token.end };
    });
  }
}

function isValue(stage: Stage | ScalarExpr): stage is ScalarExpr {
  return ['aggregate', 'static', 'scalars', 'scalar-pipeline'].includes(stage.kind);
}

function wordFor(term: Term): string {
  if (isSpanset(term)) return 'spans';
  if (isMetric(term)) return 'series';
  return term.kind === 'scalar-filter' ? 'a comparison' : 'a value';
}
