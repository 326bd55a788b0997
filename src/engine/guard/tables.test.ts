import { expect, test } from 'vitest';
import { tenantFilters } from './tables.ts';

test('a request may narrow tables of the store to one tenant, whatever the name has in it', () => {
  expect(
    tenantFilters("{'signalbox.spans': 'tenant = \\'\\'', 'signalbox.logs':'tenant = \\'a\\''}", 'signalbox'),
  ).toBe("'signalbox.spans': 'tenant = \\'\\'', 'signalbox.logs': 'tenant = \\'a\\''");
  // The name is a'b\c, quoted twice.
  const twice = "{'signalbox.spans': 'tenant = \\'a\\\\\\'b\\\\\\\\c\\''}";
  expect(`{${tenantFilters(twice, 'signalbox')}}`).toBe(twice);
});

test.each([
  ['another condition', "{'signalbox.spans': '1'}"],
  ['a condition behind it', "{'signalbox.spans': 'tenant = \\'a\\' OR 1'}"],
  ['a function', "{'signalbox.spans': 'tenant = file(\\'/etc/passwd\\')'}"],
  ['a quote that ends the text', "{'signalbox.spans': 'tenant = \\'a\\\\\\\\\\' OR \\'\\''}"],
  ['a table of ClickHouse', "{'system.tables': 'tenant = \\'a\\''}"],
  ['a name with a dot', "{'signalbox.a.b': 'tenant = \\'a\\''}"],
  ['something behind it', "{'signalbox.spans': 'tenant = \\'a\\''} x"],
  ['no map', 'x'],
  ['nothing', ''],
])('refuses %s', (_, value) => {
  expect(() => tenantFilters(value, 'signalbox')).toThrow('additional_table_filters may have');
});
