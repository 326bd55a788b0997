import { printPlace } from '#config';
import type { TestCase } from './case-file.ts';
import type { Failure } from './judge.ts';

/** A case that was run. */
export interface CaseResult {
  readonly file: string;
  readonly one: TestCase;
  readonly failures: readonly Failure[];
  /** Warnings and errors that components logged. */
  readonly logged: readonly string[];
  /** Real time, for reports. */
  readonly ms: number;
}

/** A file that can't be used, and why. */
export interface UnusableFile {
  readonly file: string;
  readonly mistakes: readonly string[];
}

/** For people: a line per case, and what is wrong below it. */
export function printResult({ one, failures, logged }: CaseResult): string {
  if (failures.length === 0) return `ok    ${one.name}`;
  const lines = failures.flatMap(({ place, message, details }) => [
    `      ${printPlace(place)}: ${message}`,
    ...details.map((line) => `        ${line}`),
  ]);
  const log = logged.length === 0 ? [] : ['      components logged:', ...logged.map((line) => `        ${line}`)];
  return [`FAIL  ${one.name}  (${printPlace(one.place)})`, ...lines, ...log].join('\n');
}

export function printSummary(results: readonly CaseResult[], unusable: readonly UnusableFile[] = []): string {
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  const files = unusable.length === 0 ? '' : `, ${unusable.length} file${unusable.length === 1 ? '' : 's'} not usable`;
  return `${results.length - failed} passed, ${failed} failed${files}`;
}

/** For CI: JUnit's XML, a suite per file. */
export function junitReport(results: readonly CaseResult[], unusable: readonly UnusableFile[] = []): string {
  const files = [...new Set(results.map(({ file }) => file))];
  const suites = files.map((file) =>
    suiteOf(
      file,
      results.filter((result) => result.file === file),
    ),
  );
  const { tests, failures, time } = totals(results);
  const errors = unusable.map(errorOf);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="signalbox test" tests="${tests + errors.length}" failures="${failures}" errors="${errors.length}" time="${time}">`,
    ...suites,
    ...errors,
    '</testsuites>',
    '',
  ].join('\n');
}

/** What a file can't be used for is an error of the one case that it has then. */
function errorOf({ file, mistakes }: UnusableFile): string {
  const name = escaped(file);
  return [
    `  <testsuite name="${name}" tests="1" failures="0" errors="1" skipped="0" time="0.000">`,
    `    <testcase classname="${name}" name="the file and its configuration" file="${name}" time="0.000">`,
    `      <error message="${escaped(mistakes[0] ?? '')}" type="unusable">${escaped(mistakes.join('\n'))}</error>`,
    '    </testcase>',
    '  </testsuite>',
  ].join('\n');
}

function suiteOf(file: string, results: readonly CaseResult[]): string {
  const { tests, failures, time } = totals(results);
  const cases = results.map((result) => caseOf(result));
  const head = `  <testsuite name="${escaped(file)}" tests="${tests}" failures="${failures}" errors="0" skipped="0" time="${time}">`;
  return [head, ...cases, '  </testsuite>'].join('\n');
}

function caseOf({ file, one, failures, ms }: CaseResult): string {
  const { line } = one.place;
  const head = `    <testcase classname="${escaped(file)}" name="${escaped(one.name)}" file="${escaped(file)}" line="${line}" time="${seconds(ms)}"`;
  if (failures.length === 0) return `${head}/>`;
  const parts = failures.map(({ place, message, details }) => {
    const text = [`${printPlace(place)}: ${message}`, ...details].join('\n');
    return `      <failure message="${escaped(message)}" type="expectation">${escaped(text)}</failure>`;
  });
  return [`${head}>`, ...parts, '    </testcase>'].join('\n');
}

function totals(results: readonly CaseResult[]): { tests: number; failures: number; time: string } {
  return {
    tests: results.length,
    failures: results.filter(({ failures }) => failures.length > 0).length,
    time: seconds(results.reduce((sum, { ms }) => sum + ms, 0)),
  };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

/** Text for XML: what its characters may not be is left out. */
function escaped(text: string): string {
  return text.replace(UNPRINTABLE, '').replace(/[&<>"]/g, (char) => ESCAPES[char]!);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
