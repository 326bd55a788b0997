import { createHash } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { Connection } from './chdb.ts';
import { printGrants } from './grants.ts';
import { temporaryFolder } from './testing.ts';

const folder = temporaryFolder();
const connection = new Connection(folder.path);
afterAll(() => {
  connection.close();
  folder.remove();
});

const options = { database: 'signalbox', writerPassword: 'w$%^', readerPassword: "r'x" };

test('every statement is one that ClickHouse reads, and none has a password in it', async () => {
  const statements = printGrants(options);
  for (const statement of statements) {
    const hex = Buffer.from(statement).toString('hex');
    await expect(connection.query(`SELECT formatQuerySingleLine(unhex('${hex}'))`)).resolves.toBeDefined();
  }
  const text = statements.join('\n');
  expect(text).not.toContain(options.writerPassword);
  expect(text).not.toContain(options.readerPassword);
  expect(text).toContain(createHash('sha256').update(options.writerPassword).digest('hex'));
});

test('the reader is not given the columns that tell where files lie', () => {
  const statements = printGrants(options);
  const revoked = statements.indexOf('REVOKE SELECT(path, cache_path) ON system.disks FROM reader;');
  expect(revoked).toBeGreaterThan(statements.indexOf('GRANT SELECT ON system.disks TO signalbox, reader;'));
});

test('the reader gets nothing but SELECT, on the database and single tables of ClickHouse', () => {
  const ofReader = printGrants(options).filter((statement) => /TO .*reader;$/.test(statement));
  expect(ofReader.length).toBeGreaterThan(10);
  for (const statement of ofReader) {
    expect(statement).toMatch(
      /^GRANT SELECT ON (?:`signalbox(?:_views)?`\.\*|system\.\w+) TO (?:signalbox, )?reader;$/,
    );
  }
});
