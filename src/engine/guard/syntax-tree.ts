/**
 * What ClickHouse's parser made of a statement, checked against lists: `EXPLAIN AST` prints a node a line, indented by its depth.
 *
 * Names stand in these lines as they are, and one with a line break in it makes lines of its own. So every line is judged by itself: a
 * name can add lines, which can only bring more refusals, but it can't take the line of another node away, nor change its beginning.
 * Nodes that don't print all that they hold (`ColumnsApplyTransformer`, `ShowTables`, SETTINGS) are refused or compared as a whole.
 */
import { type EngineError, engineError } from '../errors.ts';
import { killRequestOf } from '../running-queries.ts';
import { isAllowedDefinition, isAllowedFunction, isAllowedTableFunction } from './functions.ts';
import { isAllowedSetting, refusedSetting } from './settings.ts';
import { isOwnDatabase, isReadableSystemTable, isSystemDatabase } from './tables.ts';

export interface Rules {
  /** For messages. */
  readonly user: string;
  readonly mayWrite: boolean;
  /** Which tables may be read; undefined: all. */
  readonly tables: TableRules | undefined;
  /** Lower case: all functions of the engine, so that the name of one that is refused is not taken for a column's. */
  readonly knownFunctions: ReadonlySet<string>;
  /** All settings of queries. */
  readonly knownSettings: ReadonlySet<string>;
}

export interface TableRules {
  /** The store's database, all of which may be read. */
  readonly own: string;
  /** The current database. */
  readonly current: string;
  /** All databases there are. */
  readonly databases: ReadonlySet<string>;
  /** The tables of the current database, unless that is the store's: behind IN a bare name may be one. */
  readonly currentTables: ReadonlySet<string>;
}

const selectKinds = kinds(`
  SelectWithUnionQuery SelectIntersectExceptQuery SelectQuery ExpressionList Identifier TableIdentifier Literal Function Asterisk
  QualifiedAsterisk Subquery WithElement TablesInSelectQuery TablesInSelectQueryElement TableExpression TableJoin ArrayJoin OrderByElement
  SampleRatio WindowDefinition WindowListElement InterpolateElement ColumnsRegexpMatcher ColumnsListMatcher QualifiedColumnsRegexpMatcher
  QualifiedColumnsListMatcher ColumnsTransformerList ColumnsExceptTransformer DescribeQuery`);

const writeKinds = kinds(`
  CreateQuery Columns Storage ColumnDeclaration DataType ASTObjectTypeArgument ObjectTypedPath NameTypePair Index Projection ProjectionSelectQuery
  Constraint TTLElement AlterQuery
  AlterCommand Partition Partition_ID Assignment InsertQuery Rename TruncateQuery DropQuery DetachQuery UndropQuery OptimizeQuery UseQuery
  DeleteQuery UpdateQuery CheckQuery ViewTargets Refresh TimeInterval Set`);

/** Statements whose nodes don't print what they hold: each is refused unless its whole text is one of these. */
const word = String.raw`(?:[A-Za-z_]\w*|\x60[A-Za-z_]\w*\x60)`;
const showPattern = new RegExp(
  `^(?:SHOW (?:TABLES|DATABASES|FUNCTIONS|ENGINES|SETTINGS|(?:COLUMNS|INDEXES) FROM ${word})(?: FROM ${word})?` +
    String.raw`(?: (?:NOT )?I?LIKE '[^'\\]*')?(?: LIMIT \d+)?` +
    `|EXISTS (?:TABLE|DATABASE|VIEW|TEMPORARY TABLE) ${word}(?:\\.${word})?` +
    `|SHOW CREATE (?:TABLE|VIEW|DATABASE) ${word}(?:\\.${word})?)$`,
);
const ownerPattern = new RegExp(
  `^(?:SHOW PROCESSLIST|SYSTEM (?:(?:STOP|START) (?:MERGES|TTL MERGES|MOVES|FETCHES)(?: ${word}(?:\\.${word})?)?` +
    '|FLUSH LOGS|FLUSH ASYNC INSERT QUEUE' +
    String.raw`|JEMALLOC PURGE|(?:DROP|CLEAR) [A-Z ]+ CACHE))$`,
);
/**
 * What stands in a statement's text and not in its tree: settings that place files, hold expressions or change the language, the
 * assignments of a TTL with GROUP BY, and changes of ClickHouse's own databases. The formatter writes each in this one form; a text that
 * looks the same is refused with them.
 */
