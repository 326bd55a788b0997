import { describe, expect, test } from 'vitest';
import type { Body } from './body.ts';
import { type InsertPlan, planQuery } from './plan.ts';

function body(text: string): Body {
  return { head: Buffer.from(text, 'utf8'), rest: undefined };
}

function insert(url: string, text: string): { sql: string; data: string } {
  const plan = planQuery(url, body(text)) as InsertPlan;
  expect(plan.kind).toBe('insert-data');
  return { sql: plan.withFile(plan.sql, '/f'), data: plan.data.toString() };
}

describe('an INSERT reads its data from a file', () => {
  const from = "FROM INFILE '/f' COMPRESSION 'none'";
  test.each([
    { url: 'INSERT INTO t FORMAT CSV', text: '1\n', sql: `INSERT INTO t ${from} FORMAT CSV`, data: '1\n' },
    { url: '', text: 'INSERT INTO t FORMAT CSV\n\n1', sql: `INSERT INTO t ${from} FORMAT CSV`, data: '\n1' },
    { url: '', text: 'INSERT INTO t FORMAT CSV 1', sql: `INSERT INTO t ${from} FORMAT CSV`, data: '1' },
    { url: 'INSERT INTO t (a)', text: 'VALUES (1)', sql: `INSERT INTO t (a) ${from} FORMAT Values`, data: '(1)' },
    { url: 'INSERT INTO t VALUES (1),', text: '(2)', sql: `INSERT INTO t ${from} FORMAT Values`, data: '(1),\n(2)' },
    { url: 'INSERT INTO t VALUES (1)', text: '', sql: `INSERT INTO t ${from} FORMAT Values`, data: '(1)' },
    {
      url: 'INSERT INTO t SETTINGS a = 1 FORMAT CSV SETTINGS b = 2',
      text: 'SETTINGS',
      sql: `INSERT INTO t ${from} SETTINGS a = 1, b = 2 FORMAT CSV`,
      data: 'SETTINGS',
    },
    { url: '', text: 'INSERT INTO `é` FORMAT CSV\né', sql: `INSERT INTO \`é\` ${from} FORMAT CSV`, data: 'é' },
    {
      url: "INSERT INTO t SELECT a + 1 FROM input('a UInt8') FORMAT CSV",
      text: '1',
      sql: "INSERT INTO t SELECT a + 1 FROM file('/f', `CSV`, 'a UInt8')",
      data: '1',
    },
  ])('$url | $text', ({ url, text, sql, data }) => {
    expect(insert(url, text)).toEqual({ sql, data });
  });
});

describe('queries', () => {
  test.each([
    { url: 'SELECT 1', text: '', plan: { kind: 'select', sql: 'SELECT 1', format: undefined } },
    { url: 'SELECT', text: '1', plan: { kind: 'select', sql: 'SELECT\n1', format: undefined } },
    { url: '', text: 'SELECT 1 FORMAT CSV;', plan: { kind: 'select', sql: 'SELECT 1 ;', format: 'CSV' } },
    {
      url: '',
      text: 'INSERT INTO t SELECT 1;',
      plan: { kind: 'insert-select', sql: 'INSERT INTO t SELECT 1;', format: undefined },
    },
    { url: '', text: 'DROP TABLE t', plan: { kind: 'control', sql: 'DROP TABLE t', format: undefined } },
  ])('$url | $text', ({ url, text, plan }) => {
    expect(planQuery(url, body(text))).toEqual(plan);
  });

  test('no text is refused', () => {
    expect(() => planQuery('', body(''))).toThrow(expect.objectContaining({ codeName: 'SYNTAX_ERROR' }));
  });
});
