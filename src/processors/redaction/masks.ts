import { createHash, createHmac } from 'node:crypto';
import { Pattern, readTemplate } from '#lang/pattern';
import type { RedactionConfig } from './config.ts';
import { Needles } from './needles.ts';

const STARS = readTemplate('****');
const ANYTHING = new Pattern('.*');

/** What stands in the place of a text that must not be seen. */
export class Masks {
  readonly #blocked: readonly Pattern[];
  readonly #hash: ((text: string) => string) | undefined;
  /** Where blocked values may be; undefined where nobody knows. */
  readonly needles: Needles | undefined;

  constructor(config: RedactionConfig) {
    this.#blocked = config.blockedValues.map((source) => new Pattern(source));
    this.#hash = hashOf(config);
    this.needles = Needles.of(this.#blocked);
  }

  /** Whether any values are blocked. */
  get isEmpty(): boolean {
    return this.#blocked.length === 0;
  }

  /** The text with all of it masked, line by line. */
  whole(text: string): string {
    return this.#mask(ANYTHING, text);
  }

  /** The text with what is blocked masked, by one pattern after the other. */
  blocked(text: string): string {
    let result = text;
    for (let i = 0; i < this.#blocked.length; i++) {
      const pattern = this.#blocked[i]!;
      if (pattern.test(result)) result = this.#mask(pattern, result);
    }
    return result;
  }

  #mask(pattern: Pattern, text: string): string {
    const hash = this.#hash;
    if (hash === undefined) return pattern.replaceAll(text, STARS);
    return pattern.replaceEach(text, (places) => hash(text.slice(places[0], places[1])));
  }
}

function hashOf({ hashFunction, hmacKey }: RedactionConfig): ((text: string) => string) | undefined {
  const digest = (algorithm: string) => (text: string) => createHash(algorithm).update(text).digest('hex');
  const keyed = (algorithm: string) => (text: string) =>
    createHmac(algorithm, hmacKey!.reveal()).update(text).digest('hex');
  switch (hashFunction) {
    case '':
      return undefined;
    case 'sha1':
    case 'md5':
      return digest(hashFunction);
    case 'sha3':
      return digest('sha3-256');
    case 'hmac-sha256':
      return keyed('sha256');
    case 'hmac-sha512':
      return keyed('sha512');
  }
}