const ownerRefused = new RegExp(
  String.raw`\b(?:disk|table_disk|default_table_engine|default_temporary_table_engine)\s*=` +
    String.raw`|\bTTL\b.*\bGROUP BY\b.*\bSET\b` +
    // Behind a dot it is a part of a longer name, such as of an attribute.
    String.raw`|^(?:DROP|DETACH|TRUNCATE|RENAME|EXCHANGE|UNDROP|ALTER|CREATE)\b.*(?<!\.)\b(?:system|information_schema|INFORMATION_SCHEMA)\b`,
);
/** How the formatter writes a setting, and a condition too. */
const assignment = /(?:^|[\s,(])`?([A-Za-z_]\w*)`?\s*=/g;
/** The columns of these stand in a text, whose expressions are run. */
const structured = /^\s*Function (?:input|values|SQLStandardValues)\b/i;
const structureExpression = /\b(?:DEFAULT|MATERIALIZED|ALIAS|EPHEMERAL|CODEC|TTL)\b/i;

/** Roots with texts of their own right below them, such as a comment or a condition. */
const definesOrDeletes = /^(?:Create|Alter|Delete|Update|Rename|Drop|Truncate|Detach|Undrop|Optimize|Use|Check|Set)/;

function kinds(names: string): ReadonlySet<string> {
  return new Set(names.trim().split(/\s+/));
}

/**
 * Checks the tree of the statement `sql`, which is text that ClickHouse's formatter wrote. `marker` is the path that an INSERT may read its
 * data from. Throws EngineError at the first thing that is not allowed.
 */
export function checkSyntaxTree(tree: string, sql: string, rules: Rules, marker: string): void {
  // Never run: running-queries.ts answers it.
  if (killRequestOf(sql) !== undefined) return;
  const lines = tree.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (showPattern.test(sql) || (rules.mayWrite && ownerPattern.test(sql))) {
    checkShow(sql, lines, rules);
    return;
  }
  if (structureExpression.test(sql) && lines.some((line) => structured.test(line))) {
    throw denied(rules, 'columns with expressions in the structure of a table function are');
  }
  const root = lines[0]?.split(' ')[0] ?? '';
  if (definesOrDeletes.test(root) && sql.includes('INTO OUTFILE')) throw intoOutfile();
  let previous = '';
  for (const line of lines) {
    const depth = line.length - line.trimStart().length;
    const [kind = '', name = ''] = line.trimStart().split(' ', 2);
    checkNode({ kind, name, depth, previous, root, line }, rules, marker);
    previous = kind;
  }
}

interface Node {
  readonly kind: string;
  /** The first word behind the kind. */
  readonly name: string;
  readonly depth: number;
  /** The kind of the line before. */
  readonly previous: string;
  readonly root: string;
  readonly line: string;
}

function checkNode(node: Node, rules: Rules, marker: string): void {
  const { kind, name, depth, root } = node;
  if (kind === 'Explain' && depth === 0) return;
  if (kind === 'Set' && !rules.mayWrite) {
    // A subquery's settings would pass the connection's `readonly`; those of EXPLAIN itself are no settings of queries.
    if (root === 'Explain' && depth === 1) return;
    throw engineError('READONLY', `${rules.user}: Cannot modify settings in a statement in readonly mode`);
  }
  if (!selectKinds.has(kind) && !(rules.mayWrite && writeKinds.has(kind))) throw refusedKind(node, rules);
  // A format and a file stand right below the root.
  if (kind === 'Literal' && depth === 1 && !definesOrDeletes.test(root)) checkFile(node, rules, marker);
  if (kind === 'Function') checkFunction(node, rules);
  if (kind === 'Identifier') checkIdentifier(name, rules);
  if (kind === 'TableIdentifier' && rules.tables !== undefined) checkTable(name, rules, rules.tables);
}

function refusedKind({ kind, depth }: Node, rules: Rules): EngineError {
  if (!rules.mayWrite && depth === 0) {
    return engineError('READONLY', `${rules.user}: Cannot execute query in readonly mode`);
  }
  return denied(rules, `statements with ${kind.slice(0, 80)} are`);
}

function checkFile({ line, root }: Node, rules: Rules, marker: string): void {
  if (root === 'InsertQuery' && rules.mayWrite && (line === ` Literal '${marker}'` || line === " Literal 'none'"))
    return;
  if (root === 'InsertQuery') {
    throw engineError('SUPPORT_IS_DISABLED', 'FROM INFILE is not allowed over HTTP, send the data in the body');
  }
  throw intoOutfile();
}

function intoOutfile(): EngineError {
  return engineError('INTO_OUTFILE_NOT_ALLOWED', 'INTO OUTFILE is not allowed over HTTP, the answer is the result');
}

function checkFunction({ name, previous }: Node, rules: Rules): void {
  if (previous === 'TableExpression') {
    if (isAllowedTableFunction(name) || (rules.mayWrite && name === 'input')) return;
  } else if (isAllowedFunction(name) || (rules.mayWrite && isAllowedDefinition(name))) return;
  if (!rules.knownFunctions.has(name.toLowerCase()) && previous !== 'TableExpression' && previous !== 'Storage') {
    throw engineError('UNKNOWN_FUNCTION', `Function with name ${name.slice(0, 80)} does not exist`);
  }
  throw denied(
    rules,
    `${previous === 'TableExpression' ? 'the table function' : 'the function'} ${name.slice(0, 80)} is`,
  );
}

/** A bare name may be a function that another one calls (`arrayMap(file, …)`), and behind IN a table. */
function checkIdentifier(name: string, rules: Rules): void {
  if (rules.knownFunctions.has(name.toLowerCase()) && !isAllowedFunction(name)) {
    throw denied(rules, `the name ${name.slice(0, 80)}, which is that of a function, is`);
  }
  const { tables } = rules;
  if (tables === undefined) return;
  if (tables.currentTables.has(name) && !isReadableSystemTable(tables.current, name)) throw deniedTable(name, rules);
  const dot = name.indexOf('.');
  if (dot < 0) return;
  const database = name.slice(0, dot);
  if (isOwnDatabase(database, tables.own) || !tables.databases.has(database)) return;
  const table = name.slice(dot + 1).split('.')[0]!;
  if (!isReadableSystemTable(database, table)) throw deniedTable(name, rules);
}

function checkTable(name: string, rules: Rules, { own, current }: TableRules): void {
  const match = /^(?:([A-Za-z_]\w*)\.)?([A-Za-z_]\w*)$/.exec(name);
  if (match === null) throw deniedTable(name, rules);
  const database = match[1] ?? current;
  if (isOwnDatabase(database, own) || isReadableSystemTable(database, match[2]!)) return;
  throw deniedTable(name, rules);
}

function checkShow(sql: string, lines: readonly string[], rules: Rules): void {
  if (rules.tables === undefined || !/^(?:SHOW CREATE|EXISTS) (?!TEMPORARY)/.test(sql)) return;
  const names = lines.slice(1).map((line) => line.trim().replace(/^Identifier /, ''));
  const isOfDatabase = /^(?:SHOW CREATE|EXISTS) DATABASE/.test(sql);
  const database = names.length > 1 || isOfDatabase ? names[0] : rules.tables.current;
  if (!isOwnDatabase(database ?? '', rules.tables.own) && !isSystemDatabase(database ?? ''))
    throw deniedTable(names.join('.'), rules);
}

function denied({ user }: Rules, what: string): EngineError {
  return engineError('ACCESS_DENIED', `${user}: Not enough privileges. Here ${what} not allowed`);
}

function deniedTable(name: string, { user, tables }: Rules): EngineError {
  const shown = name.slice(0, 80);
  return engineError(
    'ACCESS_DENIED',
    `${user}: Not enough privileges. The table ${shown} is neither in ${tables?.own ?? ''} nor one of ClickHouse's own that ${user} may read`,
  );
}

/**
 * Checks what can be seen in the formatted text alone, before ClickHouse plans anything: EXPLAIN AST itself obeys the settings of the statement
 * behind it. Throws EngineError.
 */
export function checkText(sql: string, rules: Rules): void {
  // A reader's connection is read-only, and ClickHouse refuses all settings there.
  if (!rules.mayWrite) return;
  if (ownerRefused.test(sql))
    throw denied(rules, 'such settings, and changes of the databases of ClickHouse itself, are');
  for (const [, name] of sql.matchAll(assignment)) {
    if (rules.knownSettings.has(name!) && !isAllowedSetting(name!, true)) throw refusedSetting(name!, rules.user, true);
  }
}
