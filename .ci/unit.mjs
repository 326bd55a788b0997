// `npm test`, with its result in the common form of the layers: each failure as `FAILED`, then `N passed, N failed` last. Files with a
// failure are run once more with nothing beside them; what passes then counts as passed and is said to be UNSTEADY. Plain JavaScript for
// Node 20 and later.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/** More than these have one cause, which a second run does not mend. */
const FILES_RUN_AGAIN = 6;

/**
 * Runs the test files, or those that are named.
 * @typedef {{ file: string, name: string, message: string }} Failure
 * @returns {{ passed: number, failures: Failure[], unhandled: Failure[], code: number }}
 */
function runTests(files, flags = []) {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-unit-'));
  try {
    const report = join(folder, 'report.json');
    const unhandled = join(folder, 'unhandled.json');
    const argv = [
      'test',
      '--silent',
      '--',
      '--reporter=default',
      '--reporter=json',
      '--reporter=./.ci/unhandled-errors.mjs',
      `--outputFile.json=${report}`,
      ...flags,
      ...files,
    ];
    const env = { ...process.env, UNHANDLED_ERRORS: unhandled };
    const { status } = spawnSync('npm', argv, { stdio: 'inherit', env });
    return { ...read(report), unhandled: readUnhandled(unhandled), code: status ?? 1 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function read(path) {
  let report;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { passed: 0, failures: [{ file: '', name: 'npm test', message: 'it ended without a report' }] };
  }
  const failures = report.testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, message, assertionResults }) => {
      const file = relative(process.cwd(), name);
      const failed = assertionResults.filter(({ status }) => status === 'failed');
      if (failed.length === 0) return [{ file, name: 'the file as a whole', message }];
      return failed.map(({ fullName, failureMessages }) => ({
        file,
        name: fullName,
        message: failureMessages.join('\n'),
      }));
    });
  return { passed: report.numPassedTests, failures };
}

/** Empty where the run ended before there was a list. */
function readUnhandled(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).map((failure) => ({
      ...failure,
      file: relative(process.cwd(), failure.file),
    }));
  } catch {
    return [];
  }
}

function say(how, { file, name, message }) {
  console.log(`${how}  ${file}: ${name}`);
  console.log(`        ${message.split('\n').slice(0, 6).join('\n        ')}`);
}

const first = runTests([]);
let { failures, code } = first;
// No second run excuses these.
const { unhandled } = first;
const files = [...new Set(failures.map(({ file }) => file))];
if (files.length > 0 && files.length <= FILES_RUN_AGAIN && !files.includes('')) {
  const again = runTests(files, ['--maxWorkers=1']);
  const isStill = ({ file, name }) => again.failures.some((failure) => failure.file === file && failure.name === name);
  for (const failure of failures) if (!isStill(failure)) say('UNSTEADY', failure);
  failures = again.failures;
  code = again.code;
}
for (const failure of [...failures, ...unhandled]) say('FAILED', failure);
const mended = first.failures.length - failures.length;
console.log(`${first.passed + Math.max(0, mended)} passed, ${failures.length + unhandled.length} failed`);
process.exit(code === 0 && failures.length + unhandled.length === 0 ? 0 : 1);
