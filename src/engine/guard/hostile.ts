/** Statements as an attacker would write them, from a seed: the same ideas in spellings that a reader of SQL would have to know. */

export interface Canary {
  /** A file with a secret in it. */
  readonly secretPath: string;
  /** A folder that must stay empty. */
  readonly emptyFolder: string;
  /** `host:port` that must stay silent. */
  readonly silentAddress: string;
}

/** A generator of numbers in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What each is about; F, T and U stand for the canaries, NAME(x) for a name in some spelling, TEXT(x) for a text in some. */
const ideas = [
  'SELECT NAME(file)(TEXT(F))',
  'SELECT * FROM NAME(file)(TEXT(F), TEXT(LineAsString))',
  'SELECT NAME(arrayMap)(NAME(file), [TEXT(F)])',
  'SELECT NAME(arrayMap)(x -> NAME(file)(x), [TEXT(F)])',
  'WITH NAME(file) AS f SELECT arrayMap(f, [TEXT(F)])',
  'SELECT * FROM (SELECT * FROM NAME(view)(SELECT NAME(file)(TEXT(F)) AS a))',
  'WITH c AS (SELECT NAME(file)(TEXT(F)) AS a) SELECT a FROM c',
  'SELECT 1 WHERE NAME(file)(TEXT(F)) != TEXT()',
  'SELECT count() FROM numbers(3) ORDER BY NAME(file)(TEXT(F))',
  'SELECT sum(number) OVER (PARTITION BY NAME(file)(TEXT(F))) FROM numbers(3)',
  'SELECT number FROM numbers(3) ORDER BY number WITH FILL FROM length(NAME(file)(TEXT(F))) TO 9',
  'SELECT * APPLY(NAME(file)) FROM (SELECT TEXT(F) AS a)',
  'SELECT * APPLY(x -> NAME(file)(x)) FROM (SELECT TEXT(F) AS a)',
  'SELECT * REPLACE(NAME(file)(a) AS a) FROM (SELECT TEXT(F) AS a)',
  'SELECT number FROM numbers(2) ARRAY JOIN [NAME(file)(TEXT(F))] AS a',
  'SELECT 1 LIMIT length(NAME(file)(TEXT(F)))',
  'SELECT 1 AS a GROUP BY GROUPING SETS ((NAME(file)(TEXT(F))))',
  'SELECT CASE WHEN NAME(file)(TEXT(F)) = TEXT() THEN 1 END',
  'SELECT 1 IN (SELECT length(NAME(file)(TEXT(F))))',
  'SELECT EXISTS(SELECT NAME(file)(TEXT(F)))',
  'SHOW TABLES WHERE name = NAME(file)(TEXT(F)) OR 1',
  'DESCRIBE TABLE NAME(file)(TEXT(F), TEXT(CSV))',
  'EXPLAIN SYNTAX SELECT NAME(file)(TEXT(F))',
  'EXPLAIN QUERY TREE SELECT NAME(file)(TEXT(F))',
  'EXPLAIN PIPELINE SELECT * FROM NAME(url)(TEXT(http://U/x), TEXT(CSV), TEXT(a String))',
  'SELECT * FROM NAME(url)(TEXT(http://U/x), TEXT(CSV), TEXT(a String))',
  'SELECT * FROM NAME(url)(TEXT(file://F), TEXT(LineAsString))',
  'SELECT * FROM NAME(s3)(TEXT(http://U/bucket/x), NAME(NOSIGN), TEXT(CSV), TEXT(a String))',
  'SELECT * FROM NAME(remote)(TEXT(U), NAME(system).NAME(one))',
  'SELECT * FROM NAME(remoteSecure)(TEXT(U), system.one)',
  'SELECT * FROM NAME(mysql)(TEXT(U), TEXT(a), TEXT(b), TEXT(c), TEXT(d))',
  'SELECT * FROM NAME(postgresql)(TEXT(U), TEXT(a), TEXT(b), TEXT(c), TEXT(d))',
  'SELECT * FROM NAME(mongodb)(TEXT(U), TEXT(a), TEXT(b), TEXT(c), TEXT(d), TEXT(a String))',
  'SELECT * FROM NAME(redis)(TEXT(U), TEXT(a), TEXT(a String))',
  'SELECT NAME(hasColumnInTable)(TEXT(U), TEXT(a), TEXT(b), TEXT(c), TEXT(d), TEXT(e))',
  'SELECT * FROM NAME(deltaLake)(TEXT(http://U/b/))',
  'SELECT * FROM NAME(icebergLocal)(TEXT(T))',
  'SELECT * FROM NAME(sqlite)(TEXT(T/x.db), TEXT(t))',
  'SELECT * FROM NAME(executable)(TEXT(id > T/o), TEXT(TSV), TEXT(a String))',
  'SELECT * FROM NAME(merge)(TEXT(private), TEXT(.*))',
  'SELECT * FROM NAME(loop)(NAME(private).NAME(canary))',
  'SELECT * FROM NAME(private).NAME(canary)',
  'SELECT TEXT(private) IN NAME(private).NAME(canary)',
  'SELECT TEXT(private) IN (NAME(private).NAME(canary))',
  'SELECT * FROM NAME(system).NAME(processes)',
  'SELECT NAME(path) FROM NAME(system).NAME(disks)',
  'SELECT * FROM NAME(system).NAME(databases)',
  'SELECT NAME(arrayMap)(x -> x, NAME(data_paths)) FROM NAME(system).NAME(tables)',
  'SELECT (SELECT NAME(any)(NAME(path)) FROM NAME(system).NAME(parts)) AS a',
  'SELECT database, name FROM NAME(system).NAME(tables) AS NAME(t)',
  'SELECT * FROM (SELECT 1 SETTINGS max_threads = 7)',
  'SELECT * FROM (SELECT number FROM numbers(3) SETTINGS additional_result_filter = TEXT(file(\\x27F\\x27) != 1))',
  'SELECT 1 SETTINGS readonly = 0',
  'SELECT 1 INTO OUTFILE TEXT(T/o)',
  '(SELECT 1) INTO OUTFILE TEXT(T/o) TRUNCATE',
  'EXPLAIN SELECT 1 INTO OUTFILE TEXT(T/o)',
  'SHOW DATABASES INTO OUTFILE TEXT(T/o)',
  'SELECT 1 AS a FORMAT NAME(Template) SETTINGS format_template_row = TEXT(F)',
  'SELECT 1 AS a FORMAT NAME(CapnProto) SETTINGS format_schema = TEXT(F:x)',
  'INSERT INTO FUNCTION NAME(file)(TEXT(T/o), TEXT(CSV), TEXT(a String)) SELECT TEXT(x)',
  'INSERT INTO NAME(private).NAME(canary) SELECT TEXT(x)',
  'INSERT INTO NAME(private).NAME(canary) VALUES (TEXT(x))',
  'INSERT INTO NAME(private).NAME(canary) FROM INFILE TEXT(F) FORMAT LineAsString',
  'TRUNCATE TABLE NAME(private).NAME(canary)',
  'DROP DATABASE NAME(private)',
  'ALTER TABLE NAME(private).NAME(canary) DELETE WHERE 1',
  'DELETE FROM NAME(private).NAME(canary) WHERE 1',
  'CREATE DATABASE x ENGINE = NAME(Filesystem)',
  'CREATE TABLE default.t (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local, path = TEXT(T/))',
  'CREATE DICTIONARY default.d (id UInt64) PRIMARY KEY id SOURCE(NAME(EXECUTABLE)(command TEXT(id > T/o) format TEXT(CSV))) LAYOUT(FLAT()) LIFETIME(0)',
  'CREATE FUNCTION f AS (x) -> NAME(file)(x)',
  'CREATE TEMPORARY TABLE x (a UInt8)',
  'BACKUP TABLE NAME(private).NAME(canary) TO NAME(File)(TEXT(T/b.zip))',
  'ATTACH TABLE default.at FROM TEXT(T) (a UInt8) ENGINE = MergeTree ORDER BY a',
  'SYSTEM SHUTDOWN',
  'KILL QUERY WHERE 1',
  'SET readonly = 0',
  'SET param_x = 1',
  'USE NAME(private)',
  'CREATE USER x',
  'SELECT 1 PARALLEL WITH TRUNCATE TABLE NAME(private).NAME(canary)',
] as const;

