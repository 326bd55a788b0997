import { goQuoted } from '#base';
import { Lexer, type Token, type TokenKind } from './lexer.ts';
import { charValue, numberValue, unquote } from './literal.ts';
import {
  type ArgNode,
  type CommandNode,
  type ControlNode,
  type ListNode,
  type PipeNode,
  printNode,
  type StatementNode,
  type Template,
  type VariableNode,
} from './tree.ts';

/** Text to trees, as text/template/parse of Go 1.26 reads them, with its errors. */

export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

export interface ParseSettings {
  /** Whether a function of that name may be called. */
  readonly isFunction: (name: string) => boolean;
  readonly delimiters?: readonly [open: string, close: string];
}

/** Blocks and parentheses in each other. */
const DEPTH_MAX = 200;

/** The templates in a text: one of its own name, and those that it defines. Throws a TemplateError with name and line. */
export function parseTemplates(name: string, text: string, settings: ParseSettings): readonly Template[] {
  return new Parser(name, text, settings).parse();
}

/** What ends a list of statements. */
interface Ending {
  readonly kind: 'end' | 'else';
  readonly at: number;
}

class Parser {
  readonly #name: string;
  readonly #text: string;
  readonly #isFunction: (name: string) => boolean;
  readonly #lexer: Lexer;
  readonly #ahead: Token[] = [];
  readonly #templates = new Map<string, Template>();
  #last: Token = { kind: 'end', text: '', at: 0, line: 1 };
  #variables: string[] = ['$'];
  #ranges = 0;
  #depth = 0;
  /** The line of the action that is read; 0 outside. */
  #actionLine = 0;

  constructor(name: string, text: string, settings: ParseSettings) {
    this.#name = name;
    this.#text = text;
    this.#isFunction = settings.isFunction;
    this.#lexer = new Lexer(text, settings.delimiters ?? ['{{', '}}']);
  }

  parse(): readonly Template[] {
    const nodes: StatementNode[] = [];
    const { at } = this.#peek();
    while (this.#peek().kind !== 'end') {
      if (this.#peek().kind === 'open') {
        const open = this.#next();
        const word = this.#nextNonSpace();
        if (word.kind === 'keyword' && word.text === 'define') {
          this.#define();
          continue;
        }
        this.#back(word);
        this.#back(open);
      }
      const node = this.#statement();
      if (node.kind === 'end' || node.kind === 'else') throw this.#error(`unexpected {{${node.kind}}}`);
      nodes.push(node as StatementNode);
    }
    this.#add(this.#name, { kind: 'list', at, nodes });
    return Array.from(this.#templates.values());
  }

  #define(): void {
    const context = 'define clause';
    const token = this.#nextNonSpace();
    if (token.kind !== 'string' && token.kind !== 'rawString') throw this.#unexpected(token, context);
    const name = this.#unquoted(token);
    this.#expect('close', context);
    this.#add(name, this.#separateList(context));
  }

  /** The content of a `define` or `block`, which has variables and loops of its own. */
  #separateList(context: string): ListNode {
    const [variables, ranges] = [this.#variables, this.#ranges];
    this.#variables = ['$'];
    this.#ranges = 0;
    const { list, ending } = this.#list();
    if (ending.kind !== 'end') throw this.#error(`unexpected {{${ending.kind}}} in ${context}`);
    this.#variables = variables;
    this.#ranges = ranges;
    return list;
  }

