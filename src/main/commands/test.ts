import { writeFile } from 'node:fs/promises';
import { ConfigError, ConfigErrors, messageOf, StartError } from '#base';
import { printPlace } from '#config';
import { readCaseFile } from '../cases/case-file.ts';
import { loadCaseConfig, runCase } from '../cases/case-run.ts';
import { judge } from '../cases/judge.ts';
import { type CaseResult, junitReport, printResult, printSummary, type UnusableFile } from '../cases/report.ts';
import { components } from '../components.ts';
import type { Flags } from '../flags.ts';
import { UsageError } from '../usage.ts';

const CANNOT_RUN = 2;

/** `signalbox test FILE…`: exit code 1 where a case fails, 2 where a file or its configuration can't be used. */
export async function testCommand(flags: Flags, files: readonly string[]): Promise<number> {
  if (files.length === 0) throw new UsageError('no file of cases to run', 'signalbox test FILE…');
  const results: CaseResult[] = [];
  const unusable: UnusableFile[] = [];
  for (const file of files) {
    if (files.length > 1) process.stdout.write(`${file}\n`);
    try {
      await runFile(file, results);
    } catch (error) {
      const mistakes = mistakesOf(error);
      if (mistakes === undefined) throw error;
      process.stderr.write(mistakes.map((line) => `signalbox: ${line}\n`).join(''));
      unusable.push({ file, mistakes });
    }
  }
  process.stdout.write(`${printSummary(results, unusable)}\n`);
  const report = flags.get('junit');
  if (report !== undefined) await writeReport(report, junitReport(results, unusable));
  if (unusable.length > 0) return CANNOT_RUN;
  return results.some(({ failures }) => failures.length > 0) ? 1 : 0;
}

async function runFile(file: string, results: CaseResult[]): Promise<void> {
  const cases = await readCaseFile(file);
  const loaded = await loadCaseConfig(cases);
  for (const one of cases.cases) {
    const startMs = performance.now();
    const outcome = await runCase(cases, one, loaded, components);
    const result = {
      file,
      one,
      failures: judge(one, outcome),
      logged: outcome.logged,
      ms: performance.now() - startMs,
    };
    results.push(result);
    process.stdout.write(`${printResult(result)}\n`);
  }
}

/** What is wrong with a file or its configuration; undefined for anything else. */
function mistakesOf(error: unknown): string[] | undefined {
  if (error instanceof ConfigErrors) return error.errors.flatMap((one) => mistakesOf(one)!);
  if (error instanceof ConfigError)
    return [`${error.place === undefined ? '' : `${printPlace(error.place)}: `}${error.message}`];
  return error instanceof StartError && !(error instanceof UsageError) ? [error.message] : undefined;
}

async function writeReport(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new StartError(`--junit: cannot write ${path}: ${messageOf(error)}`);
  }
}
