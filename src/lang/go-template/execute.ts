import { goQuoted } from '#base';
import { builtinFunctions, callValue, printedValue } from './builtins.ts';
import { TemplateError } from './parse.ts';
import {
  type AnyNode,
  type ArgNode,
  type CommandNode,
  type ControlNode,
  type ListNode,
  type NumberNode,
  type PipeNode,
  printNode,
  type StatementNode,
  type StringNode,
  type Template,
} from './tree.ts';
import { utf8Length } from './utf8.ts';
import {
  ANY,
  type GoFunction,
  type GoFunctions,
  type GoType,
  type GoValue,
  isFunction,
  isTrue,
  mapZero,
  memberOf,
  sortedEntries,
  typeName,
} from './values.ts';

/** What one execution may cost. */
export interface TemplateLimits {
  /** Statements and calls. */
  readonly steps: number;
  /** Characters of the result, and of all texts that functions make for it. */
  readonly characters: number;
}

export const DEFAULT_LIMITS: TemplateLimits = { steps: 100_000, characters: 1 << 20 };

export interface ExecuteOptions {
  /** What a key gives that a map does not have: no value, the zero of its type, or an error. */
  readonly missingKey?: 'default' | 'zero' | 'error';
  readonly limits?: TemplateLimits;
  /** Writes the value of an action in another way than Go's text/template, such as escaped. `before` is what is written so far. */
  readonly print?: (value: GoValue, before: string) => string;
}

/** Thrown by a function that needs something first: it passes through as it is, so that the caller can get it and execute again. */
export class NotYet extends Error {
  override readonly name = 'NotYet';
}

/** Templates within templates, and blocks in each other. */
const DEPTH_MAX = 400;

interface Surroundings {
  readonly templates: ReadonlyMap<string, Template>;
  readonly functions: GoFunctions;
  readonly options: ExecuteOptions;
}

/** Runs a template on data. Throws a TemplateError that names template, line, column and the part of it. */
export function executeTemplate(template: Template, data: GoValue, surroundings: Surroundings): string {
  const execution = new Execution(surroundings);
  return execution.run(template, data);
}

/** A variable of the template, in the order of declaration. */
interface Variable {
  readonly name: string;
  value: GoValue;
}

type LiteralNode = Extract<ArgNode, { readonly value: boolean }> | NumberNode | StringNode;

/** How a list of statements ended. */
type Outcome = 'done' | 'break' | 'continue';

/** No previous command in the pipeline, which is not the same as one without a value. */
const NONE: unique symbol = Symbol('none');

class Execution {
  readonly #templates: ReadonlyMap<string, Template>;
  readonly #functions: GoFunctions;
  readonly #builtins: GoFunctions;
  readonly #options: ExecuteOptions;
  readonly #limits: TemplateLimits;
  #template!: Template;
  #variables: Variable[] = [];
  /** The part that is executed, for errors. */
  #node: AnyNode | undefined;
  #written = '';
  #steps = 0;
  #made = 0;
  #depth = 0;

  constructor({ templates, functions, options }: Surroundings) {
    this.#templates = templates;
    this.#functions = functions;
    this.#options = options;
    this.#limits = options.limits ?? DEFAULT_LIMITS;
    this.#builtins = builtinFunctions(this.#limits.characters);
  }

  run(template: Template, data: GoValue): string {
    this.#template = template;
    this.#variables = [{ name: '$', value: data }];
    try {
      this.#list(template.root, data);
    } catch (error) {
      // The stack's own limit, should blocks and templates need more of it than the depth foresees.
      if (error instanceof RangeError && /call stack/.test(error.message))
        throw this.#error('templates in each other go too deep');
      throw error;
    }
    return this.#written;
  }

