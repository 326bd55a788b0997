/** Throws when `condition` is false: a bug in Signalbox, never a mistake of a user or a peer. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Marks a branch that the type checker proves unreachable. */
export function unreachable(value: never, what: string): never {
  throw new AssertionError(`${what}: unexpected ${String(value)}`);
}

class AssertionError extends Error {
  override name = 'AssertionError';
}
