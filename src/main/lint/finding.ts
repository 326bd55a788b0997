import type { ConfigPlace } from '#base';

/** One thing about a configuration that its author should know. */
export interface Finding {
  /**
   * An error: it can't run. A warning: it runs, and does something else than it seems to, or less. A note: it does what it says, which is
   * often taken for something else; nothing is to be changed.
   */
  readonly level: 'error' | 'warning' | 'note';
  /** What finds it: a rule's name, or `configuration` for what is checked at each start. */
  readonly rule: string;
  /** Begins with the path in the configuration, and ends with today's form. */
  readonly message: string;
  readonly place: ConfigPlace;
}

/** In the order of the files and lines. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) =>
      (a.place.file < b.place.file ? -1 : a.place.file > b.place.file ? 1 : 0) ||
      a.place.line - b.place.line ||
      a.place.column - b.place.column,
  );
}
