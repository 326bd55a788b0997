import fc from 'fast-check';
import { expect, test } from 'vitest';
import { integer, readBlock, size, strictObject, text } from './index.ts';
import { type ConfigNode, nodeAt } from './node.ts';
import { plainScalar, TypedScalar } from './scalar.ts';
import { parseYaml } from './yaml-node.ts';

/** What otelcol 0.159 answered (confmap.NewRetrievedFromYAML of `v: …`): the YAML, the type, and the value as Go prints it. */
const ANSWERS: readonly (readonly [string, 'int' | 'float' | 'string' | 'bool' | 'null' | 'time' | 'error', string])[] =
  [
    ['1', 'int', '1'],
    ['0', 'int', '0'],
    ['-0', 'int', '0'],
    ['+1', 'int', '1'],
    ['-1', 'int', '-1'],
    ['9007199254740993', 'int', '9007199254740993'],
    ['9223372036854775807', 'int', '9223372036854775807'],
    ['9223372036854775808', 'int', '9223372036854775808'],
    ['18446744073709551615', 'int', '18446744073709551615'],
    ['18446744073709551616', 'float', '1.8446744073709552e+19'],
    ['123456789012345678901234567890', 'float', '1.2345678901234568e+29'],
    ['-9223372036854775808', 'int', '-9223372036854775808'],
    ['-9223372036854775809', 'float', '-9.223372036854776e+18'],
    ['1.0', 'float', '1'],
    ['1.', 'float', '1'],
    ['.5', 'float', '0.5'],
    ['-.5', 'float', '-0.5'],
    ['+.5', 'float', '0.5'],
    ['0.1', 'float', '0.1'],
    ['1.10', 'float', '1.1'],
    ['1e3', 'float', '1000'],
    ['1E3', 'float', '1000'],
    ['1e+3', 'float', '1000'],
    ['1.5e3', 'float', '1500'],
    ['1e400', 'string', '1e400'],
    ['-1e400', 'string', '-1e400'],
    ['1e-400', 'float', '0'],
    ['9007199254740993.0', 'float', '9.007199254740992e+15'],
    ['0.1000000000000000055511151231257827', 'float', '0.1'],
    ['0755', 'int', '493'],
    ['0o17', 'int', '15'],
    ['0O17', 'int', '15'],
    ['0o8', 'string', '0o8'],
    ['-0o17', 'int', '-15'],
    ['08', 'float', '8'],
    ['09.5', 'float', '9.5'],
    ['00', 'int', '0'],
    ['0x1F', 'int', '31'],
    ['0X1F', 'int', '31'],
    ['0xg', 'string', '0xg'],
    ['-0x1F', 'int', '-31'],
    ['+0x1F', 'int', '31'],
    ['0b11', 'int', '3'],
    ['-0b11', 'int', '-3'],
    ['0b2', 'string', '0b2'],
    ['1_000', 'int', '1000'],
    ['1_0.5', 'float', '10.5'],
    ['1_000.5', 'float', '1000.5'],
    ['_1', 'string', '_1'],
    ['1_', 'int', '1'],
    ['0x_1F', 'int', '31'],
    ['0o1_7', 'int', '15'],
    ['.inf', 'float', '+Inf'],
    ['.Inf', 'float', '+Inf'],
    ['.INF', 'float', '+Inf'],
    ['+.inf', 'float', '+Inf'],
    ['-.inf', 'float', '-Inf'],
    ['.nan', 'float', 'NaN'],
    ['.NaN', 'float', 'NaN'],
    ['.NAN', 'float', 'NaN'],
    ['inf', 'string', 'inf'],
    ['nan', 'string', 'nan'],
    ['Infinity', 'string', 'Infinity'],
    ['true', 'bool', 'true'],
    ['True', 'bool', 'true'],
    ['TRUE', 'bool', 'true'],
    ['tRue', 'string', 'tRue'],
    ['false', 'bool', 'false'],
    ['False', 'bool', 'false'],
    ['FALSE', 'bool', 'false'],
    ['yes', 'string', 'yes'],
    ['Yes', 'string', 'Yes'],
    ['no', 'string', 'no'],
    ['on', 'string', 'on'],
    ['off', 'string', 'off'],
    ['y', 'string', 'y'],
    ['n', 'string', 'n'],
    ['null', 'null', '<nil>'],
    ['Null', 'null', '<nil>'],
    ['NULL', 'null', '<nil>'],
    ['~', 'null', '<nil>'],
    ['', 'null', '<nil>'],
    ['"1"', 'string', '1'],
    ["'1'", 'string', '1'],
    ['"0x1F"', 'string', '0x1F'],
    ['"true"', 'string', 'true'],
    ['"null"', 'string', 'null'],
    ['"1.0"', 'string', '1.0'],
    ['"~"', 'string', '~'],
    ['2024-01-02', 'time', ''],
    ['2024-01-02T03:04:05Z', 'time', ''],
    ['2024-01-02 03:04:05', 'time', ''],
    ['"2024-01-02"', 'string', '2024-01-02'],
    ['12:30', 'string', '12:30'],
    ['1:30:00', 'string', '1:30:00'],
    ['190:20:30', 'string', '190:20:30'],
    ['1.2.3', 'string', '1.2.3'],
    ['v1', 'string', 'v1'],
    ['10s', 'string', '10s'],
    ['1h', 'string', '1h'],
    ['1,000', 'string', '1,000'],
    ['1 000', 'string', '1 000'],
    ['0.0.0.0:4317', 'string', '0.0.0.0:4317'],
    [':4317', 'string', ':4317'],
    ['4317', 'int', '4317'],
    ['"4317"', 'string', '4317'],
    ['!!str 1', 'string', '1'],
    ['!!int "1"', 'int', '1'],
    ['!!float 1', 'float', '1'],
    ['!!float "1.5"', 'float', '1.5'],
    ['!!bool "true"', 'bool', 'true'],
    ['!!bool yes', 'error', ''],
    ['!!null x', 'error', ''],
    ['!!binary aGVsbG8=', 'string', 'hello'],
    ['!!timestamp 2024-01-02', 'time', ''],
    ['!custom 1', 'string', '1'],
    ['!!int 1.5', 'error', ''],
    ['=', 'string', '='],
    ['<<', 'string', '<<'],
    ['0x', 'string', '0x'],
    ['0b', 'string', '0b'],
    ['0o', 'string', '0o'],
    ['--1', 'string', '--1'],
    ['1-2', 'string', '1-2'],
    ['+', 'string', '+'],
    ['-', 'error', ''],
    ['.', 'string', '.'],
    ['...', 'string', '...'],
    ['e3', 'string', 'e3'],
    ['.e3', 'string', '.e3'],
    ['1e', 'string', '1e'],
    ['1e1.5', 'string', '1e1.5'],
    ['0x1.8p1', 'string', '0x1.8p1'],
    ['1p3', 'string', '1p3'],
    ['1__0', 'int', '10'],
    ['0_7', 'int', '7'],
    ['0xFFFFFFFFFFFFFFFF', 'int', '18446744073709551615'],
    ['0x7FFFFFFFFFFFFFFF', 'int', '9223372036854775807'],
    ['0b1111111111111111111111111111111111111111111111111111111111111111', 'int', '18446744073709551615'],
    ['01777777777777777777777', 'int', '18446744073709551615'],
    ['0o1777777777777777777777', 'int', '18446744073709551615'],
    ['12e03', 'float', '12000'],
    ['685_230.15', 'float', '685230.15'],
    ['6.8523015e+5', 'float', '685230.15'],
    ['-1.0', 'float', '-1'],
    ['100000000000000000000.0', 'float', '1e+20'],
    ['1e21', 'float', '1e+21'],
    ['1.0e6', 'float', '1e+06'],
    ['123456.0', 'float', '123456'],
    ["'0755'", 'string', '0755'],
    ['"\\x31"', 'string', '1'],
    ['|-\n  1', 'string', '1'],
    ['>-\n  1', 'string', '1'],
  ];