/** Put around a statement: what hides a second one, or the first. */
const wrappings: readonly ((statement: string, pick: (count: number) => number) => string)[] = [
  (s) => s,
  (s) => s,
  (s) => `${s};`,
  (s) => `-- x\n${s} -- y`,
  (s) => `/* ; */ ${s} /* ' */`,
  (s) => `#! x\n${s}`,
  (s) => `SELECT 1; ${s}`,
  (s) => `SELECT 1 AS “'”; ${s} -- '`,
  (s) => `SELECT 1 AS “'”, 2 ;${s} -- '”`,
  (s) => `SELECT $$;$$; ${s}`,
  (s) => `SELECT $a$ ' $a$; ${s} -- '`,
  (s) => `SELECT '\\'; ${s} -- '`,
  (s) => `SELECT "a\\"; ${s} -- "`,
  (s) => `SELECT \`a\\\`; ${s} -- \``,
  (s) => `SELECT 1 /* /* */; ${s} -- */`,
  (s) => `EXPLAIN AST SELECT 1; ${s}`,
  (s) => `EXPLAIN ${s}`,
  (s) => `EXPLAIN AST ${s}`,
  (s) => `(${s})`,
  (s) => `SELECT * FROM (${s})`,
  (s) => `SELECT (${s})`,
  (s) => `SELECT 1 UNION ALL ${s}`,
  (s) => `WITH a AS (SELECT 1) ${s}`,
  (s) => `${s} FORMAT Null; ${s}`,
  (s) => `SELECT 1 FORMAT CSV ${s}`,
  (s) => `SELECT 1\0; ${s}`,
  (s) => `SELECT 'a' AS \`b\n Literal 1\`, (${s})`,
  (s) => `SELECT \`x\\n      Function plus\`, (${s})`,
  (s) => `INSERT INTO t VALUES (1); ${s}`,
  (s) => `INSERT INTO t FORMAT CSV\n1\n\n;${s}`,
];

