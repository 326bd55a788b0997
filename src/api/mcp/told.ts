/** What a tool tells a model: lines and tables that end before they take more than it is worth to read, and say how to narrow. */

/** Of an answer, what stands at its end included. */
export const MAX_TOKENS = 8_000;
const RESERVED = 250;
const MAX_LINE_CHARS = 2_000;

/**
 * Tokens that a text takes, rather too many than too few: a piece of a word of four letters, two digits, or a mark by itself. Hex ids, of which answers
 * have many, change between letters and digits and are counted by it.
 */
export function tokensIn(text: string): number {
  let count = 0;
  for (const [run] of text.matchAll(/[A-Za-z]+|\d+|[^\x20-\x7f]|[^\sA-Za-z\d]|\n/g)) {
    const first = run.charCodeAt(0);
    if (first >= 48 && first <= 57) count += Math.ceil(run.length / 2);
    else if (first > 127) count += 2;
    else count += Math.ceil(run.length / 4);
  }
  return count;
}

export class Told {
  readonly #lines: string[] = [];
  #left = MAX_TOKENS - RESERVED;
  #isFull = false;

  /** Whether something more has room. */
  get hasRoom(): boolean {
    return !this.#isFull;
  }

  /** Gives false where there is no room. */
  line(text = ''): boolean {
    const clean = cleaned(text);
    const tokens = tokensIn(clean) + 1;
    if (this.#isFull || tokens > this.#left) {
      this.#isFull = true;
      return false;
    }
    this.#left -= tokens;
    this.#lines.push(clean);
    return true;
  }

  /** Lines of a text that has some. */
  text(text: string): void {
    for (const line of text.split('\n')) if (!this.line(line)) return;
  }

  /** Rows under their head; `narrow` says what to do where not all have room, or where there are `more` than these. */
  table(
    head: readonly string[],
    rows: readonly (readonly (string | number)[])[],
    narrow: string,
    { isCut = false }: { readonly isCut?: boolean } = {},
  ): void {
    if (rows.length === 0) {
      this.line('(none)');
      return;
    }
    this.line(head.join(' | '));
    const told = rows.findIndex((row) => !this.line(row.map((cell) => cellText(cell)).join(' | ')));
    if (told >= 0)
      this.#end(`(${told} of ${isCut ? `more than ${rows.length}` : rows.length} rows have room here: ${narrow})`);
    else if (isCut) this.#end(`(there are more than these ${rows.length}: ${narrow})`);
  }

  /** Has room kept for it. */
  #end(text: string): void {
    this.#lines.push(text);
  }

  toString(): string {
    const lines = this.#isFull ? [...this.#lines, '(the answer was ended here: ask for less)'] : this.#lines;
    return lines.join('\n');
  }
}

function cellText(value: string | number): string {
  return typeof value === 'number' ? numberText(value) : value.replace(/\s*\n\s*/g, ' ⏎ ');
}

/** Four digits are enough to read. */
export function numberText(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(4)));
}

/** Without what no text needs; long lines end. */
function cleaned(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const clean = text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ');
  return clean.length > MAX_LINE_CHARS ? `${clean.slice(0, MAX_LINE_CHARS)}… (${clean.length} characters)` : clean;
}

export function msText(ns: number | null): string {
  return ns === null ? '-' : `${numberText(ns / 1e6)} ms`;
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