  #list({ nodes }: ListNode, dot: GoValue): Outcome {
    for (const node of nodes) {
      const outcome = this.#statement(node, dot);
      if (outcome !== 'done') return outcome;
    }
    return 'done';
  }

  #statement(node: StatementNode, dot: GoValue): Outcome {
    this.#node = node;
    this.#step();
    switch (node.kind) {
      case 'text':
        this.#write(node.text);
        return 'done';
      case 'action': {
        const value = this.#pipeline(node.pipe, dot);
        if (node.pipe.declared.length === 0) this.#print(node, value);
        return 'done';
      }
      case 'if':
      case 'with':
        return this.#choice(node, dot);
      case 'range':
        return this.#range(node, dot);
      case 'template':
        this.#call(node, dot);
        return 'done';
      default:
        return node.kind;
    }
  }

  #print(node: StatementNode, value: GoValue): void {
    this.#node = node;
    if (isFunction(value)) throw this.#error(`can't print ${printNode(node)} of type func`);
    const { print } = this.#options;
    this.#write(print === undefined ? printedValue(value) : print(value, this.#written));
  }

  #choice(node: ControlNode, dot: GoValue): Outcome {
    const variableCount = this.#variables.length;
    const value = this.#pipeline(node.pipe, dot);
    this.#deeper();
    let outcome: Outcome = 'done';
    if (isTrue(value)) outcome = this.#list(node.list, node.kind === 'with' ? value : dot);
    else if (node.elseList !== undefined) outcome = this.#list(node.elseList, dot);
    this.#depth--;
    this.#variables.length = variableCount;
    return outcome;
  }

  #range(node: ControlNode, dot: GoValue): Outcome {
    const variableCount = this.#variables.length;
    const value = this.#pipeline(node.pipe, dot);
    this.#deeper();
    let outcome: Outcome = 'done';
    const hasRun = this.#each(node, value);
    if (!hasRun && node.elseList !== undefined) outcome = this.#list(node.elseList, dot);
    this.#depth--;
    this.#variables.length = variableCount;
    return outcome;
  }

  /** Runs the body for each element. Whether there was one. */
  #each(node: ControlNode, value: GoValue): boolean {
    if (value === undefined || value === null) return false;
    if (typeof value === 'bigint') {
      if (node.pipe.declared.length > 1) throw this.#error(`can't use ${value} to iterate over more than one variable`);
      for (let index = 0n; index < value; index++) if (!this.#iteration(node, undefined, index)) break;
      return value > 0n;
    }
    if (Array.isArray(value)) {
      for (let at = 0; at < value.length; at++) if (!this.#iteration(node, BigInt(at), value[at])) break;
      return value.length > 0;
    }
    if (value instanceof Map) {
      for (const [key, item] of sortedEntries(value)) if (!this.#iteration(node, key, item)) break;
      return value.size > 0;
    }
    throw this.#error(`range can't iterate over ${printedValue(value)}`);
  }

  /** False ends the loop. */
  #iteration({ pipe, list }: ControlNode, index: GoValue, item: GoValue): boolean {
    const { declared, isAssign } = pipe;
    this.#step();
    // With two variables the index comes first; with one it is the element.
    const values = declared.length > 1 ? [index, item] : [item];
    declared.forEach(({ names }, at) => {
      if (isAssign) this.#assign(names[0]!, values[at]);
      else this.#variables[this.#variables.length - declared.length + at]!.value = values[at];
    });
    const variableCount = this.#variables.length;
    const outcome = this.#list(list, item);
    this.#variables.length = variableCount;
    return outcome !== 'break';
  }

  #call(node: StatementNode & { readonly kind: 'template' }, dot: GoValue): void {
    const template = this.#templates.get(node.name);
    if (template === undefined) throw this.#error(`template ${goQuoted(node.name)} not defined`);
    const value = node.pipe === undefined ? undefined : this.#pipeline(node.pipe, dot);
    this.#deeper();
    const [caller, variables] = [this.#template, this.#variables];
    this.#template = template;
    this.#variables = [{ name: '$', value }];
    this.#list(template.root, value);
    this.#template = caller;
    this.#variables = variables;
    this.#depth--;
  }

  #pipeline(pipe: PipeNode, dot: GoValue): GoValue {
    this.#node = pipe;
    let value: GoValue = NONE;
    for (const command of pipe.commands) value = this.#command(command, dot, value);
    for (const { names } of pipe.declared) {
      if (pipe.isAssign) this.#assign(names[0]!, value);
      else this.#variables.push({ name: names[0]!, value });
    }
    return value;
  }

  #command(command: CommandNode, dot: GoValue, previous: GoValue): GoValue {
    const { args } = command;
    const first = args[0]!;
    this.#step();
    switch (first.kind) {
      case 'field':
        this.#node = first;
        return this.#fields(dot, dot, first.names, first, args, previous);
      case 'chain':
        return this.#fields(dot, this.#chainBase(first, dot), first.names, first, args, previous);
      case 'identifier':
        return this.#function(first.name, first, command, dot, args, previous);
      case 'pipe':
        this.#refuseArguments(args, previous);
        return this.#pipeline(first, dot);
      case 'variable':
        return this.#variable(first, dot, args, previous);
      default:
    }
    this.#node = first;
    this.#refuseArguments(args, previous);
    if (first.kind === 'dot') return dot;
    if (first.kind === 'nil') throw this.#error('nil is not a command');
    return this.#literal(first as LiteralNode);
  }

  #literal(node: LiteralNode): GoValue {
    this.#node = node;
    if (node.kind === 'string') return node.text;
    return node.kind === 'bool' ? node.value : this.#number(node);
  }

  /** A number where no type is asked for: its form says what it is. */
  #number({ text, int, float }: NumberNode): GoValue {
    const isHexInt = /^[+-]?0[xX][^pP]*$/.test(text);
    if (!isHexInt && !text.startsWith("'") && /[.eEpP]/.test(text)) return float;
    if (int === undefined) throw this.#error(`${text} overflows int`);
    return int;
  }

  #chainBase(node: Extract<ArgNode, { kind: 'chain' }>, dot: GoValue): GoValue {
    this.#node = node;
    if (node.base.kind === 'nil') throw this.#error(`indirection through explicit nil in ${printNode(node)}`);
    return this.#argument(node.base, ANY, dot);
  }

  #variable(
    node: Extract<ArgNode, { kind: 'variable' }>,
    dot: GoValue,
    args: readonly ArgNode[],
    previous: GoValue,
  ): GoValue {
    this.#node = node;
    const value = this.#variableValue(node.names[0]!);
    if (node.names.length > 1) return this.#fields(dot, value, node.names.slice(1), node, args, previous);
    this.#refuseArguments(args, previous);
    return value;
  }

  #fields(
    dot: GoValue,
    base: GoValue,
    names: readonly string[],
    node: ArgNode,
    args: readonly ArgNode[],
    previous: GoValue,
  ): GoValue {
    let value = base;
    for (let at = 0; at < names.length - 1; at++) value = this.#field(dot, value, names[at]!, node, [], NONE);
    return this.#field(dot, value, names.at(-1)!, node, args, previous);
  }

  /** `args` begins with the field itself; empty for one inside a chain. */
  #field(
    dot: GoValue,
    receiver: GoValue,
    name: string,
    node: ArgNode,
    args: readonly ArgNode[],
    previous: GoValue,
  ): GoValue {
    const { missingKey } = this.#options;
    if (receiver === undefined) {
      if (missingKey === 'error') throw this.#error(`nil data; no entry for key ${goQuoted(name)}`);
      return undefined;
    }
    if (receiver === null) throw this.#error(`nil pointer evaluating interface {}.${name}`);
    const hasArguments = args.length > 1 || previous !== NONE;
    if (typeof receiver === 'object') {
      const member = memberOf(receiver, name);
      if (typeof member?.value === 'function') {
        const method = member.value as (...values: GoValue[]) => GoValue;
        const call = (...values: GoValue[]): GoValue => method.apply(receiver, values);
        const bound: GoFunction = { params: Array.from({ length: method.length }, () => ANY), call };
        return this.#invoke(bound, name, node, dot, args, previous);
      }
      if (receiver instanceof Map) {
        if (hasArguments) throw this.#error(`${name} is not a method but has arguments`);
        if (receiver.has(name)) return receiver.get(name);
        if (missingKey === 'error') throw this.#error(`map has no entry for key ${goQuoted(name)}`);
        return missingKey === 'zero' ? mapZero(receiver) : undefined;
      }
      if (member !== undefined) {
        if (hasArguments) throw this.#error(`${name} has arguments but cannot be invoked as function`);
        return member.value;
      }
    }
    throw this.#error(`can't evaluate field ${name} in type ${typeName(receiver)}`);
  }

  #function(
    name: string,
    node: ArgNode,
    command: AnyNode,
    dot: GoValue,
    args: readonly ArgNode[],
    previous: GoValue,
  ): GoValue {
    this.#node = node;
    const own = Object.hasOwn(this.#functions, name) ? this.#functions[name] : undefined;
    const found = own ?? (Object.hasOwn(this.#builtins, name) ? this.#builtins[name] : undefined);
    if (found === undefined) throw this.#error(`${goQuoted(name)} is not a defined function`);
    if (own === undefined && name === 'call' && args.length > 1) {
      const callee: GoFunction = {
        ...found,
        call: (value: GoValue, ...rest: GoValue[]) => callValue(printNode(args[1]!), value, rest),
      };
      return this.#invoke(callee, name, command, dot, args, previous);
    }
    if (own === undefined && (name === 'and' || name === 'or')) return this.#shortCircuit(name, dot, args, previous);
    return this.#invoke(found, name, command, dot, args, previous);
  }

  #shortCircuit(name: 'and' | 'or', dot: GoValue, args: readonly ArgNode[], previous: GoValue): GoValue {
    if (args.length < 2 && previous === NONE)
      throw this.#error(`wrong number of args for ${name}: want at least 1 got 0`);
    let value: GoValue;
    for (const arg of args.slice(1)) {
      value = this.#argument(arg, ANY, dot);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return previous === NONE ? value : previous;
  }

  #invoke(
    callee: GoFunction,
    name: string,
    node: AnyNode,
    dot: GoValue,
    args: readonly ArgNode[],
    previous: GoValue,
  ): GoValue {
    const { params, rest, call } = callee;
    const given = args.slice(1);
    const count = given.length + (previous === NONE ? 0 : 1);
    if (rest !== undefined && count < params.length)
      throw this.#error(`wrong number of args for ${name}: want at least ${params.length} got ${given.length}`);
    if (rest === undefined && count !== params.length)
      throw this.#error(`wrong number of args for ${name}: want ${params.length} got ${count}`);
    const values = given.map((arg, index) => this.#argument(arg, params[index] ?? rest!, dot));
    if (previous !== NONE) values.push(this.#validated(previous, params[values.length] ?? rest!));
    this.#step();
    let value: GoValue;
    try {
      value = call(...values);
    } catch (error) {
      if (error instanceof NotYet || error instanceof TemplateError) throw error;
      this.#node = node;
      throw this.#error(`error calling ${name}: ${error instanceof Error ? error.message : String(error)}`, error);
    }
    if (typeof value === 'string') this.#charge(value.length);
    else if (Array.isArray(value)) this.#charge(value.length);
    return value;
  }

  #argument(node: ArgNode, type: GoType, dot: GoValue): GoValue {
    this.#node = node;
    switch (node.kind) {
      case 'dot':
        return this.#validated(dot, type);
      case 'nil':
        if (!type.isNillable) throw this.#error(`cannot assign nil to ${type.name}`);
        return null;
      case 'field':
        return this.#validated(this.#fields(dot, dot, node.names, node, [node], NONE), type);
      case 'variable':
        return this.#validated(this.#variable(node, dot, [], NONE), type);
      case 'pipe':
        return this.#validated(this.#pipeline(node, dot), type);
      case 'identifier':
        return this.#validated(this.#function(node.name, node, node, dot, [], NONE), type);
      case 'chain':
        return this.#validated(this.#fields(dot, this.#chainBase(node, dot), node.names, node, [], NONE), type);
      default:
        return this.#typedLiteral(node, type);
    }
  }

  #typedLiteral(node: LiteralNode, type: GoType): GoValue {
    const { literal } = type;
    if (literal === 'any') return this.#literal(node);
    if (literal === 'string' && node.kind === 'string') return node.text;
    if (literal === 'bool' && node.kind === 'bool') return node.value;
    if (literal === 'float64' && node.kind === 'number') return node.float;
    if (literal === 'int' && node.kind === 'number' && node.int !== undefined) return node.int;
    const expected = literal === 'int' ? 'integer' : literal === 'float64' ? 'float' : literal;
    throw this.#error(
      expected === undefined
        ? `can't handle ${printNode(node)} for arg of type ${type.name}`
        : `expected ${expected}; found ${printNode(node)}`,
    );
  }

  #validated(value: GoValue, type: GoType): GoValue {
    if (value === undefined || value === null) {
      if (type.isNillable) return value;
      throw this.#error(`invalid value; expected ${type.name}`);
    }
    if (type.accepts(value)) return value;
    throw this.#error(`wrong type for value; expected ${type.name}; got ${typeName(value)}`);
  }

  #refuseArguments(args: readonly ArgNode[], previous: GoValue): void {
    if (args.length > 1 || previous !== NONE)
      throw this.#error(`can't give argument to non-function ${printNode(args[0]!)}`);
  }

  #variableValue(name: string): GoValue {
    return this.#findVariable(name).value;
  }

  #assign(name: string, value: GoValue): void {
    this.#findVariable(name).value = value;
  }

  #findVariable(name: string): Variable {
    const found = this.#variables.findLast((variable) => variable.name === name);
    if (found === undefined) throw this.#error(`undefined variable: ${name}`);
    return found;
  }

  #write(text: string): void {
    this.#charge(text.length);
    this.#written += text;
  }

  #charge(characters: number): void {
    this.#made += characters;
    if (this.#made > 2 * this.#limits.characters || this.#written.length > this.#limits.characters)
      throw this.#error(`makes more than ${this.#limits.characters} characters`);
  }

  #step(): void {
    if (++this.#steps > this.#limits.steps) throw this.#error(`takes more than ${this.#limits.steps} steps`);
  }

  #deeper(): void {
    if (++this.#depth > DEPTH_MAX) throw this.#error(`exceeded maximum template depth (${DEPTH_MAX})`);
  }

  #error(message: string, cause?: unknown): TemplateError {
    return new TemplateError(`template: ${this.#place()}: ${message}`, cause === undefined ? {} : { cause });
  }

  /** `name:line:column: executing "name" at <part>`. */
  #place(): string {
    const { name, textName, text } = this.#template;
    if (this.#node === undefined) return name;
    const before = text.slice(0, this.#node.at);
    const lineStart = before.lastIndexOf('\n') + 1;
    const line = before.split('\n').length;
    const column = utf8Length(before.slice(lineStart));
    return `${textName}:${line}:${column}: executing ${goQuoted(name)} at <${printNode(this.#node)}>`;
  }
}
