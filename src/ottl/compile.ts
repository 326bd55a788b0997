import { nearest } from '#base';
import {
  type OttlArgument,
  type OttlCall,
  type OttlCondition,
  OttlError,
  type OttlKey,
  type OttlLambda,
  type OttlPath,
  type OttlRange,
  type OttlValue,
} from '#lang/ottl';
import { compileComparison, type Test } from './condition.ts';
import type { Context } from './contexts.ts';
import { ENUMS } from './enums.ts';
import { type Expression, type Getter, literalExpression } from './expression.ts';
import type { OttlFunction, Surroundings } from './function.ts';
import { itemOf, type Key } from './keys.ts';
import { calculate, negated } from './math.ts';
import type { ArgumentBuilder, Lambda, Parameter } from './parameters.ts';
import { resolvePath } from './paths/resolve.ts';
import type { Place } from './place.ts';
import { EvaluationError, float64, typeName, type Value, type ValueMap } from './values.ts';

export type FunctionTable = ReadonlyMap<string, OttlFunction>;

/** Syntax trees to closures over a place: what a statement does is decided once, and what is left runs for each item. */
export class Compiler implements ArgumentBuilder {
  readonly #context: Context;
  readonly #functions: FunctionTable;
  readonly #needsPrefix: boolean;
  readonly #surroundings: Surroundings;
  /** Parameters of the lambdas around, by name: their slot in Place.locals. */
  readonly #scopes: Map<string, number>[] = [];
  #slotCount = 0;

  constructor(context: Context, functions: FunctionTable, needsPrefix: boolean, surroundings: Surroundings) {
    this.#context = context;
    this.#functions = functions;
    this.#needsPrefix = needsPrefix;
    this.#surroundings = surroundings;
  }

  condition(condition: OttlCondition): Test {
    switch (condition.kind) {
      case 'constant': {
        const { value } = condition;
        return () => value;
      }
      case 'not': {
        const test = this.condition(condition.operand);
        return (at) => !test(at);
      }
      case 'and':
        return allOf(condition.items.map((item) => this.condition(item)));
      case 'or':
        return anyOf(condition.items.map((item) => this.condition(item)));
      case 'test':
        return this.#test(condition.call);
      case 'comparison':
        return compileComparison(this.expression(condition.left), condition.operator, this.expression(condition.right));
    }
  }

