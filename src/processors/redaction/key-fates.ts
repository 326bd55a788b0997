import { Pattern } from '#lang/pattern';
import { type AttributeTable, textAt, UNKNOWN_KEY } from '#pdata';
import type { RedactionConfig } from './config.ts';
import { COUNTED_KEYS } from './summary.ts';

/** What becomes of an attribute by its key: bits. */
export const FATE_IGNORED = 1;
export const FATE_REMOVED = 2;
export const FATE_MASKED = 4;
/** Its value may be a URL, a query of a database. */
export const FATE_URL = 8;
export const FATE_QUERY = 16;

/**
 * What becomes of keys. A key of the dictionary is looked at once in the life of the process; the dictionary is bounded, and so is what
 * is remembered here.
 */
export class KeyFates {
  readonly #allowed: ReadonlySet<string> | undefined;
  readonly #ignored: ReadonlySet<string>;
  readonly #ignoredPatterns: readonly Pattern[];
  readonly #blockedPatterns: readonly Pattern[];
  readonly #isUrl: (key: string) => boolean;
  readonly #isQuery: (key: string) => boolean;
  /** By the key's number: its fate and 1, 0 for one that nobody has looked at. */
  #known = new Uint8Array(256);

  constructor(config: RedactionConfig, isQuery: (key: string) => boolean) {
    this.#allowed = config.allowAllKeys ? undefined : new Set([...config.allowedKeys, ...COUNTED_KEYS]);
    this.#ignored = new Set(config.ignoredKeys);
    this.#ignoredPatterns = config.ignoredKeyPatterns.map((source) => new Pattern(source));
    this.#blockedPatterns = config.blockedKeyPatterns.map((source) => new Pattern(source));
    const urls = new Set(config.urls.enabled ? config.urls.attributes : []);
    this.#isUrl = (key) => urls.has(key);
    this.#isQuery = isQuery;
  }

  of(key: string): number {
    if (this.#ignored.has(key) || this.#ignoredPatterns.some((pattern) => pattern.test(key))) return FATE_IGNORED;
    if (this.#allowed !== undefined && !this.#allowed.has(key)) return FATE_REMOVED;
    return (
      (this.#blockedPatterns.some((pattern) => pattern.test(key)) ? FATE_MASKED : 0) |
      (this.#isUrl(key) ? FATE_URL : 0) |
      (this.#isQuery(key) ? FATE_QUERY : 0)
    );
  }

  /** Of the key in a row of a table. */
  at(table: AttributeTable, row: number, arena: Uint8Array): number {
    const id = table.keyId[row]!;
    if (id !== UNKNOWN_KEY && id < this.#known.length) {
      const known = this.#known[id]!;
      if (known !== 0) return known - 1;
    }
    const fate = this.of(textAt(arena, table.keyAt[row]!, table.keyLength[row]!));
    if (id !== UNKNOWN_KEY) this.#remember(id, fate);
    return fate;
  }

  #remember(id: number, fate: number): void {
    if (id >= this.#known.length) {
      const known = new Uint8Array((id + 1) * 2);
      known.set(this.#known);
      this.#known = known;
    }
    this.#known[id] = fate + 1;
  }
}
