import { type Labels, readSequence, readSeries, type SequenceValue } from '#query/promql.ts';
import { readYaml, YamlError } from './rule-yaml.ts';
import { durationAt, listAt, mapOf, mapsAt, refuseUnknown, textAt, textsAt, type YamlMap } from './yaml-fields.ts';

/** Files with unit tests of rules, as promtool reads them. Times are in milliseconds. */

export interface RuleTestFile {
  readonly ruleFiles: readonly string[];
  readonly evaluationIntervalMs: number;
  readonly groupOrder: readonly string[];
  /** Numbers may differ in their last digit. */
  readonly isFuzzy: boolean;
  readonly tests: readonly RuleTest[];
}

export interface RuleTest {
  readonly name: string;
  readonly intervalMs: number;
  readonly series: readonly { readonly labels: Labels; readonly values: readonly SequenceValue[] }[];
  readonly alerts: readonly AlertTest[];
  readonly expressions: readonly ExpressionTest[];
  readonly externalLabels: ReadonlyMap<string, string>;
  readonly externalUrl: string;
  readonly startMs: number;
}

export interface AlertTest {
  readonly timeMs: number;
  readonly alertname: string;
  readonly expected: readonly {
    readonly labels: ReadonlyMap<string, string>;
    readonly annotations: ReadonlyMap<string, string>;
  }[];
}

export interface ExpressionTest {
  readonly expr: string;
  readonly timeMs: number;
  readonly expected: readonly { readonly labels: string; readonly value: number; readonly histogram: string }[];
}

const FILE_KEYS = new Set(['rule_files', 'evaluation_interval', 'group_eval_order', 'tests', 'fuzzy_compare']);
const TEST_KEYS = new Set([
  'interval',
  'input_series',
  'alert_rule_test',
  'promql_expr_test',
  'external_labels',
  'external_url',
  'name',
  'start_timestamp',
]);

/** Throws a YamlError. */
export function readRuleTests(text: string): RuleTestFile {
  const [document] = readYaml(text);
  if (document === undefined)
    return { ruleFiles: [], evaluationIntervalMs: 60_000, groupOrder: [], isFuzzy: false, tests: [] };
  const file = mapOf(document, 'a file of tests');
  refuseUnknown(file, FILE_KEYS, 'main.unitTestFile');
  const evaluationIntervalMs = durationAt(file, 'evaluation_interval') || 60_000;
  return {
    ruleFiles: listAt(file, 'rule_files').map((item) => (item.kind === 'scalar' ? (item.text ?? '') : '')),
    evaluationIntervalMs,
    groupOrder: groupOrderOf(file),
    isFuzzy: textAt(file, 'fuzzy_compare') === 'true',
    tests: mapsAt(file, 'tests').map((test, index) => readTest(test, index, evaluationIntervalMs)),
  };
}

function groupOrderOf(file: YamlMap): readonly string[] {
  const names = listAt(file, 'group_eval_order').map((item) => (item.kind === 'scalar' ? (item.text ?? '') : ''));
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated === undefined) return names;
  throw new YamlError(`group name repeated in evaluation order: ${repeated}`, file.place);
}

function readTest(test: YamlMap, index: number, evaluationIntervalMs: number): RuleTest {
  refuseUnknown(test, TEST_KEYS, 'main.testGroup');
  const name = textAt(test, 'name') || `unnamed#${index}`;
  return {
    name,
    intervalMs: durationAt(test, 'interval') || evaluationIntervalMs,
    series: mapsAt(test, 'input_series').map(readInput),
    alerts: mapsAt(test, 'alert_rule_test').map((each) => readAlertTest(each, textAt(test, 'name'))),
    expressions: mapsAt(test, 'promql_expr_test').map(readExpressionTest),
    externalLabels: textsAt(test, 'external_labels'),
    externalUrl: textAt(test, 'external_url') ?? '',
    startMs: startOf(test),
  };
}

function startOf(test: YamlMap): number {
  const text = textAt(test, 'start_timestamp');
  if (text === undefined) return 0;
  const seconds = /^-?\d+(?:\.\d+)?(?:e\d+)?$/i.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (!Number.isNaN(seconds)) return seconds;
  throw new YamlError(
    `cannot parse ${JSON.stringify(text)} to a valid timestamp`,
    test.entries.get('start_timestamp')!.value.place,
  );
}

function readInput(input: YamlMap): RuleTest['series'][number] {
  refuseUnknown(input, new Set(['series', 'values']), 'main.series');
  try {
    const name = textAt(input, 'series') ?? '';
    const { labels, rest } = readSeries(name);
    if (rest.trim() !== '') throw new Error(`no series: ${name}`);
    return { labels, values: readSequence(textAt(input, 'values') ?? '') };
  } catch (error) {
    if (error instanceof YamlError) throw error;
    throw new YamlError((error as Error).message, input.place);
  }
}

function readAlertTest(test: YamlMap, testName: string | undefined): AlertTest {
  refuseUnknown(test, new Set(['eval_time', 'alertname', 'exp_alerts']), 'main.alertTestCase');
  const alertname = textAt(test, 'alertname') ?? '';
  const timeMs = durationAt(test, 'eval_time') ?? 0;
  if (alertname === '') {
    const where = testName === undefined ? '' : ` (in TestGroup ${testName})`;
    const time = textAt(test, 'eval_time') ?? '0s';
    throw new YamlError(
      `an item under alert_rule_test misses required attribute alertname at eval_time ${time}${where}`,
      test.place,
    );
  }
  const expected = mapsAt(test, 'exp_alerts').map((alert) => {
    refuseUnknown(alert, new Set(['exp_labels', 'exp_annotations']), 'main.alert');
    return { labels: textsAt(alert, 'exp_labels'), annotations: textsAt(alert, 'exp_annotations') };
  });
  return { timeMs, alertname, expected };
}

function readExpressionTest(test: YamlMap): ExpressionTest {
  refuseUnknown(test, new Set(['expr', 'eval_time', 'exp_samples']), 'main.promqlTestCase');
  const expected = mapsAt(test, 'exp_samples').map((sample) => {
    refuseUnknown(sample, new Set(['labels', 'value', 'histogram']), 'main.sample');
    return {
      labels: textAt(sample, 'labels') ?? '',
      value: yamlNumber(textAt(sample, 'value')),
      histogram: textAt(sample, 'histogram') ?? '',
    };
  });
  return { expr: textAt(test, 'expr') ?? '', timeMs: durationAt(test, 'eval_time') ?? 0, expected };
}

/** As YAML writes numbers: `.inf`, `.nan`, `0x10`. */
function yamlNumber(text: string | undefined): number {
  if (text === undefined) return 0;
  const special = /^([-+]?)\.?(inf|nan)$/i.exec(text);
  if (special !== null)
    return special[2]!.toLowerCase() === 'nan' ? Number.NaN : special[1] === '-' ? -Infinity : Infinity;
  return Number(text.replaceAll('_', ''));
}