const read = (yaml: string): ConfigNode => parseYaml({ text: `v: ${yaml}\n`, file: 'x' });

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof TypedScalar) return value.kind;
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return { bigint: 'int', boolean: 'bool', string: 'string' }[typeof value as string] ?? 'unknown';
}

function goNumber(text: string): number {
  return text.endsWith('Inf') ? Number(text.replace('Inf', 'Infinity')) : Number(text);
}

test.each(ANSWERS)('%j is read as otelcol reads it: %s %s', (yaml, type, want) => {
  if (type === 'error') {
    expect(() => read(yaml)).toThrow('cannot read the YAML');
    return;
  }
  const node = nodeAt(read(yaml), ['v'])!;
  const value = node.kind === 'scalar' ? node.value : undefined;
  expect(typeOf(value)).toBe(type);
  if (type === 'int') expect(String(value)).toBe(want);
  else if (type === 'float') expect(value instanceof TypedScalar ? value.number : value).toBe(goNumber(want));
  else if (type === 'string' || type === 'bool') expect(String(value)).toBe(want);
});

test('a setting that wants a text refuses what otelcol takes for something else, and names it as it is written', () => {
  const schema = strictObject({ v: text() });
  for (const [yaml, type] of ANSWERS) {
    if (type === 'error') continue;
    const result = readBlock(schema, { root: read(yaml), path: [] });
    expect(['string'].includes(type), yaml).toBe('value' in result);
  }
  const refused = readBlock(schema, { root: read('1.0'), path: [] });
  expect('errors' in refused && refused.errors.map((error) => error.message)).toEqual([
    "'v' expected a text, got 1.0; put it in quotes",
  ]);
});

test.each([
  { yaml: '1e3', want: 1000 },
  { yaml: '0x10', want: 16 },
  { yaml: '0755', want: 493 },
  { yaml: '1_000', want: 1000 },
  { yaml: '1.5', want: 'expected a whole number, got 1.5' },
  { yaml: '9007199254740993', want: 'expected a whole number, got 9007199254740993' },
  { yaml: '2024-01-02', want: 'expected a whole number, got 2024-01-02' },
  { yaml: '"1"', want: 'expected a whole number, got "1"' },
])('a whole number from $yaml', ({ yaml, want }) => {
  const result = readBlock(strictObject({ v: integer() }), { root: read(yaml), path: [] });
  expect('errors' in result ? result.errors[0]!.message : result.value.v).toEqual(
    typeof want === 'number' ? want : `v: ${want}`,
  );
});

test('sizes take numbers of every spelling', () => {
  const result = readBlock(strictObject({ v: size() }), { root: read('1e6'), path: [] });
  expect('value' in result && result.value.v).toBe(1_000_000);
});

test('any whole number keeps all digits, any other one its value', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (value) => {
      expect(String(plainScalar(String(value)))).toBe(String(value));
    }),
  );
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const source = Object.is(value, -0) ? '-0.0' : Number.isInteger(value) ? value.toExponential() : String(value);
      const found = plainScalar(source);
      expect(found instanceof TypedScalar ? found.number : found).toBe(value);
    }),
  );
});
