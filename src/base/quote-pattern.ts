/** A regular expression that matches the text and nothing else, as Go's regexp.QuoteMeta writes it. For RE2 and for V8. */
export function quotePattern(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}
