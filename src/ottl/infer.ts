import {
  type OttlCall,
  type OttlCondition,
  OttlError,
  type OttlPath,
  type OttlRange,
  type OttlStatement,
  type OttlValue,
} from '#lang/ottl';
import type { FunctionTable } from './compile.ts';
import { type Context, PATH_PREFIXES } from './contexts.ts';
import { ENUMS } from './enums.ts';

/** Of several contexts that paths name, the first of these: the others can be reached from it. */
const PRIORITY: readonly Context[] = [
  'log',
  'exemplar',
  'datapoint',
  'metric',
  'spanevent',
  'span',
  'scope',
  'resource',
];

/** What statements say about the context that they are made for. */
class Hints {
  readonly prefixes = new Set<string>();
  readonly functions = new Map<string, OttlRange>();
  readonly enums = new Map<string, OttlRange>();
  #locals: readonly string[] = [];

  statement({ editor, where }: OttlStatement): void {
    this.#call(editor);
    if (where !== undefined) this.condition(where);
  }

  condition(condition: OttlCondition): void {
    if (condition.kind === 'and' || condition.kind === 'or') for (const item of condition.items) this.condition(item);
    else if (condition.kind === 'not') this.condition(condition.operand);
    else if (condition.kind === 'test') this.#call(condition.call);
    else if (condition.kind === 'comparison') {
      this.#value(condition.left);
      this.#value(condition.right);
    }
  }

  #call(call: OttlCall): void {
    this.functions.set(call.name, call);
    for (const argument of call.arguments) this.#value(argument.value);
    for (const key of call.keys) this.#value(key.value);
  }

  #value(value: OttlValue): void {
    switch (value.kind) {
      case 'enum':
        this.enums.set(value.name, value);
        break;
      case 'list':
        for (const item of value.items) this.#value(item);
        break;
      case 'map':
        for (const entry of value.entries) this.#value(entry.value);
        break;
      case 'sign':
        this.#value(value.operand);
        break;
      case 'math':
        this.#value(value.left);
        this.#value(value.right);
        break;
      case 'call':
        this.#call(value);
        break;
      case 'path':
        this.#path(value);
        break;
      case 'lambda': {
        const outer = this.#locals;
        this.#locals = [...outer, ...value.parameters];
        if ('value' in value.body) this.#value(value.body.value);
        else this.condition(value.body.condition);
        this.#locals = outer;
        break;
      }
    }
  }

  #path(path: OttlPath): void {
    const first = path.fields[0]!;
    if (!this.#locals.includes(first.name) && path.fields.length > 1) this.prefixes.add(first.name);
    for (const field of path.fields) for (const key of field.keys) this.#value(key.value);
  }
}

/**
 * The context that statements and conditions are made for, found by what their paths begin with (pkg/ottl/context_inferrer.go). It must
 * have all their functions and enums; where it hasn't, a context is taken from which the paths can be reached, too.
 */
export function inferContext(
  trees: { readonly statements?: readonly OttlStatement[]; readonly conditions?: readonly OttlCondition[] },
  allowed: readonly Context[],
  functionsOf: (context: Context) => FunctionTable,
): Context {
  const hints = new Hints();
  for (const statement of trees.statements ?? []) hints.statement(statement);
  for (const condition of trees.conditions ?? []) hints.condition(condition);
  const named = new Set(
    Array.from(hints.prefixes, (prefix) => (prefix === 'instrumentation_scope' ? 'scope' : prefix)),
  );
  const first = PRIORITY.find((context) => named.has(context));
  if (first === undefined || !allowed.includes(first)) {
    const found =
      first === undefined ? 'no path says what it belongs to' : `the ${first} context is not one of this signal`;
    const whole = { start: 0, end: 0 };
    throw new OttlError(
      found,
      whole,
      `paths begin with one of ${allowed.join(', ')}, such as ${allowed.at(-1)}.attributes["key"]`,
    );
  }
  const candidates = PRIORITY.filter((context) => allowed.includes(context) && PATH_PREFIXES[context].includes(first));
  // The named one comes before those further down.
  const ordered = [first, ...candidates.filter((context) => context !== first)];
  return ordered.find((context) => hasAll(hints, context, functionsOf(context))) ?? first;
}

function hasAll(hints: Hints, context: Context, functions: FunctionTable): boolean {
  const hasFunction = (name: string): boolean => {
    const found = functions.get(name);
    return found !== undefined && (found.contexts?.includes(context) ?? true);
  };
  return (
    [...hints.functions.keys()].every(hasFunction) &&
    [...hints.enums.keys()].every((name) => isKnown(name, context, functions))
  );
}

/** A name in capitals can be a converter that is an argument. */
function isKnown(name: string, context: Context, functions: FunctionTable): boolean {
  return ENUMS[context].has(name) || functions.has(name);
}
