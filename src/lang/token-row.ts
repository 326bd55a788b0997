/** A token of a language: offsets count UTF-16 units from the start of the text. */
interface TextToken<Kind extends string> {
  readonly kind: Kind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Tokens one by one. The last one stands for the end, and is there again and again. */
export class TokenRow<Kind extends string, Token extends TextToken<Kind>> {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Where the token taken last ends. */
  get lastEnd(): number {
    return this.#tokens[this.#at - 1]?.end ?? 0;
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
  }

  next(): Token {
    return this.#tokens[Math.min(this.#at++, this.#tokens.length - 1)]!;
  }

  is(kind: Kind, text?: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === kind && (text === undefined || token.text === text);
  }

  accept(kind: Kind, text?: string): Token | undefined {
    return this.is(kind, text) ? this.next() : undefined;
  }
}

/** `line 2, col 5`, both from 1, as Loki and Tempo say where a mistake is. */
export function lineAndColumn(text: string, offset: number): string {
  const lines = text.slice(0, offset).split('\n');
  return `line ${lines.length}, col ${lines.at(-1)!.length + 1}`;
}
