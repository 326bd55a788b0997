import type { VariableOption } from '../model.ts';

/** What a variable or macro stands for. */
export interface ScopeValue {
  /** A list where several can be chosen, also of one. */
  readonly value: string | readonly string[];
  /** As it is shown to people. */
  readonly text: string;
  /** Stands as it is in any language: what `All` was said to stand for, and macros. */
  readonly isVerbatim: boolean;
  /** `All` was chosen. */
  readonly isAll?: true;
  /** More than one can be chosen, or all: PromQL escapes it as a pattern. */
  readonly isPattern: boolean;
}

/** Everything that a text can name, by name. */
export interface Scope {
  /** undefined for what isn't known, which stays in the text as it is. `field` as in `${__user.login}`. */
  get(name: string, field: string): ScopeValue | undefined;
  /** All variables of the dashboard, for `$__all_variables`. */
  readonly variables: ReadonlyMap<string, ScopeValue>;
}

/** Some values by name, and those of the scope above for all other names: macros of a query, values of a repeat. */
export class ScopeOf implements Scope {
  readonly variables: ReadonlyMap<string, ScopeValue>;
  readonly #own: ReadonlyMap<string, ScopeValue>;
  readonly #above: Scope;

  /** `variables` are those of the scope above, unless they are given. */
  constructor(own: ReadonlyMap<string, ScopeValue>, above: Scope, variables?: ReadonlyMap<string, ScopeValue>) {
    this.#own = own;
    this.#above = above;
    this.variables = variables ?? above.variables;
  }

  get(name: string, field: string): ScopeValue | undefined {
    return this.#own.get(name) ?? this.#above.get(name, field);
  }
}

/** A text that stands as it is, such as a macro's. */
export function verbatim(text: string): ScopeValue {
  return { value: text, text, isVerbatim: true, isPattern: false };
}

export function chosenValue(options: readonly VariableOption[], isList: boolean, isPattern: boolean): ScopeValue {
  return {
    value: isList ? options.map(({ value }) => value) : (options[0]?.value ?? ''),
    text: options.map(({ text }) => text).join(' + '),
    isVerbatim: false,
    isPattern,
  };
}
