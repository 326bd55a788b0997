import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from './promql/script.ts';

const USAGE = `npm run conformance -- promql FOLDER [--quiet]

Runs every script of a folder (*.test, in the format of Prometheus' promqltest) and says per file how many of its commands passed and
failed, and what was wrong, unless --quiet is given. The exit code is 0 if all passed, else 1.`;

async function main([language, folder, ...flags]: readonly string[]): Promise<number> {
  if (language === '--help' || language === '-h') {
    console.log(USAGE);
    return 0;
  }
  if (language !== 'promql' || folder === undefined) {
    console.error(USAGE);
    return 2;
  }
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.test'))
    .sort();
  if (files.length === 0) {
    console.error(`${folder}: no file ends in .test`);
    return 2;
  }
  let passed = 0;
  let failed = 0;
  for (const file of files) {
    const outcomes = await runScript(readFileSync(join(folder, file), 'utf8'));
    const bad = outcomes.filter(({ error }) => error !== undefined);
    passed += outcomes.length - bad.length;
    failed += bad.length;
    console.log(`${file}: ${outcomes.length - bad.length} passed, ${bad.length} failed`);
    if (!flags.includes('--quiet'))
      for (const { line, text, error } of bad) console.log(`  line ${line}: ${text}\n    ${error}`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