  #test(call: OttlCall): Test {
    const { get } = this.#call(call);
    return (at) => {
      const value = get(at);
      return typeof value === 'boolean' ? value : notBool(call.name, value);
    };
  }

  expression(value: OttlValue): Expression {
    switch (value.kind) {
      case 'nil':
        return literalExpression(null);
      case 'text':
      case 'bool':
      case 'bytes':
      case 'int':
        return literalExpression(value.value);
      case 'double':
        return literalExpression(float64(value.value));
      case 'enum':
        return literalExpression(this.#enum(value.name, value));
      case 'function':
        throw new OttlError(`${value.name} is a converter`, value, `call it: ${value.name}(…)`);
      case 'list':
        return combined(
          value.items.map((item) => this.expression(item)),
          (items) => items,
        );
      case 'map':
        return this.#map(value);
      case 'path':
        return this.#path(value);
      case 'call':
        return this.#call(value);
      case 'sign':
        return this.#sign(value);
      case 'math':
        return calculate(this.expression(value.left), value.operator, this.expression(value.right));
      case 'lambda':
        throw new OttlError('a lambda can only be an argument of a function that runs it', value);
    }
  }

  #enum(name: string, range: OttlRange): number {
    const enums = ENUMS[this.#context];
    const found = enums.get(name);
    if (found !== undefined) return found;
    const near = nearest(name, [...enums.keys()]);
    const hint = near !== undefined ? `did you mean ${near}?` : undefined;
    throw new OttlError(`there is no enum ${name} in the ${this.#context} context`, range, hint);
  }

  #map(value: OttlValue & { kind: 'map' }): Expression {
    const names = value.entries.map((entry) => entry.key);
    const expressions = value.entries.map((entry) => this.expression(entry.value));
    return combined(expressions, (items): ValueMap => new Map(names.map((name, i) => [name, items[i]!])));
  }

  #sign(value: OttlValue & { kind: 'sign' }): Expression {
    const operand = this.expression(value.operand);
    if (value.operator === '+') return operand;
    const { kind } = value.operand;
    if (kind === 'int' || kind === 'double') return literalExpression(negated(operand.literal!));
    return { get: (at) => negated(operand.get(at)) };
  }

  #path(path: OttlPath): Expression {
    const slot = this.#slotOf(path.fields[0]!.name);
    if (slot === undefined) {
      return resolvePath(path, this.#context, this.#needsPrefix, (index) => this.#keys(path.fields[index]!.keys));
    }
    if (path.fields.length > 1)
      throw new OttlError('a parameter of a lambda has no fields', path, 'index it: name["key"]');
    const keys = this.#keys(path.fields[0]!.keys);
    if (keys.length === 0) return { get: (at) => at.locals[slot]! };
    return { get: (at) => itemOf(at.locals[slot]!, keys, at) };
  }

  #slotOf(name: string): number | undefined {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const slot = this.#scopes[i]!.get(name);
      if (slot !== undefined) return slot;
    }
    return undefined;
  }

  #keys(keys: readonly OttlKey[]): readonly Key[] {
    return keys.map(({ value }): Key => {
      const { get, literal } = this.expression(value);
      const isConstant = typeof literal === 'string' || typeof literal === 'number' || typeof literal === 'bigint';
      return { constant: isConstant ? literal : undefined, get };
    });
  }

  #call(call: OttlCall): Expression {
    const get = this.call(call);
    const keys = this.#keys(call.keys);
    return keys.length === 0 ? { get } : { get: (at) => itemOf(get(at), keys, at) };
  }

  /** An editor or a converter with its arguments. */
  call(call: OttlCall): Getter {
    const found = this.#function(call.name, call);
    const values = this.#values(found, call);
    try {
      return found.create(values, this.#surroundings);
    } catch (error) {
      if (error instanceof EvaluationError) throw new OttlError(error.message, call);
      throw error;
    }
  }

  #function(name: string, range: OttlRange): OttlFunction {
    const found = this.#functions.get(name);
    if (found !== undefined && (found.contexts?.includes(this.#context) ?? true)) return found;
    if (found !== undefined) {
      throw new OttlError(
        `${name} is not there in the ${this.#context} context`,
        range,
        `only in ${found.contexts!.join(', ')}`,
      );
    }
    const near = nearest(name, this.#names(name));
    throw new OttlError(
      `there is no function ${name}`,
      { start: range.start, end: range.start + name.length },
      near && `did you mean ${near}?`,
    );
  }

  /** Functions of this context, those that begin alike first. */
  #names(name: string): string[] {
    const names = Array.from(this.#functions.values())
      .filter((each) => each.contexts?.includes(this.#context) ?? true)
      .map((each) => each.name);
    const first = name[0]!.toLowerCase();
    return names.sort((a, b) => Number(b[0]!.toLowerCase() === first) - Number(a[0]!.toLowerCase() === first));
  }

  #values(found: OttlFunction, call: OttlCall): unknown[] {
    const { parameters } = found;
    const given = this.#placed(found, call);
    return parameters.map((parameter, i) => {
      const argument = given[i];
      if (argument !== undefined) return parameter.build(this, argument.value);
      if (parameter.isOptional) return undefined;
      throw new OttlError(`${call.name} needs the argument ${parameter.name}`, call, `it takes ${shown(parameters)}`);
    });
  }

  /** The arguments by the place of their parameter. */
  #placed(found: OttlFunction, call: OttlCall): (OttlArgument | undefined)[] {
    const { parameters } = found;
    const placed: (OttlArgument | undefined)[] = [];
    let hasNames = false;
    for (const [i, argument] of call.arguments.entries()) {
      hasNames ||= argument.name !== undefined;
      if (hasNames && argument.name === undefined) {
        throw new OttlError('behind an argument with a name all need one', argument);
      }
      const index =
        argument.name === undefined ? i : parameters.findIndex((each) => sameName(each.name, argument.name!));
      if (argument.name !== undefined && index < 0) {
        const near = nearest(
          argument.name,
          parameters.map((each) => each.name),
        );
        throw new OttlError(`${call.name} has no argument ${argument.name}`, argument, near && `did you mean ${near}?`);
      }
      if (index >= parameters.length) {
        throw new OttlError(
          `${call.name} takes no more than ${parameters.length} arguments`,
          argument,
          `they are ${shown(parameters)}`,
        );
      }
      if (placed[index] !== undefined) throw new OttlError(`${parameters[index]!.name} is given twice`, argument);
      placed[index] = argument;
    }
    return placed;
  }

  lambda(value: OttlValue, arity: number): Lambda {
    if (value.kind !== 'lambda') throw new OttlError('must be a lambda, such as (key, value) => value > 1', value);
    if (value.parameters.length !== arity) {
      throw new OttlError(`the lambda must have ${arity} parameters, and has ${value.parameters.length}`, value);
    }
    const slots = value.parameters.map(() => this.#slotCount++);
    this.#scopes.push(new Map(value.parameters.flatMap((name, i) => (name === '_' ? [] : [[name, slots[i]!]]))));
    const body = this.#body(value);
    this.#scopes.pop();
    const call = (at: Place, ...values: Value[]): Value => {
      for (let i = 0; i < slots.length; i++) at.locals[slots[i]!] = values[i]!;
      return body(at);
    };
    return { call };
  }

  #body({ body }: OttlLambda): Getter {
    return 'value' in body ? this.expression(body.value).get : this.condition(body.condition);
  }

  converter(value: OttlValue): (input: Expression) => Getter {
    if (value.kind !== 'enum' && value.kind !== 'function')
      throw new OttlError('must be the name of a converter', value);
    const found = this.#function(value.name, value);
    const [parameter] = found.parameters;
    if (found.parameters.length !== 1) {
      throw new OttlError(
        `${value.name} can not be applied to a text alone`,
        value,
        `it takes ${shown(found.parameters)}`,
      );
    }
    return (input) => {
      // The parameter makes a reader of whatever expression it is given; what is written in the statement does not matter.
      const builder: ArgumentBuilder = {
        expression: () => input,
        lambda: () => fail(value),
        converter: () => fail(value),
      };
      return found.create([parameter!.build(builder, value)], this.#surroundings);
    };
  }
}

function fail(range: OttlRange): never {
  throw new OttlError('can not be applied to a text', range);
}

function notBool(name: string, value: Value): never {
  throw new EvaluationError(`${name} is used as a condition and must give a bool, not ${typeName(value)}`);
}

/** Contrib writes names with underscores, and takes them in camel case, too. */
function sameName(one: string, other: string): boolean {
  const plain = (name: string): string => name.replaceAll('_', '').toLowerCase();
  return plain(one) === plain(other);
}

function shown(parameters: readonly Parameter<unknown>[]): string {
  const names = parameters.map(({ name, isOptional }) => (isOptional ? `[${name}]` : name));
  return names.length === 0 ? 'nothing' : `(${names.join(', ')})`;
}

/** A value made of others: once, where they are all the same for each item. */
function combined(parts: readonly Expression[], make: (values: Value[]) => Value): Expression {
  if (parts.every((part) => part.literal !== undefined))
    return literalExpression(make(parts.map((part) => part.literal!)));
  return { get: (at) => make(parts.map((part) => part.get(at))) };
}

function allOf(tests: readonly Test[]): Test {
  const [first, second] = tests as [Test, Test];
  if (tests.length === 2) return (at) => first(at) && second(at);
  return (at) => {
    for (let i = 0; i < tests.length; i++) if (!tests[i]!(at)) return false;
    return true;
  };
}

function anyOf(tests: readonly Test[]): Test {
  const [first, second] = tests as [Test, Test];
  if (tests.length === 2) return (at) => first(at) || second(at);
  return (at) => {
    for (let i = 0; i < tests.length; i++) if (tests[i]!(at)) return true;
    return false;
  };
}
