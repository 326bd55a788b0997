import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoteName, quoteString, readStatement, tokens } from './sql-text.ts';

describe('readStatement', () => {
  test.each([
    { sql: 'SELECT 1', kind: 'select' },
    { sql: ' -- c\n/* c */ (select 1)', kind: 'select' },
    { sql: 'FROM numbers(1) SELECT number', kind: 'select' },
    { sql: 'WITH x AS (SELECT 1) SELECT * FROM x', kind: 'select' },
    { sql: 'WITH 1 AS x INSERT INTO t SELECT x', kind: 'insert-select' },
    { sql: 'INSERT INTO t SELECT 1', kind: 'insert-select' },
    { sql: 'INSERT INTO t (a, b) VALUES (1, 2)', kind: 'insert-data' },
    { sql: 'insert into t format Native', kind: 'insert-data' },
    { sql: 'describe table t', kind: 'show' },
    { sql: 'EXPLAIN SELECT 1', kind: 'show' },
    { sql: 'CREATE TABLE select (a UInt8)', kind: 'control' },
    { sql: '', kind: 'control' },
  ])('$sql is $kind', ({ sql, kind }) => {
    expect(readStatement(sql).kind).toBe(kind);
  });

  test.each([
    { sql: 'SELECT 1 FORMAT JSON', format: 'JSON' },
    { sql: "SELECT 'FORMAT TSV' FORMAT JSON -- FORMAT CSV", format: 'JSON' },
    { sql: 'SELECT 1 format JSON settings max_threads = 1, x = 2', format: 'JSON' },
    { sql: 'SELECT 1 SETTINGS max_threads = 1 FORMAT `JSON`;', format: '`JSON`' },
    { sql: 'SELECT format FROM t', format: undefined },
    { sql: 'SELECT number AS format FORMAT CSV', format: 'CSV' },
    { sql: 'SELECT * FROM (SELECT 1 FORMAT TSV)', format: undefined },
    { sql: 'SELECT $$ FORMAT JSON', format: 'JSON' },
    { sql: 'SELECT $x$ FORMAT JSON $x$', format: undefined },
  ])('the FORMAT of $sql', ({ sql, format }) => {
    expect(readStatement(sql).format?.name).toBe(format);
  });

  test.each([
    { sql: 'SELECT 1;', end: 8, hasMore: false },
    { sql: 'SELECT 1; -- nothing', end: 8, hasMore: false },
    { sql: 'SELECT 1; SELECT 2', end: 8, hasMore: true },
    { sql: "SELECT ';'; ;", end: 10, hasMore: true },
    { sql: 'SELECT `;` /* ; */ + $a$;$a$', end: 28, hasMore: false },
  ])('where $sql ends', ({ sql, end, hasMore }) => {
    expect(readStatement(sql)).toMatchObject({ end, hasMore });
  });

  test('the head of an INSERT, and never its data', () => {
    const sql = "INSERT INTO t (format) SETTINGS a = 1 FORMAT CSV\n; SELECT '";
    expect(readStatement(sql)).toMatchObject({
      kind: 'insert-data',
      insert: {
        format: 'CSV',
        clauseStart: sql.indexOf('SETTINGS'),
        formatStart: sql.indexOf('FORMAT CSV'),
        headEnd: 48,
      },
      hasMore: false,
    });
  });
});

test('quoted texts and names are one token each, whatever is in them', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, name) => {
      const found = [...tokens(`${quoteString(text)} ${quoteName(name)} end`)];
      expect(found.map(({ kind }) => kind)).toEqual(['text', 'name', 'word']);
      expect(found[2]!.value).toBe('END');
    }),
  );
});

test('any text is read to its end', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...`'"\`\\;()-/*#$ \nab`) }), (sql) => {
      let at = 0;
      for (const token of tokens(sql)) {
        expect(token.start).toBeGreaterThanOrEqual(at);
        expect(token.end).toBeGreaterThan(token.start);
        at = token.end;
      }
      expect(at).toBeLessThanOrEqual(sql.length);
      readStatement(sql);
    }),
  );
});
