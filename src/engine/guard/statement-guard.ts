/**
 * What runs is never the text that came: ClickHouse's formatter reads it, as a value, and writes it anew, with one spelling for every
 * name and quote; a second statement is its syntax error. Its result is what EXPLAIN AST sees, what the lists are held against, and what
 * runs. No reading of SQL of our own decides anything.
 */
import type { Connection } from '../chdb.ts';
import { EngineError, engineError } from '../errors.ts';
import { quoteString } from '../sql-text.ts';
import { checkQueryTree, hiddenCheckOf, isAboutSystem, queryTreeError } from './hidden-columns.ts';
import { checkSyntaxTree, checkText, type Rules } from './syntax-tree.ts';
import { isOwnDatabase } from './tables.ts';

/** Stands in a statement for the file that an INSERT reads its data from. */
export const DATA_MARKER = 'signalbox-insert-data';

/** ClickHouse's default of max_query_size. */
const MAX_STATEMENT_BYTES = 256 * 1024;
/** Our own statements come again and again, with other parameters: their texts are remembered up to this many characters in all. */
const REMEMBERED_CHARS = 2 * 1024 * 1024;
const MAX_REMEMBERED_CHARS = 16 * 1024;

export interface GuardOptions {
  /** The store's database: all that `reader` may read besides ClickHouse's own tables. */
  readonly database: string;
  /** Lower case. */
  readonly knownFunctions: ReadonlySet<string>;
  /** Settings of queries. */
  readonly knownSettings: ReadonlySet<string>;
  /** Asks the engine itself, which sees all databases. */
  readonly ask: (sql: string) => Promise<string>;
}

export interface GuardRequest {
  readonly user: string;
  readonly mayWrite: boolean;
  /** All tables may be read, not only the store's. */
  readonly mayReadAll: boolean;
  /** The current database; empty for `default`. */
  readonly database: string;
  /** By name, as they came. */
  readonly parameters: ReadonlyMap<string, string>;
}

export class StatementGuard {
  readonly #options: GuardOptions;
  /** The oldest first. */
  readonly #checked = new Map<string, string>();
  #chars = 0;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /**
   * Gives the statement as it may be run on this connection, whose settings and parameters are set. Throws EngineError: no statement or
   * several, not understood, not allowed.
   */
  async check(connection: Connection, sql: string, request: GuardRequest): Promise<string> {
    const identifiers = identifiersIn(sql);
    const values = identifiers.map((name) => JSON.stringify(request.parameters.get(name)));
    const key = `${request.user}\n${request.mayWrite}\n${request.database}\n${values.join()}\n${sql}`;
    // A session may have values of its own for those that did not come along.
    const isTold = identifiers.every((name) => request.parameters.has(name));
    const known = isTold ? this.#checked.get(key) : undefined;
    if (known !== undefined) {
      this.#checked.delete(key);
      this.#checked.set(key, known);
      return known;
    }
    const formatted = await format(connection, sql);
    const rules = await this.#rules(request);
    checkText(formatted, rules);
    const tree = await ask(connection, `EXPLAIN AST ${formatted}`, 'TabSeparatedRaw');
    checkSyntaxTree(tree, formatted, rules, DATA_MARKER);
    if (rules.tables !== undefined && isAboutSystem(tree, rules.tables.current))
      await checkHidden(connection, formatted, tree, request.user);
    // Such a parameter becomes part of the tree: what held for this value need not hold for the next. So the key must have the values of all.
    if (isTold && identifiersIn(formatted).every((name) => identifiers.includes(name))) this.#remember(key, formatted);
    return formatted;
  }

