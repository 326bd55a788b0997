const ESCAPED: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** JSON as Go's encoder writes it, without the line's end. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[<>&\u2028\u2029]/g, (char) => ESCAPED[char]!);
}

/** The properties that are not empty, as Go's `omitempty` leaves them out. */
export function withoutEmpty<T extends object>(value: T): Partial<T> {
  const isEmpty = (item: unknown): boolean =>
    item === '' ||
    item === 0 ||
    item === false ||
    item === undefined ||
    item === null ||
    (Array.isArray(item) && item.length === 0);
  return Object.fromEntries(Object.entries(value).filter(([, item]) => !isEmpty(item))) as Partial<T>;
}
