import { describe, expect, test } from 'vitest';
import { refuseFileAccess, refuseFileAccessInValues } from './file-access.ts';

describe('refuseFileAccess', () => {
  test.each([
    "SELECT * FROM file('x')",
    "SELECT * FROM FILE /* c */ ('x')",
    'SELECT "file"(\'x\')',
    "SELECT * FROM loop(`file`('x'))",
    'CREATE TABLE t (a UInt8) ENGINE = File(CSV)',
    'CREATE DATABASE d ENGINE = Filesystem',
    "CREATE DATABASE d ENGINE = SQLite('x')",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(EXECUTABLE(COMMAND 'x' FORMAT CSV)) LAYOUT(FLAT())",
    "SELECT * FROM url('file:///etc/passwd')",
    "SELECT * FROM url(concat('file', ':///x'))",
    'SELECT * FROM url({x:String})',
    "SELECT * FROM eval('SELECT 1')",
  ])('refuses %s', (sql) => {
    expect(() => refuseFileAccess(sql)).toThrow(/is not allowed here/);
  });

  test.each([
    "SELECT 'file(1)' -- file(2)",
    'SELECT file, url FROM t WHERE url IN (1)',
    'INSERT INTO t (file, url) SELECT 1, 2',
    "SELECT * FROM url('https://example.org/data.csv', CSV)",
    "SELECT * FROM s3('https://bucket.example.org/x')",
    'SELECT domain(url), path(file) FROM t',
  ])('lets pass %s', (sql) => {
    expect(() => refuseFileAccess(sql)).not.toThrow();
  });
});

test('values: calls are refused, texts are not', () => {
  expect(() => refuseFileAccessInValues(Buffer.from("(1, file('/etc/passwd'))"))).toThrow(/FILE/);
  expect(() => refuseFileAccessInValues(Buffer.from("(1, 'file(1)'), (2, 'it''s a file (2)')"))).not.toThrow();
});