const blanks = [
  ' ',
  ' ',
  ' ',
  '\t',
  '\n',
  '\r\n',
  '\f',
  '\v',
  '\u00a0',
  '\u2003',
  '\u3000',
  '\u200b',
  '\ufeff',
  '/**/',
  ' -- x\n',
  ' # x\n',
];

/** The next statement. */
export function hostileStatement(random: () => number, { secretPath, emptyFolder, silentAddress }: Canary): string {
  const pick = (count: number): number => Math.floor(random() * count);
  const idea = ideas[pick(ideas.length)]!;
  const placed = idea.replaceAll(/(?<![A-Z])([FTU])(?=[)/:\\ ]|\/x|$)/g, (_, letter: string) =>
    letter === 'F' ? secretPath : letter === 'T' ? emptyFolder : silentAddress,
  );
  const spelled = placed
    .replaceAll(/NAME\((\w*)\)/g, (_, name: string) => spellName(name, pick))
    .replaceAll(/TEXT\(((?:[^()]|\([^()]*\))*)\)/g, (_, text: string) => spellText(text, pick));
  const spaced = spelled.replaceAll(' ', () => (pick(12) === 0 ? blanks[pick(blanks.length)]! : ' '));
  return wrappings[pick(wrappings.length)]!(spaced, pick);
}

function spellName(name: string, pick: (count: number) => number): string {
  const at = pick(name.length);
  const code = name.charCodeAt(at).toString(16).padStart(2, '0');
  const escaped = `${name.slice(0, at)}\\x${code}${name.slice(at + 1)}`;
  return [
    name,
    name.toUpperCase(),
    `\`${name}\``,
    `"${name}"`,
    `“${name}”`,
    `‘${name}’`,
    `\`${escaped}\``,
    `"${escaped}"`,
    `“${escaped}”`,
    `\`${name}\` `,
    `/**/${name}/**/`,
    `${name}\u00a0`,
  ][pick(12)]!;
}

function spellText(text: string, pick: (count: number) => number): string {
  const at = pick(Math.max(text.length, 1));
  const code = (text.charCodeAt(at) || 0x20).toString(16).padStart(2, '0');
  return [
    `'${text}'`,
    `$$${text}$$`,
    `$x$${text}$x$`,
    `‘${text}’`,
    text === '' ? "''" : `'${text.slice(0, at)}\\x${code}${text.slice(at + 1)}'`,
    `concat('${text.slice(0, at)}', '${text.slice(at)}')`,
    `unhex('${Buffer.from(text).toString('hex')}')`,
    `{secret:String}`,
  ][pick(text.startsWith('/') ? 8 : 7)]!;
}
