import { type AttributeCursor, type AttributeKey, attributeKey } from '#pdata';
import type { Summary } from './config.ts';

/** What can become of a key. */
export type Treatment = 'redacted' | 'masked' | 'allowed' | 'ignored';
const TREATMENTS: readonly Treatment[] = ['redacted', 'masked', 'allowed', 'ignored'];

/** These attributes of an earlier summary stay without being named in `allowed_keys`. */
export const COUNTED_KEYS: readonly string[] = [
  'redaction.redacted.keys',
  'redaction.redacted.count',
  'redaction.masked.keys',
  'redaction.masked.count',
  'redaction.ignored.count',
];

const SEPARATOR = ',';

/** The keys of one holder of attributes, or of one body, by what became of them; and the attributes that say so. */
export class SummaryNotes {
  /** Whether anything is noted: nobody reads it otherwise. */
  readonly isWanted: boolean;
  readonly #namesKeys: boolean;
  readonly #notes: readonly {
    readonly count: AttributeKey;
    /** Which keys were ignored is not said. */
    readonly keys: AttributeKey | undefined;
    readonly names: string[];
  }[];

  constructor(summary: Summary, prefix: string) {
    this.isWanted = summary === 'info' || summary === 'debug';
    this.#namesKeys = summary === 'debug';
    this.#notes = TREATMENTS.map((treatment) => ({
      count: attributeKey(`${prefix}.${treatment}.count`),
      keys: treatment === 'ignored' ? undefined : attributeKey(`${prefix}.${treatment}.keys`),
      names: [],
    }));
  }

  note(treatment: Treatment, key: string): void {
    if (this.isWanted) this.#notes[TREATMENTS.indexOf(treatment)]!.names.push(key);
  }

  /** Adds what was noted to what a summary before may have said, and begins anew. */
  writeTo(attributes: AttributeCursor): void {
    for (const { count, keys, names } of this.#notes) {
      if (names.length === 0) continue;
      const total = names.length + countIn(attributes, count);
      if (this.#namesKeys && keys !== undefined) {
        const before = attributes.getText(keys) ?? '';
        if (before !== '') names.push(...before.split(SEPARATOR));
        attributes.set(keys, names.sort().join(SEPARATOR));
      }
      attributes.set(count, total);
      names.length = 0;
    }
  }

  /** Begins anew without a word. */
  clear(): void {
    for (const { names } of this.#notes) names.length = 0;
  }
}

function countIn(attributes: AttributeCursor, key: AttributeKey): number {
  const value = attributes.get(key);
  return Number.isSafeInteger(value) ? (value as number) : 0;
}
