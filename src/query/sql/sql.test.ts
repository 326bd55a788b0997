import { expect, test } from 'vitest';
import { allOf, anyOf, Bound, id, msToNs, sql, text, timeMs } from './sql.ts';

test('values become parameters, and equal ones share a name', () => {
  const evil = "x'; DROP TABLE spans; --";
  const condition = anyOf([sql`name = ${text(evil)}`, sql`service_name = ${text(evil)}`]);
  const { text: statement, params } = sql`SELECT 1 WHERE ${allOf([condition, sql`kind = ${text('2')}`])}`.render();
  expect(statement).toBe(
    'SELECT 1 WHERE ((((name = {p0:String}) OR (service_name = {p0:String}))) AND (kind = {p1:String}))',
  );
  expect(params).toEqual({ p0: evil, p1: '2' });
});

test('no conditions: all of them hold, none of any', () => {
  expect(allOf([]).render().text).toBe('1');
  expect(anyOf([]).render().text).toBe('0');
});

test('ids are filled with zeros in front', () => {
  expect(id('ABC', 8).render().params).toEqual({ p0: '0000000000000abc' });
});

test('times keep nanoseconds', () => {
  expect(msToNs(1_700_000_000_123)).toBe(1_700_000_000_123_000_000n);
  expect(msToNs(1.5)).toBe(1_500_000n);
  expect(timeMs(2).render().params).toEqual({ p0: '2000000' });
});

test('a value that stands alone has a parameter of its own, whatever the others are', () => {
  const alone = (value: number): Bound => new Bound('UInt8', value, { isAlone: true });
  const statement = (first: number, second: number): string =>
    sql`SELECT ${alone(first)}, ${alone(second)}, ${text('a')}, ${text('a')}`.render().text;
  expect(statement(1, 2)).toBe('SELECT {p0:UInt8}, {p1:UInt8}, {p2:String}, {p2:String}');
  expect(statement(1, 1)).toBe(statement(1, 2));
});
