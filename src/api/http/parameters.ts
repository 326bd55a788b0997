/** Reading query strings: every mistake is a QueryError `bad_query` that names the parameter. */
import { checkRange, QueryError, type TimeRange } from '#query';
import type { QueryString } from './plugin.ts';

/** Of a repeated parameter the last counts. */
export class Parameters {
  readonly #raw: QueryString;
  constructor(raw: QueryString) {
    this.#raw = raw;
  }

  /** Undefined where it is absent or empty. */
  text(name: string): string | undefined {
    const value = this.#raw[name];
    const last = Array.isArray(value) ? value.at(-1) : value;
    return typeof last === 'string' && last !== '' ? last : undefined;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new QueryError('bad_query', `the parameter ${name} is missing`);
    return value;
  }

  /** A finite number that is not negative. */
  number(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (Number.isFinite(number) && number >= 0) return number;
    throw new QueryError('bad_query', `the parameter ${name} must be a number, got ${value.slice(0, 80)}`);
  }

  /** A whole number, cut to `max`. */
  limit(name: string, fallback: number, max: number): number {
    const value = this.number(name) ?? fallback;
    if (Number.isInteger(value) && value > 0) return Math.min(value, max);
    throw new QueryError('bad_query', `the parameter ${name} must be a whole number above 0`);
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined || allowed.includes(value as T)) return value as T | undefined;
    throw new QueryError('bad_query', `the parameter ${name} can't be ${value.slice(0, 80)}`, {
      hint: `use ${allowed.join(', ')}`,
    });
  }

  /** Words between commas. */
  list(name: string): readonly string[] {
    return (
      this.text(name)
        ?.split(',')
        .filter((word) => word !== '') ?? []
    );
  }

  listOf<T extends string>(name: string, allowed: readonly T[]): readonly T[] {
    const words = this.list(name);
    const wrong = words.find((word) => !allowed.includes(word as T));
    if (wrong === undefined) return words as readonly T[];
    throw new QueryError('bad_query', `the parameter ${name} can't hold ${wrong.slice(0, 80)}`, {
      hint: `use ${allowed.join(', ')}`,
    });
  }

  /** `from` and `to` in ms since the epoch. */
  range(): TimeRange {
    const [fromMs, toMs] = [this.number('from'), this.number('to')];
    if (fromMs === undefined || toMs === undefined) {
      throw new QueryError('bad_query', 'the parameters from and to are needed', { hint: 'give ms since 1970' });
    }
    checkRange({ fromMs, toMs });
    return { fromMs, toMs };
  }
}

/** An id in hex of up to `byteLength` bytes, in lower case. */
export function parseId(hex: string, byteLength: number, what: string): string {
  if (hex.length <= byteLength * 2 && /^[0-9a-fA-F]+$/.test(hex))
    return hex.toLowerCase().padStart(byteLength * 2, '0');
  throw new QueryError('bad_query', `${hex.slice(0, 80)} is no ${what}`, {
    hint: `an id is up to ${byteLength * 2} hexadecimal digits`,
  });
}
