import { expect, test } from 'vitest';
import { FailureReport } from './report-failures.ts';

test('the first, the tenth and the hundredth of a failure are said', () => {
  const said: string[] = [];
  const report = new FailureReport((line) => said.push(line));
  const error = new Error('EMFILE: too many open files');
  for (let i = 0; i < 150; i++) report.tell('a timer failed', error);
  report.tell('a timer failed', 'another');
  expect(said.map((line) => line.split('\n')[0])).toEqual([
    'signalbox: a timer failed: Error: EMFILE: too many open files',
    'signalbox: a timer failed (10 times): Error: EMFILE: too many open files',
    'signalbox: a timer failed (100 times): Error: EMFILE: too many open files',
    'signalbox: a timer failed: another',
  ]);
});

test('a flood of different failures is said as few times as one', () => {
  const said: string[] = [];
  const report = new FailureReport((line) => said.push(line));
  for (let i = 0; i < 10_000; i++) report.tell('a timer failed', `at offset ${i}`);
  expect(said.length).toBe(100 + 4);
});

test('a reader that is gone is not told about', () => {
  const said: string[] = [];
  new FailureReport((line) => said.push(line)).tell(
    'uncaught exception',
    Object.assign(new Error('x'), { code: 'EPIPE' }),
  );
  expect(said).toEqual([]);
});