  #add(name: string, root: ListNode): void {
    const known = this.#templates.get(name);
    if (known !== undefined && !isEmpty(known.root)) {
      if (!isEmpty(root)) throw this.#error(`template: multiple definition of template ${goQuoted(name)}`);
      return;
    }
    this.#templates.set(name, { name, textName: this.#name, text: this.#text, root });
  }

  /** Statements up to an `end` or `else`. */
  #list(): { readonly list: ListNode; readonly ending: Ending } {
    this.#deeper('blocks');
    const nodes: StatementNode[] = [];
    const { at } = this.#peekNonSpace();
    while (this.#peekNonSpace().kind !== 'end') {
      const node = this.#statement();
      if (node.kind === 'end' || node.kind === 'else') {
        this.#depth--;
        return { list: { kind: 'list', at, nodes }, ending: node as Ending };
      }
      nodes.push(node as StatementNode);
    }
    throw this.#error('unexpected EOF');
  }

  #statement(): StatementNode | Ending {
    const token = this.#nextNonSpace();
    if (token.kind === 'text') return { kind: 'text', at: token.at, text: token.text };
    if (token.kind !== 'open') throw this.#unexpected(token, 'input');
    this.#actionLine = token.line;
    const node = this.#action();
    this.#actionLine = 0;
    return node;
  }

  #action(): StatementNode | Ending {
    const token = this.#nextNonSpace();
    if (token.kind === 'keyword') {
      switch (token.text) {
        case 'block':
          return this.#block();
        case 'break':
        case 'continue':
          return this.#loopWord(token.text, token.at);
        case 'else': {
          const next = this.#peekNonSpace();
          if (next.kind === 'keyword' && (next.text === 'if' || next.text === 'with'))
            return { kind: 'else', at: next.at };
          return { kind: 'else', at: this.#expect('close', 'else').at };
        }
        case 'end':
          return { kind: 'end', at: this.#expect('close', 'end').at };
        case 'if':
        case 'range':
        case 'with':
          return this.#control(token.text);
        case 'template':
          return this.#template();
        default:
      }
    }
    this.#back(token);
    return { kind: 'action', at: token.at, pipe: this.#pipeline('command', 'close') };
  }

  #loopWord(kind: 'break' | 'continue', at: number): StatementNode {
    const token = this.#nextNonSpace();
    if (token.kind !== 'close') throw this.#unexpected(token, `{{${kind}}}`);
    if (this.#ranges === 0) throw this.#error(`{{${kind}}} outside {{range}}`);
    return { kind, at };
  }

  #control(kind: 'if' | 'range' | 'with'): ControlNode {
    const variableCount = this.#variables.length;
    this.#deeper('blocks');
    const pipe = this.#pipeline(kind, 'close');
    if (kind === 'range') this.#ranges++;
    const { list, ending } = this.#list();
    if (kind === 'range') this.#ranges--;
    const elseList = ending.kind === 'else' ? this.#otherwise(kind, ending.at) : undefined;
    this.#variables.length = variableCount;
    this.#depth--;
    return { kind, at: pipe.at, pipe, list, elseList };
  }

  #otherwise(kind: 'if' | 'range' | 'with', at: number): ListNode {
    const next = this.#peek();
    if (kind !== 'range' && next.kind === 'keyword' && next.text === kind) {
      this.#next();
      return { kind: 'list', at, nodes: [this.#control(kind)] };
    }
    const { list, ending } = this.#list();
    if (ending.kind !== 'end') throw this.#error(`expected end; found {{${ending.kind}}}`);
    return list;
  }

  #template(): StatementNode {
    const context = 'template clause';
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const next = this.#nextNonSpace();
    if (next.kind === 'close') return { kind: 'template', at: token.at, name, pipe: undefined };
    this.#back(next);
    return { kind: 'template', at: token.at, name, pipe: this.#pipeline(context, 'close') };
  }

  #block(): StatementNode {
    const context = 'block clause';
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const pipe = this.#pipeline(context, 'close');
    this.#add(name, this.#separateList(context));
    return { kind: 'template', at: token.at, name, pipe };
  }

  #templateName(token: Token, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'rawString') throw this.#unexpected(token, context);
    return this.#unquoted(token);
  }

  #pipeline(context: string, end: TokenKind): PipeNode {
    const { at } = this.#peekNonSpace();
    const declared: VariableNode[] = [];
    const isAssign = this.#declarations(context, declared);
    const commands: CommandNode[] = [];
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.kind === end) break;
      if (!OPERANDS.has(token.kind)) throw this.#unexpected(token, context);
      this.#back(token);
      commands.push(this.#command());
    }
    if (commands.length === 0) throw this.#error(`missing value for ${context}`);
    const stage = commands.findIndex(({ args }, index) => index > 0 && NOT_EXECUTABLE.has(args[0]!.kind));
    if (stage > 0) throw this.#error(`non executable command in pipeline stage ${stage + 1}`);
    return { kind: 'pipe', at, declared, isAssign, commands };
  }

  /** `$x :=`, `$x =` and, of a range, `$i, $x :=`. Gives whether it is the one with `=`. */
  #declarations(context: string, declared: VariableNode[]): boolean {
    for (;;) {
      const variable = this.#peekNonSpace();
      if (variable.kind !== 'variable') return false;
      this.#next();
      const after = this.#next();
      const next = after.kind === 'space' ? this.#nextNonSpace() : after;
      if (next.kind === 'assign' || next.kind === 'declare') {
        this.#declare(variable, declared);
        return next.kind === 'assign';
      }
      if (next.kind !== 'other' || next.text !== ',') {
        this.#back(next);
        if (after !== next) this.#back(after);
        this.#back(variable);
        return false;
      }
      this.#declare(variable, declared);
      if (context !== 'range' || declared.length > 1) throw this.#error(`too many declarations in ${context}`);
      if (!['variable', 'close', 'rightParen'].includes(this.#peekNonSpace().kind))
        throw this.#error('range can only initialize variables');
    }
  }

  #declare({ text, at }: Token, declared: VariableNode[]): void {
    declared.push({ kind: 'variable', at, names: [text] });
    this.#variables.push(text);
  }

  #command(): CommandNode {
    const { at } = this.#peekNonSpace();
    const args: ArgNode[] = [];
    for (;;) {
      this.#peekNonSpace();
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const token = this.#next();
      if (token.kind === 'space') continue;
      if (token.kind === 'close' || token.kind === 'rightParen') this.#back(token);
      else if (token.kind !== 'pipe') throw this.#unexpected(token, 'operand');
      break;
    }
    if (args.length === 0) throw this.#error('empty command');
    return { kind: 'command', at, args };
  }

  /** A term and the fields behind it. */
  #operand(): ArgNode | undefined {
    const node = this.#term();
    if (node === undefined || this.#peek().kind !== 'field') return node;
    const { at } = this.#peek();
    const names: string[] = [];
    while (this.#peek().kind === 'field') names.push(this.#next().text.slice(1));
    if (node.kind === 'field' || node.kind === 'variable') return { ...node, at, names: [...node.names, ...names] };
    if (['bool', 'string', 'number', 'nil', 'dot'].includes(node.kind))
      throw this.#error(`unexpected . after term ${goQuoted(printNode(node))}`);
    return { kind: 'chain', at, base: node, names };
  }

  #term(): ArgNode | undefined {
    const token = this.#nextNonSpace();
    const { kind, text, at } = token;
    switch (kind) {
      case 'identifier':
        if (!this.#isFunction(text)) throw this.#error(`function ${goQuoted(text)} not defined`);
        return { kind, at, name: text };
      case 'dot':
      case 'nil':
        return { kind, at };
      case 'variable':
        if (!this.#variables.includes(text)) throw this.#error(`undefined variable ${goQuoted(text)}`);
        return { kind, at, names: [text] };
      case 'field':
        return { kind, at, names: [text.slice(1)] };
      case 'bool':
        return { kind, at, value: text === 'true' };
      case 'char':
      case 'number': {
        const value = kind === 'char' ? charValue(text) : numberValue(text);
        if (typeof value === 'string') throw this.#error(value);
        return { kind: 'number', at, text, ...value };
      }
      case 'leftParen': {
        this.#deeper('parentheses');
        const pipe = this.#pipeline('parenthesized pipeline', 'rightParen');
        this.#depth--;
        return pipe;
      }
      case 'string':
      case 'rawString':
        return { kind: 'string', at, quoted: text, text: this.#unquoted(token) };
      default:
        this.#back(token);
        return undefined;
    }
  }

  #unquoted({ text }: Token): string {
    const value = unquote(text);
    if (value === undefined) throw this.#error('invalid syntax');
    return value;
  }

  #deeper(what: string): void {
    if (++this.#depth > DEPTH_MAX) throw this.#error(`more than ${DEPTH_MAX} ${what} in each other`);
  }

  #next(): Token {
    this.#last = this.#ahead.pop() ?? this.#lexer.next();
    return this.#last;
  }

  #peek(): Token {
    const token = this.#next();
    this.#back(token);
    return token;
  }

  #nextNonSpace(): Token {
    for (;;) {
      const token = this.#next();
      if (token.kind !== 'space') return token;
    }
  }

  /** Drops the blanks before it. */
  #peekNonSpace(): Token {
    const token = this.#nextNonSpace();
    this.#back(token);
    return token;
  }

  #back(token: Token): void {
    this.#ahead.push(token);
  }

  #expect(kind: TokenKind, context: string): Token {
    const token = this.#nextNonSpace();
    if (token.kind !== kind) throw this.#unexpected(token, context);
    return token;
  }

  #unexpected(token: Token, context: string): TemplateError {
    if (token.kind !== 'error') return this.#error(`unexpected ${printToken(token)} in ${context}`);
    let where = '';
    if (this.#actionLine !== 0 && this.#actionLine !== token.line) {
      const action = token.text.endsWith(' action') ? '' : ' in action';
      where = `${action} started at ${this.#name}:${this.#actionLine}`;
    }
    return this.#error(token.text + where);
  }

  #error(message: string): TemplateError {
    return new TemplateError(`template: ${this.#name}:${this.#last.line}: ${message}`);
  }
}

const OPERANDS: ReadonlySet<TokenKind> = new Set([
  'bool',
  'char',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'rawString',
  'string',
  'variable',
  'leftParen',
]);
const NOT_EXECUTABLE = new Set(['bool', 'dot', 'nil', 'number', 'string']);

/** A token as Go names it in errors. */
function printToken({ kind, text }: Token): string {
  if (kind === 'end') return 'EOF';
  if (kind === 'keyword') return `<${text}>`;
  if (kind === 'nil' || kind === 'dot') return `<${text}>`;
  const shown = Array.from(text);
  return shown.length > 10 ? `${goQuoted(shown.slice(0, 10).join(''))}...` : goQuoted(text);
}

/** Whether there is nothing but blanks in a template. */
function isEmpty({ nodes }: ListNode): boolean {
  return nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
}
