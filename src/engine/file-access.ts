/**
 * Keeps queries away from the files of the machine. A ClickHouse server confines `file()` and its relatives to a folder;
 * chDB, made for scripts, lets them read and write whatever the process may. Who may query a store need not be the one
 * who may read its machine's files, so the interface refuses them by name.
 */
import { type EngineError, engineError } from './errors.ts';
import { type Token, tokens } from './sql-text.ts';

/** Functions, table functions, engines and dictionary sources that open files or start programs. Upper case. */
const refusedNames = new Set([
  'FILE',
  'FILECLUSTER',
  'FILELOG',
  'FILESYSTEM',
  'SQLITE',
  'EMBEDDEDROCKSDB',
  'EXECUTABLE',
  'EXECUTABLEPOOL',
  'DELTALAKELOCAL',
  'ICEBERGLOCAL',
  'ICEBERGLOCALCLUSTER',
  'PAIMONLOCAL',
  'QUERYRUNNER',
  // Runs a text as a query, which this check can't see.
  'EVAL',
]);
const urlNames = new Set(['URL', 'URLCLUSTER']);

function refused(name: string): EngineError {
  return engineError('ACCESS_DENIED', `${name} is not allowed here: queries have no access to files of this machine`);
}

/** Throws ACCESS_DENIED where the statement names something that opens files. */
export function refuseFileAccess(sql: string): void {
  let previous: Token | undefined;
  let beforePrevious: Token | undefined;
  for (const token of tokens(sql)) {
    const name = nameOf(previous);
    if (token.kind === 'mark' && token.value === '(' && refusedNames.has(name)) throw refused(name);
    // ENGINE = Filesystem needs no brackets.
    if (isMark(previous, '=') && nameOf(beforePrevious) === 'ENGINE' && refusedNames.has(nameOf(token))) {
      throw refused(nameOf(token));
    }
    // url('file:///…') reads a file: only a plain text that begins with http may stand there.
    if (isMark(previous, '(') && urlNames.has(nameOf(beforePrevious)) && !/^'https?:\/\//i.test(textOf(sql, token))) {
      if (token.value !== ')') throw refused(`URL of anything but 'http://…' or 'https://…'`);
    }
    beforePrevious = previous;
    previous = token;
  }
}

/** The same for the rows of `INSERT … VALUES`, which may hold expressions. Read closely only where a name occurs. */
export function refuseFileAccessInValues(data: Buffer): void {
  const text = data.toString('latin1');
  const pattern = new RegExp(`\\b(${[...refusedNames, ...urlNames].join('|')})\\b`, 'i');
  if (pattern.test(text)) refuseFileAccess(text);
}

function nameOf(token: Token | undefined): string {
  return token?.kind === 'word' || token?.kind === 'name' ? token.value.toUpperCase() : '';
}

function isMark(token: Token | undefined, value: string): boolean {
  return token?.kind === 'mark' && token.value === value;
}

function textOf(sql: string, token: Token): string {
  return token.kind === 'text' ? sql.slice(token.start, token.end) : '';
}
