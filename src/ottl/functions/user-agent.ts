import { readFileSync } from 'node:fs';
import { Pattern, readTemplate, type Template } from '#lang/pattern';
import type { ValueMap } from '../values.ts';

/** A rule whose expression is compiled when it is first tried. */
class Matcher {
  readonly #source: string;
  #pattern: Pattern | undefined;
  /** The family and the parts of the version. */
  readonly #templates: readonly Template[];

  constructor(source: string, replacements: readonly string[]) {
    this.#source = source;
    this.#templates = replacements.map((text, i) => readTemplate(text || `$${i + 1}`));
  }

  /** undefined where it does not match, or names nothing. */
  find(text: string): Found | undefined {
    this.#pattern ??= new Pattern(this.#source);
    const pattern = this.#pattern;
    const places = pattern.test(text) ? pattern.find(text) : undefined;
    if (places === undefined) return undefined;
    const [family, major, ...parts] = this.#templates.map((template) => pattern.expand(template, text, places));
    if (family === '') return undefined;
    return {
      family: family!,
      version: [major!, ...parts.filter((part) => part !== '').map((part) => `.${part}`)].join(''),
    };
  }
}

interface Found {
  readonly family: string;
  readonly version: string;
}

const OTHER: Found = { family: 'Other', version: '' };
/** So many of the last ones are remembered, as in otelcol. */
const REMEMBERED_LIMIT = 1024;

/** What the patterns of uap-core say of user agents: the first that matches counts. user-agents.tsv has them. */
export class UserAgents {
  readonly #browsers: readonly Matcher[];
  readonly #systems: readonly Matcher[];
  readonly #known = new Map<string, readonly [browser: Found, system: Found]>();

  constructor() {
    const lines = readFileSync(new URL('user-agents.tsv', import.meta.url), 'utf8').split('\n');
    this.#browsers = matchersOf(lines, 'browser', 4);
    this.#systems = matchersOf(lines, 'system', 5);
  }

  /** Under the names of the semantic conventions. */
  partsOf(text: string): ValueMap {
    let known = this.#known.get(text);
    if (known === undefined) {
      known = [firstOf(this.#browsers, text), firstOf(this.#systems, text)];
      if (this.#known.size >= REMEMBERED_LIMIT) this.#known.clear();
      this.#known.set(text, known);
    }
    const [browser, system] = known;
    const parts: ValueMap = new Map([
      ['user_agent.name', browser.family],
      ['user_agent.original', text],
      ['user_agent.version', browser.version],
      ['os.name', system.family],
    ]);
    if (system.version !== '') parts.set('os.version', system.version);
    return parts;
  }
}

/** `count`: of replacements, which a line may leave out at its end. */
function matchersOf(lines: readonly string[], kind: string, count: number): Matcher[] {
  return lines
    .map((line) => line.split('\t'))
    .filter(([first]) => first === kind)
    .map(
      ([, source, ...given]) =>
        new Matcher(
          source!,
          Array.from({ length: count }, (_, i) => given[i] ?? ''),
        ),
    );
}

function firstOf(matchers: readonly Matcher[], text: string): Found {
  for (const matcher of matchers) {
    const found = matcher.find(text);
    if (found !== undefined) return found;
  }
  return OTHER;
}
