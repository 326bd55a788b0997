import { goQuoted } from '#base';
import { BUILTIN_NAMES } from './builtins.ts';
import { type ExecuteOptions, executeTemplate } from './execute.ts';
import { parseTemplates, TemplateError } from './parse.ts';
import type { Template } from './tree.ts';
import type { GoFunctions, GoValue } from './values.ts';

/** Templates that know each other by name, with the functions that they may call besides Go's own. */
export class TemplateSet {
  readonly #functions: GoFunctions;
  readonly #delimiters: readonly [open: string, close: string];
  readonly #templates: Map<string, Template>;

  constructor(functions: GoFunctions = {}, delimiters: readonly [string, string] = ['{{', '}}']) {
    this.#functions = functions;
    this.#delimiters = delimiters;
    this.#templates = new Map();
  }

  get names(): readonly string[] {
    return Array.from(this.#templates.keys());
  }

  /**
   * Reads a text as the template `name`, with all that it defines. A template of the same name from before is replaced, unless the new one
   * has nothing in it. Throws a TemplateError, and then nothing is changed.
   */
  add(name: string, text: string): this {
    const isFunction = (word: string): boolean => BUILTIN_NAMES.has(word) || Object.hasOwn(this.#functions, word);
    for (const template of parseTemplates(name, text, { isFunction, delimiters: this.#delimiters })) {
      const isBlank = template.root.nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
      if (!isBlank || !this.#templates.has(template.name)) this.#templates.set(template.name, template);
    }
    return this;
  }

  /** A set with the same templates to which others can be added. */
  clone(): TemplateSet {
    const copy = new TemplateSet(this.#functions, this.#delimiters);
    for (const [name, template] of this.#templates) copy.#templates.set(name, template);
    return copy;
  }

  /**
   * The text that a template gives for data. `functions` take the place of those of the same name that it was read with. Throws a
   * TemplateError for what fails in it and for what exceeds the limits.
   */
  execute(name: string, data: GoValue, options: ExecuteOptions & { readonly functions?: GoFunctions } = {}): string {
    const template = this.#templates.get(name);
    if (template === undefined) throw new TemplateError(`template: no template ${goQuoted(name)}`);
    const functions = options.functions === undefined ? this.#functions : { ...this.#functions, ...options.functions };
    return executeTemplate(template, data, { templates: this.#templates, functions, options });
  }
}
