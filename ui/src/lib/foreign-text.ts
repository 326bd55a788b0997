/**
 * Text of a stranger's as a person may see it. Colours of a terminal are shown as colours; characters that would change the order
 * of what is read, or that can't be seen, are written out.
 */

export interface TextRun {
  readonly text: string;
  /** 0..7: black, red, green, yellow, blue, magenta, cyan, white. */
  readonly colour?: number;
  readonly bold?: true;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const ESCAPES = /\u001b\[([0-9;:]*)m|\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g;
const ESCAPE = '\u001b';

/** Splits at the sequences that set colours (ECMA-48 SGR); all other sequences of a terminal are left out. */
export function terminalRuns(text: string): readonly TextRun[] {
  if (!text.includes(ESCAPE)) return [{ text }];
  const runs: TextRun[] = [];
  let style: Omit<TextRun, 'text'> = {};
  let at = 0;
  const take = (to: number): void => {
    if (to > at) runs.push({ text: text.slice(at, to), ...style });
  };
  for (const match of text.matchAll(ESCAPES)) {
    take(match.index);
    at = match.index + match[0].length;
    if (match[1] !== undefined) style = styled(style, match[1]);
  }
  take(text.length);
  return runs;
}

function styled(before: Omit<TextRun, 'text'>, codes: string): Omit<TextRun, 'text'> {
  let style = before;
  const numbers = codes.split(/[;:]/).map(Number);
  for (let i = 0; i < numbers.length; i++) {
    const code = numbers[i]!;
    const { colour: _, ...plain } = style;
    if (code === 0) style = {};
    else if (code === 1) style = { ...style, bold: true };
    else if (code === 22) style = style.colour === undefined ? {} : { colour: style.colour };
    else if (code >= 30 && code <= 37) style = { ...style, colour: code - 30 };
    else if (code >= 90 && code <= 97) style = { ...style, colour: code - 90 };
    else if (code === 39) style = plain;
    // A colour of a larger palette: its first sixteen are those above, the others have no place here.
    else if (code === 38 || code === 48) {
      const index = numbers[i + 2] ?? 16;
      if (code === 38 && numbers[i + 1] === 5 && index < 16) style = { ...style, colour: index % 8 };
      i += numbers[i + 1] === 2 ? 4 : 2;
    }
  }
  return style;
}

// Marks, embeddings, overrides and isolates of direction (UAX 9), what has no width, and control characters but tab and newline.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const HIDDEN = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u0000-\u0008\u000b-\u001f\u007f]/g;

/** `abc⟨U+202E⟩def` in place of text that runs backwards. */
export function visibleText(text: string): string {
  return text.replace(HIDDEN, (char) => `⟨U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`);
}
