import { expect, test } from 'vitest';
import { httpStatusOf, parseChdbError, printError } from './errors.ts';

test.each([
  {
    name: 'plain',
    text: 'Code: 60. DB::Exception: Table t does not exist. (UNKNOWN_TABLE)',
    want: { code: 60, codeName: 'UNKNOWN_TABLE', message: 'Table t does not exist.' },
  },
  {
    name: 'told again by each that passed it on',
    text:
      'Code: 73. DB::Exception: Code: 73. DB::Exception: Unknown format X. (UNKNOWN_FORMAT) (version 26.7.2.1). ' +
      '(UNKNOWN_FORMAT) (version 26.7.2.1 (official build))',
    want: { code: 73, codeName: 'UNKNOWN_FORMAT', message: 'Unknown format X.' },
  },
  {
    name: 'lines and brackets in the text',
    text: "Code: 27. DB::Exception: Cannot parse '(x': (at row 1)\n: While executing X. (CANNOT_PARSE_INPUT_ASSERTION_FAILED)",
    want: { code: 27, message: "Cannot parse '(x': (at row 1)\n: While executing X." },
  },
  {
    name: 'a subclass',
    text: 'Code: 210. DB::NetException: Connection refused (x:1). (NETWORK_ERROR)',
    want: { code: 210, codeName: 'NETWORK_ERROR', message: 'Connection refused (x:1).' },
  },
  {
    name: 'no error of ClickHouse',
    text: 'boom',
    want: { code: 1002, codeName: 'UNKNOWN_EXCEPTION', message: 'boom' },
  },
])('parseChdbError: $name', ({ text, want }) => {
  expect(parseChdbError(new Error(text))).toMatchObject(want);
});

test('printError writes what clients of ClickHouse parse', () => {
  const error = parseChdbError(new Error('Code: 60. DB::Exception: Table t does not exist. (UNKNOWN_TABLE)'));
  expect(printError(error, '26.7.2.1')).toBe(
    'Code: 60. DB::Exception: Table t does not exist. (UNKNOWN_TABLE) (version 26.7.2.1 (official build))\n',
  );
});

test.each([
  [62, 400],
  [60, 404],
  [194, 401],
  [516, 403],
  [159, 408],
  [229, 413],
  [48, 501],
  [164, 500],
  [99999, 500],
])('code %i has status %i', (code, status) => {
  expect(httpStatusOf(code)).toBe(status);
});
