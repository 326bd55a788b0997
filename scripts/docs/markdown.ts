import type { KeyRow } from '../../src/config/index.ts';

/** The keys as a table. `blocksPage` is the way from the document to the page of the named blocks. */
export function keyTable(rows: readonly KeyRow[], blocksPage: string): string {
  if (rows.length === 0) return 'No keys: the block stays empty.';
  const lines = rows
    .filter((row) => row.type !== 'block' || row.meaning !== '')
    .map((row) => [`\`${row.path}\``, row.type, row.absent, meaningOf(row, blocksPage)]);
  return table(['key', 'type', 'default', 'meaning'], lines);
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function meaningOf({ meaning, block, idle, words }: KeyRow, blocksPage: string): string {
  return [
    meaning,
    ...(block === undefined ? [] : [`: its [keys](${blocksPage}#${block})`]),
    ...(idle === undefined ? [] : [`. No effect: ${idle}`]),
    ...Object.entries(words).map(([word, does]) => `<br>\`${word}\`: ${does}`),
  ].join('');
}

const BEGIN = '<!-- keys: made by npm run docs from the schema -->';
const END = '<!-- end of keys -->';

/** The document with `content` between the marks; throws where it has none. */
export function withKeys(document: string, content: string, file: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) {
    throw new Error(
      `${file}: has no place for the table of keys; put in ${BEGIN} and ${END}, each on a line of its own`,
    );
  }
  return `${document.slice(0, begin + BEGIN.length)}\n\n${content}\n\n${document.slice(end)}`;
}
