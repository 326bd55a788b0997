import { isObject, type JsonObject, type JsonValue } from './json.ts';
import type { JsonPath } from './problem.ts';

/** Is told of what can't be read. `path` is the whole path from the top of the file. */
export type Report = (path: JsonPath, message: string) => void;

/**
 * A value of a JSON text and where it stands. Members are read with the type that is wanted of them: one of another type is reported and
 * counts as absent, so that one mistake costs one field. `null` counts as absent, too.
 */
export class JsonPlace {
  readonly value: JsonValue | undefined;
  readonly path: JsonPath;
  readonly #report: Report;

  constructor(value: JsonValue | undefined, path: JsonPath, report: Report) {
    this.value = value;
    this.path = path;
    this.#report = report;
  }

  /** The members; none where it is no object. */
  get members(): JsonObject {
    return isObject(this.value) ? this.value : {};
  }

  /** The same, reporting to another. */
  reportingTo(report: Report): JsonPlace {
    return new JsonPlace(this.value, this.path, report);
  }

  at(name: string | number): JsonPlace {
    const value = Array.isArray(this.value) ? this.value[Number(name)] : this.members[name];
    return new JsonPlace(value ?? undefined, [...this.path, name], this.#report);
  }

  get isAbsent(): boolean {
    return this.value === undefined || this.value === null;
  }

  problem(message: string): void {
    this.#report(this.path, message);
  }

  text(name: string): string | undefined {
    return this.at(name).#as('a text', (value) => (typeof value === 'string' ? value : undefined));
  }

  /** A number; old panels have it as text, and an empty text for none. */
  number(name: string): number | undefined {
    const member = this.at(name);
    if (member.value === '') return undefined;
    return member.#as('a number', (value) => {
      const number = typeof value === 'string' ? Number(value) : value;
      return typeof number === 'number' && !Number.isNaN(number) ? number : undefined;
    });
  }

  flag(name: string): boolean {
    return this.at(name).#as('true or false', (value) => (typeof value === 'boolean' ? value : undefined)) ?? false;
  }

  object(name: string): JsonPlace {
    const member = this.at(name);
    const value = member.#as<JsonValue>('an object', (found) => (isObject(found) ? found : undefined));
    return new JsonPlace(value, member.path, this.#report);
  }

  list(name: string): readonly JsonPlace[] {
    const member = this.at(name);
    const list = member.#as('a list', (value) => (Array.isArray(value) ? value : undefined)) ?? [];
    return list.map((_, index) => member.at(index));
  }

  /** The objects of a list; what else is in it is reported. */
  objects(name: string): readonly JsonPlace[] {
    return this.list(name).filter(
      (place) => place.#as('an object', (value) => (isObject(value) ? value : undefined)) !== undefined,
    );
  }

  #as<T>(wanted: string, read: (value: JsonValue) => T | undefined): T | undefined {
    const { value } = this;
    if (value === undefined || value === null) return undefined;
    const found = read(value);
    if (found === undefined) this.problem(`must be ${wanted}, got ${brief(value)}; left out`);
    return found;
  }
}

/** A value for a message, cut to 80 characters. */
export function brief(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
