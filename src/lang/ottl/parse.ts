/**
 * Tokens to tree, by recursive descent. The grammar is that of pkg/ottl/grammar.go (opentelemetry-collector-contrib 0.161):
 *
 *   statement = editor [ "where" or ]
 *   or        = and { "or" and } ;  and = unary { "and" unary }
 *   unary     = [ "not" ] ( value operator value | true | false | Converter(…) | "(" or ")" )
 *   value     = nil | bytes | text | bool | ENUM | list | map | lambda | math
 *   math      = term { ("+"|"-") term } ;  term = factor { ("*"|"/") factor }
 *   factor    = [ "+"|"-" ] ( number | path | Converter(…) | "(" math ")" )
 */
import { type OttlToken, tokenizeOttl } from './lexer.ts';
import {
  type OttlArgument,
  type OttlCall,
  type OttlComparisonOperator,
  type OttlCondition,
  type OttlEntry,
  OttlError,
  type OttlField,
  type OttlKey,
  type OttlLambda,
  type OttlOperator,
  type OttlPath,
  type OttlRange,
  type OttlStatement,
  type OttlValue,
} from './tree.ts';

/** Deeper trees would overflow the stack of what walks over them. */
const DEPTH_LIMIT = 100;
const INT_MAX = 2n ** 63n - 1n;
const COMPARISONS: readonly string[] = ['==', '!=', '<', '<=', '>', '>='];
const RESERVED: ReadonlySet<string> = new Set(['nil', 'not', 'or', 'and', 'true', 'false']);

/** What is wrong is thrown as an OttlError, here and in the others. */
export function parseOttlStatement(text: string): OttlStatement {
  return new OttlParser(text).statement();
}

export function parseOttlCondition(text: string): OttlCondition {
  return new OttlParser(text).wholeCondition();
}

/** A value alone, as some components take it. */
export function parseOttlValue(text: string): OttlValue {
  return new OttlParser(text).wholeValue();
}

