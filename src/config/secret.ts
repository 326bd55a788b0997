const REDACTED = '[REDACTED]';
let recorder: Set<string> | undefined;

/** A value that must not be seen: prints as [REDACTED] wherever it ends up, and is read with `reveal` where it is used. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    recorder?.add(text);
  }

  reveal(): string {
    return this.#text;
  }
  toString(): string {
    return REDACTED;
  }
  toJSON(): string {
    return REDACTED;
  }
}

Object.defineProperty(Secret.prototype, Symbol.for('nodejs.util.inspect.custom'), { value: () => REDACTED });

/** Runs `read` and returns the texts of all secrets that it made, so that print-config can hide them in the file's own form. */
export function secretsMadeBy(read: () => void): ReadonlySet<string> {
  const before = recorder;
  const made = new Set<string>();
  recorder = made;
  try {
    read();
  } finally {
    recorder = before;
  }
  return made;
}
