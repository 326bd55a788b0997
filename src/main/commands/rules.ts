import { globSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import {
  type Duplicate,
  duplicateRules,
  printFault,
  type RuleGroup,
  readRules,
  readRuleTests,
  runRuleTest,
  YamlError,
} from '#alerting';
import { messageOf } from '#base';
import type { Flags } from '../flags.ts';
import { didYouMean, UsageError } from '../usage.ts';

const TASKS = ['check', 'test'];
const LINTS = ['all', 'duplicate-rules', 'none'];
/** promtool's exit code for what is no mistake, but no good either. */
const LINT_CODE = 3;

/** `signalbox rules check|test FILE…`, with the words and exit codes of promtool's `check rules` and `test rules`. */
export async function rulesCommand(flags: Flags, words: readonly string[]): Promise<number> {
  const [task = '', ...files] = words;
  if (!TASKS.includes(task))
    throw new UsageError(
      `signalbox rules: expected check or test, got ${JSON.stringify(task)}${didYouMean(task, TASKS)}`,
      'signalbox rules check FILE…',
    );
  if (task === 'check') return checkRules(files, lintOf(flags), flags.has('lint-fatal'));
  if (files.length === 0) throw new UsageError('no file of tests to run', 'signalbox rules test FILE…');
  return testRules(files);
}

function lintOf(flags: Flags): boolean {
  const given = flags.get('lint') ?? 'duplicate-rules';
  const unknown = given.split(',').find((name) => !LINTS.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--lint: expected ${LINTS.join(', ')}, got ${JSON.stringify(unknown)}`);
  return !given.split(',').includes('none');
}

/** Each file, or standard input where there is none. */
function checkRules(files: readonly string[], doesLint: boolean, isLintFatal: boolean): number {
  const outcomes = (files.length === 0 ? [undefined] : files).map((file) => checkFile(file, doesLint));
  if (outcomes.includes('broken')) return 1;
  return isLintFatal && outcomes.includes('doubtful') ? LINT_CODE : 0;
}

function checkFile(file: string | undefined, doesLint: boolean): 'good' | 'doubtful' | 'broken' {
  process.stdout.write(file === undefined ? 'Checking standard input\n' : `Checking ${file}\n`);
  let errors: readonly string[];
  let groups: readonly RuleGroup[] = [];
  try {
    const read = readRules(readFileSync(file ?? 0, 'utf8'), file ?? 'standard input');
    errors = read.faults.map(printFault);
    groups = read.groups;
  } catch (error) {
    errors = [messageOf(error)];
  }
  const isBroken = errors.length > 0;
  const duplicates = isBroken || !doesLint ? [] : duplicateRules(groups);
  if (duplicates.length > 0) errors = [printDuplicates(duplicates)];
  if (errors.length > 0) process.stderr.write(`  FAILED:\n${errors.join('\n')}\n`);
  else process.stdout.write(`  SUCCESS: ${groups.reduce((sum, { rules }) => sum + rules.length, 0)} rules found\n`);
  if (!isBroken) process.stdout.write('\n');
  return isBroken ? 'broken' : duplicates.length > 0 ? 'doubtful' : 'good';
}

function printDuplicates(duplicates: readonly Duplicate[]): string {
  const rules = duplicates.map(({ name, labels }) => {
    const lines = labels.pairs.map(([label, value]) => `\t${label}: ${value}\n`).join('');
    return `Metric: ${name}\nLabel(s):\n${lines}`;
  });
  const count = `lint error ${duplicates.length} duplicate rule(s) found.\n`;
  return `${count}${rules.join('')}Might cause inconsistency while recording expressions`;
}

async function testRules(files: readonly string[]): Promise<number> {
  let hasFailed = false;
  for (const file of files) {
    process.stdout.write(`Processing test file: ${file}\n`);
    const errors = await testFile(file);
    if (errors.length === 0) process.stdout.write('  SUCCESS\n\n');
    else {
      hasFailed = true;
      process.stderr.write(`  FAILED:\n${errors.join('\n')}\n`);
      process.stdout.write('\n');
    }
  }
  return hasFailed ? 1 : 0;
}

/** What failed in a file, or why it can't be used. */
async function testFile(file: string): Promise<readonly string[]> {
  try {
    const tests = readRuleTests(readFileSync(file, 'utf8'));
    const read = ruleFiles(dirname(file), tests.ruleFiles).map((path) => readRules(readFileSync(path, 'utf8'), path));
    const faults = read.flatMap(({ faults }) => faults.map(printFault));
    const errors: string[] = [];
    for (const test of tests.tests) {
      if (faults.length > 0) errors.push(...faults);
      else
        errors.push(
          ...(await runRuleTest(
            test,
            read.flatMap(({ groups }) => groups),
            tests,
          )),
        );
    }
    return errors;
  } catch (error) {
    return [error instanceof YamlError ? `${file}:${error.place.line}: ${error.message}` : messageOf(error)];
  }
}

/** The files of patterns, which are relative to the folder of the tests. */
function ruleFiles(folder: string, patterns: readonly string[]): readonly string[] {
  return patterns.flatMap((pattern) => {
    const path = isAbsolute(pattern) ? pattern : join(folder, pattern);
    const found = globSync(path).sort();
    if (found.length === 0) process.stderr.write(`  WARNING: no file match pattern ${path}\n`);
    return found;
  });
}
