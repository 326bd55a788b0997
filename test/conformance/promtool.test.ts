import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { duplicateRules, readRules, readRuleTests, runRuleTest } from '#alerting';

/** promtool's own files of rules and unit tests, from where Go keeps its modules; not run where they are not there. */
const MODULES = process.env['GOMODCACHE'] ?? join(homedir(), 'go/pkg/mod');
const PROMETHEUS = join(MODULES, 'github.com/prometheus/prometheus@v0.316.0');
const TESTDATA = join(PROMETHEUS, 'cmd/promtool/testdata');
const isThere = existsSync(TESTDATA);
if (!isThere) console.warn(`skipped: the module of Prometheus 3.16 is not in ${MODULES}`);

const read = (name: string): string => readFileSync(join(TESTDATA, name), 'utf8');

/** What fails in a file of tests. */
async function failuresOf(name: string): Promise<readonly string[]> {
  const tests = readRuleTests(read(name));
  const files = tests.ruleFiles.map((file) => readRules(read(join(dirname(name), file)), file));
  const faults = files.flatMap(({ faults }) => faults.map(({ message }) => message));
  if (faults.length > 0) return faults;
  const groups = files.flatMap(({ groups }) => groups);
  const results: string[] = [];
  for (const each of tests.tests) results.push(...(await runRuleTest(each, groups, tests)));
  return results;
}

describe.runIf(isThere)("promtool's unit tests of rules", () => {
  test.each([
    'unittest.yml',
    'long-period.yml',
    'negative-offset-test.yml',
    'no-test-group-interval.yml',
    'at-modifier-test.yml',
    'start-time-test.yml',
    'experimental-functions-test.yml',
  ])('%s passes', async (name) => {
    expect(await failuresOf(name)).toEqual([]);
  });

  test.each([
    { name: 'bad-promql.yml', count: 1 },
    { name: 'bad-rules-error-test.yml', count: 1 },
    { name: 'bad-rules-syntax-test.yml', count: 1 },
    { name: 'failing.yml', count: 4 },
    { name: 'rules_run.yml', count: 1 },
    { name: 'rules_run_fuzzy.yml', count: 2 },
    { name: 'rules_run_no_fuzzy.yml', count: 2 },
    { name: 'rules_run_extrafields.yml', count: 2 },
  ])('$name fails in $count places', async ({ name, count }) => {
    expect(await failuresOf(name)).toHaveLength(count);
  });

  test('a series that is none is refused', () => {
    expect(() => readRuleTests(read('bad-input-series.yml'))).toThrow('no series');
  });
});

describe.runIf(isThere)("promtool's files of rules", () => {
  test.each([
    { name: 'rules.yml', rules: 5, duplicates: 0, faults: 0 },
    { name: 'rules_large.yml', rules: 10_002, duplicates: 2, faults: 0 },
    { name: 'rules_duplicates.yml', rules: 5, duplicates: 1, faults: 0 },
    { name: 'rules-bad.yml', rules: 3, duplicates: 0, faults: 1 },
  ])('$name', ({ name, rules, duplicates, faults }) => {
    const file = readRules(read(name), name);
    expect(file.groups.flatMap((group) => group.rules)).toHaveLength(rules);
    expect(duplicateRules(file.groups)).toHaveLength(duplicates);
    expect(file.faults).toHaveLength(faults);
  });
});
