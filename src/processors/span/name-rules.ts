import { Pattern } from '#lang/pattern';
import { type AttributeKey, attributeKey } from '#pdata';

/** What the rules make of a name. */
export interface NameParts {
  readonly name: string;
  /** In the order in which they are set. */
  readonly attributes: readonly { readonly key: AttributeKey; readonly value: string }[];
}

interface Rule {
  readonly pattern: Pattern;
  /** By group, from 1 on. */
  readonly keys: readonly AttributeKey[];
}

const NAMES_LIMIT = 1024;
const NAME_LENGTH_LIMIT = 256;

/** Takes values out of names: `/cart/7/items` by `/cart/(?P<cart>\d+)/` is `/cart/{cart}/items` and an attribute `cart`. */
export class NameRules {
  readonly #rules: readonly Rule[];
  readonly #breakAfterMatch: boolean;
  readonly #keepOriginalName: boolean;
  /** What became of the last names: most spans share theirs with many. */
  readonly #known = new Map<string, NameParts | undefined>();

  constructor(rules: readonly string[], options: { breakAfterMatch: boolean; keepOriginalName: boolean }) {
    this.#rules = rules.map((source) => {
      const pattern = new Pattern(source);
      return { pattern, keys: pattern.groupNames.map((name) => attributeKey(name ?? '')) };
    });
    this.#breakAfterMatch = options.breakAfterMatch;
    this.#keepOriginalName = options.keepOriginalName;
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** Undefined where no rule matches. */
  partsOf(name: string): NameParts | undefined {
    if (name.length > NAME_LENGTH_LIMIT) return this.#read(name);
    const known = this.#known.get(name);
    if (known !== undefined || this.#known.has(name)) return known;
    const parts = this.#read(name);
    if (this.#known.size >= NAMES_LIMIT) this.#known.clear();
    this.#known.set(name, parts);
    return parts;
  }

  #read(original: string): NameParts | undefined {
    const attributes: { key: AttributeKey; value: string }[] = [];
    let name = original;
    let hasMatched = false;
    for (const { pattern, keys } of this.#rules) {
      const places = pattern.find(name);
      if (places === undefined) continue;
      hasMatched = true;
      let next = '';
      let at = 0;
      for (let group = 1; group < keys.length; group++) {
        const start = places[group * 2]!;
        const end = places[group * 2 + 1]!;
        const key = keys[group]!;
        attributes.push({ key, value: start < 0 ? '' : name.slice(start, end) });
        // A group that took no part, or that lies in one before, has no place of its own.
        if (start < at) continue;
        next += `${name.slice(at, start)}{${pattern.groupNames[group] ?? ''}}`;
        at = end;
      }
      if (!this.#keepOriginalName) name = next + name.slice(at);
      if (this.#breakAfterMatch) break;
    }
    return hasMatched ? { name, attributes } : undefined;
  }
}
