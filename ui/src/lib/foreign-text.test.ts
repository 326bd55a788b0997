import { expect, test } from 'vitest';
import { terminalRuns, visibleText } from './foreign-text.ts';

const ESC = '\u001b';

test.each([
  { text: 'plain', want: [{ text: 'plain' }] },
  { text: `${ESC}[31mfailed${ESC}[0m: x`, want: [{ text: 'failed', colour: 1 }, { text: ': x' }] },
  {
    text: `${ESC}[1;32mok${ESC}[39m!${ESC}[22m.`,
    want: [{ text: 'ok', bold: true, colour: 2 }, { text: '!', bold: true }, { text: '.' }],
  },
  { text: `${ESC}[94mb${ESC}[m-`, want: [{ text: 'b', colour: 4 }, { text: '-' }] },
  {
    text: `${ESC}[38;5;9mr${ESC}[38;2;1;2;31mt`,
    want: [
      { text: 'r', colour: 1 },
      { text: 't', colour: 1 },
    ],
  },
  { text: `a${ESC}[2Kb${ESC}]8;;http://x\u0007c`, want: [{ text: 'a' }, { text: 'b' }, { text: 'c' }] },
])('colours of a terminal in $text', ({ text, want }) => expect(terminalRuns(text)).toEqual(want));

test('what changes the order of reading, or can not be seen, is written out', () => {
  expect(visibleText('user\u202e nimda')).toBe('user⟨U+202E⟩ nimda');
  expect(visibleText('a\u200bb\u2066c\u0000d')).toBe('a⟨U+200B⟩b⟨U+2066⟩c⟨U+0000⟩d');
  // Languages that run from right to left stay as they are, and so do emoji and new lines.
  expect(visibleText('שלום مرحبا 👩‍💻\n\tx')).toBe('שלום مرحبا 👩‍💻\n\tx');
});
