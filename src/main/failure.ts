import { ConfigErrors, type ConfigPlace, messageOf, StartError } from '#base';

/** More lines than this help nobody. */
const MISTAKES_LIMIT = 100;

/** What a failure says to the person at the terminal: one line per mistake, with its place, and the way out. No stack. */
export function describeFailure(error: unknown): string[] {
  if (error instanceof ConfigErrors) {
    const sorted = [...error.errors].sort((a, b) => comparePlaces(a.place, b.place));
    const lines = sorted
      .slice(0, MISTAKES_LIMIT)
      .map(({ message, place }) =>
        place === undefined ? message : `${place.file}:${place.line}:${place.column}: ${message}`,
      );
    return sorted.length > MISTAKES_LIMIT ? [...lines, `… and ${sorted.length - MISTAKES_LIMIT} more`] : lines;
  }
  if (error instanceof StartError) return [error.message, ...(error.hint === undefined ? [] : [`  ${error.hint}`])];
  return [messageOf(error)];
}

function comparePlaces(a: ConfigPlace | undefined, b: ConfigPlace | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
