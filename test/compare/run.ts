import { execFileSync } from 'node:child_process';
import { nearest } from '#base';
import { buildOtelcol, OTELCOL } from '../../bench/lib/otelcol.ts';
import { DEVIATIONS } from './deviations.ts';
import { writeFixtures } from './lib/fixtures.ts';
import { judge, printDifference } from './lib/judge.ts';
import { runOurs } from './lib/ours.ts';
import { runReal } from './lib/real.ts';
import { SUITES } from './suites.ts';

const USAGE = `npm run compare [-- SUITE ...] [-- --update]

Sends the same input through our components and through an otelcol, built from its Go modules the first time, and prints where the answers
differ. Exit code 1 where a difference has no row in test/compare/deviations.ts. --update keeps what otelcol answered in
test/compare/fixtures, which npm test compares with. OTELCOL names another binary.

Suites: ${SUITES.map(({ name }) => name).join(', ')}`;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  const names = args.filter((argument) => argument !== '--update');
  const unknown = names.find((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown !== undefined) {
    const near = nearest(
      unknown,
      SUITES.map(({ name }) => name),
    );
    console.error(
      `compare: no such suite: ${unknown}${near === undefined ? '' : ` (did you mean "${near}"?)`}\n\n${USAGE}`,
    );
    return 2;
  }
  const binary = process.env.OTELCOL ?? OTELCOL;
  if (process.env.OTELCOL === undefined) buildOtelcol();
  const version = execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim().split(' ').at(-1)!;
  let unexplained = 0;
  for (const suite of SUITES) {
    if (names.length > 0 && !names.includes(suite.name)) continue;
    const end = await suite.around?.();
    const theirs = await runReal(binary, suite);
    const ours = await runOurs(suite.cases);
    await end?.();
    if (args.includes('--update')) writeFixtures(suite, version, theirs);
    const { differences, stale } = judge(
      suite,
      DEVIATIONS,
      (index) => ours.get(index)!,
      (index) => theirs.get(index)!,
    );
    const open = differences.filter(({ deviation }) => deviation === undefined);
    unexplained += open.length + stale.length;
    console.log(
      `${suite.name}: ${suite.cases.length} cases, ${differences.length - open.length} explained differences, ${open.length} unexplained`,
    );
    for (const difference of open) console.log(printDifference(difference));
    for (const { cases } of stale) console.log(`  a row of the table explains nothing any more: ${String(cases)}`);
  }
  return unexplained === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
