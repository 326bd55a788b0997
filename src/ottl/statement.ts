import {
  type OttlCondition,
  type OttlStatement,
  parseOttlCondition,
  parseOttlStatement,
  parseOttlValue,
} from '#lang/ottl';
import { Compiler, type FunctionTable } from './compile.ts';
import type { Test } from './condition.ts';
import type { Context } from './contexts.ts';
import type { Getter } from './expression.ts';
import type { Surroundings } from './function.ts';
import { CONVERTERS, STANDARD_FUNCTIONS } from './functions/index.ts';
import type { Place } from './place.ts';

export interface CompileOptions {
  /** Default: all editors and converters, of conditions all converters. */
  readonly functions?: FunctionTable;
  /** Paths must say what they belong to: `span.name`. Otherwise `name` means the context's own. */
  readonly needsPrefix?: boolean;
  /** For Now() and the like; the clock of the machine by default. */
  readonly nowMs?: () => number;
}

/** A compiled statement: runs on the item that a place stands on. */
export interface Statement {
  readonly context: Context;
  readonly text: string;
  readonly run: (at: Place) => void;
}

export interface Condition {
  readonly context: Context;
  readonly text: string;
  readonly test: Test;
}

export interface ValueExpression {
  readonly context: Context;
  readonly text: string;
  readonly get: Getter;
}

/** Mistakes are thrown as an OttlError, with their place in the text. */
export function parseStatement(context: Context, text: string, options: CompileOptions = {}): Statement {
  return compileStatement(context, text, parseOttlStatement(text), options);
}

export function compileStatement(
  context: Context,
  text: string,
  { editor, where }: OttlStatement,
  options: CompileOptions = {},
): Statement {
  const compiler = compilerOf(context, options, STANDARD_FUNCTIONS);
  const edit = compiler.call(editor);
  if (where === undefined) return { context, text, run: (at) => void edit(at) };
  const test = compiler.condition(where);
  return {
    context,
    text,
    run: (at) => {
      if (test(at)) edit(at);
    },
  };
}

export function parseCondition(context: Context, text: string, options: CompileOptions = {}): Condition {
  return compileCondition(context, text, parseOttlCondition(text), options);
}

export function compileCondition(
  context: Context,
  text: string,
  condition: OttlCondition,
  options: CompileOptions = {},
): Condition {
  return { context, text, test: compilerOf(context, options, CONVERTERS).condition(condition) };
}

/** A value, as some components are given one in place of an attribute. */
export function parseValue(context: Context, text: string, options: CompileOptions = {}): ValueExpression {
  return { context, text, get: compilerOf(context, options, CONVERTERS).expression(parseOttlValue(text)).get };
}

function compilerOf(context: Context, options: CompileOptions, functions: FunctionTable): Compiler {
  const surroundings: Surroundings = { nowMs: options.nowMs ?? (() => Date.now()) };
  return new Compiler(context, options.functions ?? functions, options.needsPrefix ?? false, surroundings);
}
