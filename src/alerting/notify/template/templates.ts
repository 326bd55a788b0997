import { ANY, escapeHtml, escapeQuery, type GoFunctions, type GoValue, sprint, TemplateSet } from '#lang/go-template';
import type { Labels } from '../labels.ts';
import type { Templates } from '../receivers/receiver.ts';
import type { TemplateData } from './data.ts';
import { DEFAULT_TEMPLATES } from './defaults.ts';
import { templateFunctions } from './functions.ts';
import { escapingFunctions, HtmlEscaper } from './html.ts';

/** One file of templates. */
export interface TemplateFile {
  readonly name: string;
  readonly text: string;
}

const PARSED_LIMIT = 500;

/** The default templates, those of files, and texts of the configuration that use them. */
export class NotifyTemplates implements Templates {
  readonly #set: TemplateSet;
  readonly #functions: GoFunctions;
  /** Texts of the configuration that were read; they come again with each notification. */
  readonly #parsed = new Map<string, TemplateSet>();

  /** Throws a TemplateError that names file and line. Later files replace what earlier ones define. */
  constructor(files: readonly TemplateFile[], nowMs: () => number) {
    this.#functions = templateFunctions(nowMs);
    this.#set = new TemplateSet(this.#functions).add('default.tmpl', DEFAULT_TEMPLATES);
    for (const { name, text } of files) this.#set.add(name, text);
  }

  text(template: string, data: TemplateData): string {
    return template === '' ? '' : this.#execute(template, data, { routeLabels: routeLabelsOf(data.RouteLabels) });
  }

  html(template: string, data: TemplateData): string {
    if (template === '') return '';
    const escaper = new HtmlEscaper();
    const functions = { routeLabels: routeLabelsOf(data.RouteLabels), ...ESCAPING };
    return this.#execute(template, data, functions, (value, before) => escaper.print(value, before));
  }

  /** Throws a TemplateError where a text of the configuration can't be read. */
  check(template: string): void {
    this.#parse(template);
  }

  /** Labels of a route, which may be templates that name each other. What fails is left out, and said. */
  routeLabels(labels: Labels, data: TemplateData, failed: (name: string, error: unknown) => void): Labels {
    const rendered = new Map<string, string>();
    const busy: string[] = [];
    const resolve = (name: string): string => {
      const template = labels.get(name);
      if (template === undefined) return '';
      const known = rendered.get(name);
      if (known !== undefined) return known;
      if (busy.includes(name)) throw new Error(`route label cycle detected: ${[...busy, name].join(' -> ')}`);
      busy.push(name);
      try {
        const text = this.#execute(template, data, { routeLabels: { params: TEXTS, call: resolve } });
        rendered.set(name, text);
        return text;
      } finally {
        busy.pop();
      }
    };
    for (const name of labels.keys()) {
      try {
        resolve(name);
      } catch (error) {
        failed(name, error);
      }
    }
    return new Map(
      Array.from(labels.keys()).flatMap((name) => (rendered.has(name) ? [[name, rendered.get(name)!]] : [])),
    );
  }

  #execute(
    template: string,
    data: TemplateData,
    functions: GoFunctions,
    print?: (value: GoValue, before: string) => string,
  ): string {
    if (!template.includes('{{')) return template;
    return this.#parse(template).execute('', data, {
      functions,
      missingKey: 'zero',
      ...(print !== undefined && { print }),
    });
  }

  #parse(template: string): TemplateSet {
    let set = this.#parsed.get(template);
    if (set === undefined) {
      set = this.#set.clone().add('', template);
      if (this.#parsed.size >= PARSED_LIMIT) this.#parsed.clear();
      this.#parsed.set(template, set);
    }
    return set;
  }
}

const TEXTS = [ANY];
const ESCAPING = escapingFunctions({
  html: { params: [], rest: ANY, call: (...values) => escapeHtml(sprint(values)) },
  urlquery: { params: [], rest: ANY, call: (...values) => escapeQuery(sprint(values)) },
});

function routeLabelsOf(labels: ReadonlyMap<string, string>): GoFunctions[string] {
  return { params: TEXTS, call: (name: GoValue) => labels.get(String(name)) ?? '' };
}