class OttlParser {
  readonly #tokens: readonly OttlToken[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#tokens = tokenizeOttl(text);
  }

  statement(): OttlStatement {
    const first = this.#token;
    if (first.kind !== 'name' || RESERVED.has(first.text)) throw this.#expected('an editor such as set(…)');
    const editor = this.#call();
    if (isConverterName(editor.name)) {
      throw new OttlError(`${editor.name} is a converter`, first, 'a statement begins with an editor, such as set(…)');
    }
    if (editor.keys.length > 0) {
      throw new OttlError('only paths and converters can be indexed, not editors', around(editor.keys));
    }
    let where: OttlCondition | undefined;
    if (this.#isName('where')) {
      this.#at++;
      where = this.#or();
    }
    this.#expectEnd(
      where === undefined ? 'where, or the end of the statement' : 'and, or, or the end of the statement',
    );
    return { editor, where, start: editor.start, end: (where ?? editor).end };
  }

  wholeCondition(): OttlCondition {
    const condition = this.#or();
    this.#expectEnd('and, or, or the end of the condition');
    return condition;
  }

  wholeValue(): OttlValue {
    const value = this.#value();
    this.#expectEnd('the end of the value');
    return value;
  }

  get #token(): OttlToken {
    return this.#tokens[this.#at]!;
  }

  #next(): OttlToken {
    return this.#tokens[this.#at++]!;
  }

  /** Whether a token so many places ahead is this operator or punctuation. */
  #is(text: string, ahead = 0): boolean {
    const token = this.#tokens[this.#at + ahead];
    return token !== undefined && (token.kind === 'operator' || token.kind === 'punctuation') && token.text === text;
  }

  #isName(text: string): boolean {
    return this.#token.kind === 'name' && this.#token.text === text;
  }

  #take(text: string): OttlToken {
    if (!this.#is(text)) throw this.#expected(`\`${text}\``);
    return this.#next();
  }

  #expected(what: string): OttlError {
    const token = this.#token;
    const found = token.kind === 'end' ? 'the end' : `\`${token.kind === 'text' ? `"${token.text}"` : token.text}\``;
    return new OttlError(`expected ${what}, found ${found}`, token);
  }

  #expectEnd(what: string): void {
    if (this.#token.kind !== 'end') throw this.#expected(what);
  }

  /** Runs `parse` one level deeper. */
  #deeper<T>(parse: () => T): T {
    if (++this.#depth > DEPTH_LIMIT) throw new OttlError(`nested deeper than ${DEPTH_LIMIT} levels`, this.#token);
    const result = parse();
    this.#depth--;
    return result;
  }

  /** What `parse` reads, or undefined with nothing consumed where it finds a mistake. */
  #try<T>(parse: () => T): { readonly result: T | undefined; readonly error: OttlError | undefined } {
    const at = this.#at;
    const depth = this.#depth;
    try {
      return { result: parse(), error: undefined };
    } catch (error) {
      if (!(error instanceof OttlError)) throw error;
      this.#at = at;
      this.#depth = depth;
      return { result: undefined, error };
    }
  }

  #or(): OttlCondition {
    return this.#joined('or', () => this.#joined('and', () => this.#unary()));
  }

  #joined(word: 'or' | 'and', parse: () => OttlCondition): OttlCondition {
    const items = [parse()];
    while (this.#isName(word)) {
      this.#at++;
      items.push(parse());
    }
    return items.length === 1 ? items[0]! : { kind: word, items, ...around(items) };
  }

  #unary(): OttlCondition {
    if (!this.#isName('not')) return this.#deeper(() => this.#condition());
    const { start } = this.#next();
    const operand = this.#deeper(() => this.#condition());
    return { kind: 'not', operand, start, end: operand.end };
  }

  #condition(): OttlCondition {
    // A parenthesis opens a group of conditions, a sum, or the parameters of a lambda: what is compared says which.
    const left = this.#is('(') ? this.#try(() => this.#compared()) : { result: this.#value(), error: undefined };
    if (left.result !== undefined && this.#isComparison()) return this.#comparison(left.result);
    if (left.result === undefined) return this.#group(left.error!);
    const value = left.result;
    if (value.kind === 'bool') return { kind: 'constant', value: value.value, start: value.start, end: value.end };
    if (value.kind === 'call') return { kind: 'test', call: value, start: value.start, end: value.end };
    if (this.#is('=')) throw new OttlError('`=` compares nothing', this.#token, 'write ==');
    const hint = value.kind === 'path' ? 'write what it is compared with, for example == true, or != nil' : undefined;
    throw new OttlError('expected a condition, found a value', value, hint);
  }

  /** A value in front of a comparison. */
  #compared(): OttlValue {
    const value = this.#value();
    if (!this.#isComparison()) throw this.#expected('a comparison');
    return value;
  }

  #isComparison(): boolean {
    return this.#token.kind === 'operator' && COMPARISONS.includes(this.#token.text);
  }

  #comparison(left: OttlValue): OttlCondition {
    const operator = this.#next().text as OttlComparisonOperator;
    const right = this.#value();
    return { kind: 'comparison', operator, left, right, start: left.start, end: right.end };
  }

  /** What stands in parentheses where no value does. Of two mistakes the one further on is told. */
  #group(other: OttlError): OttlCondition {
    const group = this.#try(() => {
      const { start } = this.#take('(');
      const inner = this.#or();
      return { ...inner, start, end: this.#take(')').end } as OttlCondition;
    });
    if (group.result !== undefined) return group.result;
    throw other.range.start > group.error!.range.start ? other : group.error!;
  }

  #value(): OttlValue {
    return this.#deeper(() => this.#anyValue());
  }

  #anyValue(): OttlValue {
    const token = this.#token;
    const { start, end } = token;
    switch (token.kind) {
      case 'bytes':
        this.#at++;
        return { kind: 'bytes', value: bytesOf(token), start, end };
      case 'text':
        this.#at++;
        return { kind: 'text', value: token.text, start, end };
      case 'name': {
        const word = this.#word(token);
        if (word !== undefined) return word;
        break;
      }
      case 'punctuation':
        if (token.text === '[') return this.#list();
        if (token.text === '{') return this.#map();
        if (token.text === '(' && this.#isLambda()) return this.#lambda();
        break;
    }
    return this.#sum();
  }

  /** What a name is that is neither a path nor called. */
  #word(token: OttlToken): OttlValue | undefined {
    const { text, start, end } = token;
    const isAlone = !this.#is('(', 1);
    if (text === 'nil') {
      this.#at++;
      return { kind: 'nil', start, end };
    }
    if (text === 'true' || text === 'false') {
      this.#at++;
      return { kind: 'bool', value: text === 'true', start, end };
    }
    if (isAlone && /^[A-Z][A-Z0-9_]*$/.test(text)) {
      this.#at++;
      return { kind: 'enum', name: text, start, end };
    }
    if (isAlone && isConverterName(text)) {
      this.#at++;
      return { kind: 'function', name: text, start, end };
    }
    return undefined;
  }

  #list(): OttlValue {
    const { start } = this.#take('[');
    const items: OttlValue[] = [];
    while (!this.#is(']')) {
      if (items.length > 0) this.#take(',');
      items.push(this.#value());
    }
    return { kind: 'list', items, start, end: this.#next().end };
  }

  /** Commas between entries may be left out, as in contrib. */
  #map(): OttlValue {
    const { start } = this.#take('{');
    const entries: OttlEntry[] = [];
    while (!this.#is('}')) {
      const key = this.#token;
      if (key.kind !== 'text') throw this.#expected('a key in quotes, or `}`');
      this.#at++;
      this.#take(':');
      const value = this.#value();
      entries.push({ key: key.text, value, start: key.start, end: value.end });
      if (this.#is(',')) this.#at++;
    }
    return { kind: 'map', entries, start, end: this.#next().end };
  }

  /** Whether the parenthesis here opens the parameters of a lambda. */
  #isLambda(): boolean {
    let ahead = 1;
    for (; this.#tokens[this.#at + ahead]?.kind === 'name' || this.#is(',', ahead); ahead++);
    return this.#is(')', ahead) && this.#is('=>', ahead + 1);
  }

  #lambda(): OttlLambda {
    const { start } = this.#take('(');
    const parameters: string[] = [];
    while (!this.#is(')')) {
      if (parameters.length > 0) this.#take(',');
      const name = this.#token;
      if (name.kind !== 'name' || !/^(?:[a-z][a-z0-9_]*|_)$/.test(name.text) || RESERVED.has(name.text)) {
        throw this.#expected('the name of a parameter in small letters, or _');
      }
      if (name.text !== '_' && parameters.includes(name.text)) {
        throw new OttlError(`there are two parameters "${name.text}"`, name);
      }
      this.#at++;
      parameters.push(name.text);
    }
    this.#take(')');
    this.#take('=>');
    const from = this.#token;
    const body = this.#body();
    if ('value' in body && body.value.kind === 'lambda') {
      throw new OttlError('the body of a lambda can not be another lambda', { start: from.start, end: body.value.end });
    }
    return { kind: 'lambda', parameters, body, start, end: ('value' in body ? body.value : body.condition).end };
  }

  /** A value, or a condition where an operator of conditions follows. */
  #body(): OttlLambda['body'] {
    const at = this.#at;
    const value = this.#try(() => this.#value());
    const isValue = !this.#isComparison() && !this.#isName('and') && !this.#isName('or');
    if (value.result !== undefined && isValue) return { value: value.result };
    this.#at = at;
    const condition = this.#try(() => this.#or());
    if (condition.result !== undefined) return { condition: condition.result };
    const { error } = condition;
    throw value.error !== undefined && value.error.range.start > error!.range.start ? value.error : error!;
  }

  #sum(): OttlValue {
    return this.#operations(['+', '-'], () => this.#operations(['*', '/'], () => this.#factor()));
  }

  #operations(operators: readonly string[], parse: () => OttlValue): OttlValue {
    let left = parse();
    while (this.#token.kind === 'operator' && operators.includes(this.#token.text)) {
      const operator = this.#next().text as OttlOperator;
      const right = parse();
      left = { kind: 'math', operator, left, right, start: left.start, end: right.end };
    }
    return left;
  }

  #factor(): OttlValue {
    if (!this.#is('+') && !this.#is('-')) return this.#atom();
    const { text, start } = this.#next();
    const operand = this.#atom();
    return { kind: 'sign', operator: text as '+' | '-', operand, start, end: operand.end };
  }

  #atom(): OttlValue {
    const token = this.#token;
    const { start, end } = token;
    if (token.kind === 'double') {
      this.#at++;
      return { kind: 'double', value: Number(token.text), start, end };
    }
    if (token.kind === 'int') {
      this.#at++;
      return { kind: 'int', value: intOf(token), start, end };
    }
    if (this.#is('(')) {
      this.#at++;
      const inner = this.#deeper(() => this.#sum());
      return { ...inner, start, end: this.#take(')').end } as OttlValue;
    }
    if (token.kind !== 'name' || RESERVED.has(token.text)) throw this.#expected('a value');
    if (!this.#is('(', 1)) return this.#path();
    const call = this.#call();
    if (isConverterName(call.name)) return call;
    throw new OttlError(
      `${call.name} is an editor`,
      token,
      'values are made by converters, whose names begin with a capital',
    );
  }

  #path(): OttlPath {
    const fields: OttlField[] = [];
    for (;;) {
      const name = this.#token;
      if (name.kind !== 'name' || RESERVED.has(name.text)) throw this.#expected('the name of a field');
      if (!/^[a-z][a-z0-9_]*$/.test(name.text)) {
        const hint = isConverterName(name.text)
          ? `a converter is called: ${name.text}(…)`
          : 'names of fields are in small letters';
        throw new OttlError(`\`${name.text}\` is no field`, name, hint);
      }
      this.#at++;
      const keys = this.#keys();
      fields.push({ name: name.text, keys, start: name.start, end: keys.at(-1)?.end ?? name.end });
      if (!this.#is('.')) return { kind: 'path', fields, ...around(fields) };
      this.#at++;
    }
  }

  #keys(): OttlKey[] {
    const keys: OttlKey[] = [];
    while (this.#is('[')) {
      const { start } = this.#next();
      const token = this.#token;
      const value = token.kind === 'text' ? this.#value() : this.#sum();
      if (value.kind === 'double') throw new OttlError('a key is a text or a whole number', value);
      keys.push({ value, start, end: this.#take(']').end });
    }
    return keys;
  }

  #call(): OttlCall {
    const name = this.#next();
    if (!this.#is('(')) throw this.#expected('`(`');
    this.#at++;
    const values: OttlArgument[] = [];
    while (!this.#is(')')) {
      if (values.length > 0) {
        if (!this.#is(',')) throw this.#expected('`,` or `)`');
        this.#at++;
      }
      values.push(this.#argument());
    }
    const { end } = this.#next();
    const keys = this.#keys();
    return { kind: 'call', name: name.text, arguments: values, keys, start: name.start, end: keys.at(-1)?.end ?? end };
  }

  #argument(): OttlArgument {
    const first = this.#token;
    const hasName = first.kind === 'name' && this.#is('=', 1);
    if (hasName) this.#at += 2;
    const value = this.#value();
    return { name: hasName ? first.text : undefined, value, start: first.start, end: value.end };
  }
}

function isConverterName(name: string): boolean {
  return /^[A-Z]/.test(name);
}

function around(items: readonly OttlRange[]): OttlRange {
  return { start: items[0]!.start, end: items.at(-1)!.end };
}

function bytesOf(token: OttlToken): Uint8Array {
  const digits = token.text.slice(2);
  if (digits.length % 2 !== 0) throw new OttlError('bytes have an even number of hexadecimal digits', token);
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16));
}

function intOf(token: OttlToken): number | bigint {
  const value = BigInt(token.text);
  if (value > INT_MAX) throw new OttlError('too large for a whole number of 64 bits', token);
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}
