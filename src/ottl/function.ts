import type { Context } from './contexts.ts';
import type { Getter } from './expression.ts';
import type { Parameter } from './parameters.ts';
import type { Place } from './place.ts';
import type { Value } from './values.ts';

/** Values of parameters, in order. */
type Built<P extends readonly Parameter<unknown>[]> = { [K in keyof P]: P[K] extends Parameter<infer T> ? T : never };

/** What a function may use of the world. */
export interface Surroundings {
  nowMs(): number;
}

/** An editor or a converter. */
export interface OttlFunction {
  readonly name: string;
  /** One sentence for people. */
  readonly meaning: string;
  readonly parameters: readonly Parameter<unknown>[];
  /** undefined for all. */
  readonly contexts: readonly Context[] | undefined;
  /** Makes what runs for each item. Mistakes in constant arguments are thrown as an EvaluationError. */
  create(values: readonly unknown[], surroundings: Surroundings): Getter;
}

interface Options {
  readonly contexts?: readonly Context[];
}

/** A converter: makes a value, changes nothing. */
export function converterFunction<const P extends readonly Parameter<unknown>[]>(
  name: string,
  meaning: string,
  parameters: P,
  create: (...values: Built<P>) => (at: Place) => Value,
  options: Options = {},
): OttlFunction {
  return {
    name,
    meaning,
    parameters,
    contexts: options.contexts,
    create: (values) => create(...(values as Built<P>)),
  };
}

/** An editor: changes the item. */
export function editorFunction<const P extends readonly Parameter<unknown>[]>(
  name: string,
  meaning: string,
  parameters: P,
  create: (...values: Built<P>) => (at: Place) => void,
  options: Options = {},
): OttlFunction {
  return {
    name,
    meaning,
    parameters,
    contexts: options.contexts,
    create: (values) => {
      const run = create(...(values as Built<P>));
      return (at) => {
        run(at);
        return null;
      };
    },
  };
}

/** `set(target, value)`, as documents show it. */
export function signatureOf({ name, parameters }: OttlFunction): string {
  const shown = parameters.map((each) => (each.isOptional ? `[${each.name}]` : each.name));
  return `${name}(${shown.join(', ')})`;
}