  async #rules({ user, mayWrite, mayReadAll, database }: GuardRequest): Promise<Rules> {
    const { database: own, knownFunctions, knownSettings, ask: askEngine } = this.#options;
    const known = { user, mayWrite, knownFunctions, knownSettings };
    if (mayReadAll) return { ...known, tables: undefined };
    const names = await askEngine('SELECT name FROM system.databases');
    const current = database === '' ? 'default' : database;
    const tables = {
      own,
      current,
      databases: new Set(names.split('\n')),
      currentTables: await tablesOf(askEngine, current, own),
    };
    return { ...known, tables };
  }

  #remember(key: string, formatted: string): void {
    if (key.length > MAX_REMEMBERED_CHARS) return;
    this.#checked.set(key, formatted);
    this.#chars += key.length + formatted.length;
    for (const [oldKey, old] of this.#checked) {
      if (this.#chars <= REMEMBERED_CHARS) break;
      this.#checked.delete(oldKey);
      this.#chars -= oldKey.length + old.length;
    }
  }
}

/** The names of the parameters that stand for names, as ClickHouse's formatter writes them. Of other texts some may be missing. */
function identifiersIn(sql: string): readonly string[] {
  return [...new Set(Array.from(sql.matchAll(/\{\s*(\w+)\s*:\s*Identifier\s*\}/gi), (match) => match[1]!))];
}

/** The names in the current database; none for the store's own, where all may be read. */
async function tablesOf(askEngine: GuardOptions['ask'], current: string, own: string): Promise<ReadonlySet<string>> {
  if (isOwnDatabase(current, own)) return new Set();
  const names = await askEngine(`SELECT name FROM system.tables WHERE database = ${quoteString(current)}`);
  return new Set(names.split('\n').filter((name) => name !== ''));
}

/** Asks ClickHouse itself which columns of its own tables a statement reads. */
async function checkHidden(connection: Connection, formatted: string, tree: string, user: string): Promise<void> {
  if (hiddenCheckOf(tree, user) === 'nothing') return;
  let queryTree: string;
  try {
    queryTree = await ask(connection, `EXPLAIN QUERY TREE ${formatted}`, 'TabSeparatedRaw');
  } catch (error) {
    throw queryTreeError(error);
  }
  checkQueryTree(queryTree, user);
}

/** Formats twice, because the first result may format differently once more; the second must be the last word. */
async function format(connection: Connection, sql: string): Promise<string> {
  const bytes = Buffer.from(sql, 'utf8');
  if (bytes.length > MAX_STATEMENT_BYTES) {
    throw engineError(
      'SYNTAX_ERROR',
      `Syntax error: Max query size exceeded: ${bytes.length} > ${MAX_STATEMENT_BYTES} bytes`,
    );
  }
  const nul = sql.indexOf('\0');
  if (nul >= 0) {
    throw engineError(
      'SYNTAX_ERROR',
      `Syntax error: the statement has a NUL byte at position ${nul + 1}; in a text write it as \\0, data of an INSERT may have it`,
    );
  }
  // As hex digits the text can't end its quotes, whatever is in it.
  const formatted = `formatQuerySingleLine(formatQuerySingleLine(unhex('${bytes.toString('hex')}')))`;
  let answer: string;
  try {
    answer = await ask(
      connection,
      `SELECT concat(toString(formatQuerySingleLine(${formatted} AS f) = f), f)`,
      'RawBLOB',
    );
  } catch (error) {
    throw syntaxError(error);
  }
  const text = answer.slice(1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the formatter writes none, so a text with one was not understood.
  if (answer[0] === '1' && text !== '' && !/[\x00-\x1f\x7f\ufffd]/.test(text)) return text;
  throw engineError('SYNTAX_ERROR', "Syntax error: the statement can't be written in one form");
}

/** The formatter's own error, without the statement of ours that called it. */
function syntaxError(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error;
  const at = error.message.search(/:? (?:In scope|while executing|While executing)[\s\S]*formatQuerySingleLine/);
  const message = (at < 0 ? error.message : error.message.slice(0, at)).slice(0, 2_000);
  if (/formatQuerySingleLine/.test(message)) return engineError('SYNTAX_ERROR', 'Syntax error', error);
  return new EngineError(error.code, error.codeName, message, { cause: error });
}

async function ask(connection: Connection, sql: string, outputFormat: string): Promise<string> {
  return Buffer.from((await connection.query(sql, outputFormat)).bytes).toString('utf8');
}
