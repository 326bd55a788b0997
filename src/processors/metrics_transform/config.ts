import { z } from 'zod';
import { messageOf } from '#base';
import { list, mapOf, number, oneOf, type Schema, strictObject, text } from '#config';
import { nameTest } from '../shared/metric-names/name-test.ts';
import { AGGREGATIONS, type Aggregation } from '../shared/points/merge-points.ts';

/** What users write under `metrics_transform:` (otelcol-contrib processor/metricstransformprocessor@v0.161.0). */
export interface MetricsTransformConfig {
  readonly transforms: readonly TransformConfig[];
}

export interface TransformConfig {
  readonly include: string;
  readonly matchType: 'strict' | 'regexp';
  readonly matchLabels: ReadonlyMap<string, string>;
  readonly action: 'insert' | 'update' | 'combine' | 'group';
  /** '' for the name that it has. */
  readonly newName: string;
  /** undefined where they are not given. */
  readonly groupResourceLabels: ReadonlyMap<string, string> | undefined;
  readonly aggregationType: Aggregation | undefined;
  readonly submatchCase: '' | 'lower' | 'upper';
  readonly operations: readonly OperationConfig[];
}

export interface OperationConfig {
  readonly action: (typeof OPERATIONS)[number];
  readonly label: string;
  readonly newLabel: string;
  readonly labelSet: readonly string[];
  readonly aggregationType: Aggregation | undefined;
  readonly aggregatedValues: readonly string[];
  readonly newValue: string;
  /** New values by the old ones. */
  readonly valueActions: ReadonlyMap<string, string>;
  readonly scale: number;
  readonly labelValue: string;
}

const OPERATIONS = [
  'add_label',
  'update_label',
  'delete_label_value',
  'toggle_scalar_data_type',
  'experimental_scale_value',
  'aggregate_labels',
  'aggregate_label_values',
] as const;

const VERSION = '`{{version}}` in it stands for the version of this program';

const aggregation = () => oneOf(['', ...AGGREGATIONS], '');

const valueAction = strictObject({
  value: text('').describe('a value of `label`'),
  new_value: text('').describe(`what it becomes; ${VERSION}`),
});

const operation = strictObject({
  action: oneOf(OPERATIONS).meta({
    description: 'what is done',
    words: {
      add_label: 'points without the attribute `new_label` get it, with `new_value`',
      update_label: 'the attribute `label` is called `new_label`, and its values change as `value_actions` say',
      delete_label_value: 'points whose attribute `label` is `label_value` are left out',
      toggle_scalar_data_type: 'integers become doubles, and doubles integers',
      experimental_scale_value: 'values are multiplied by `experimental_scale`',
      aggregate_labels: 'points that differ in other attributes than those of `label_set` become one',
      aggregate_label_values:
        'points whose attribute `label` is one of `aggregated_values` become one, with `new_value`',
    },
  }),
  label: text('').describe('an attribute of points'),
  new_label: text('').describe('an attribute that they get'),
  label_set: list(text()).describe('attributes that stay'),
  aggregation_type: aggregation().describe('what becomes of the values of several points; histograms are always added'),
  aggregated_values: list(text()).describe('values of `label`'),
  new_value: text('').describe(`a value; ${VERSION}`),
  value_actions: list(valueAction).describe('values that are replaced'),
  experimental_scale: number(0).describe('a factor'),
  label_value: text('').describe('a value of `label`'),
}).transform(
  (raw): OperationConfig => ({
    action: raw.action,
    label: raw.label,
    newLabel: raw.new_label,
    labelSet: raw.label_set,
    aggregationType: raw.aggregation_type || undefined,
    aggregatedValues: raw.aggregated_values,
    newValue: raw.new_value,
    valueActions: new Map(raw.value_actions.map(({ value, new_value }) => [value, new_value])),
    scale: raw.experimental_scale,
    labelValue: raw.label_value,
  }),
);

const groupLabels = z.record(z.string(), text()).optional();

const transform = strictObject({
  include: text('').describe('the metrics that are meant, by name; required'),
  match_type: oneOf(['', 'strict', 'regexp'], '').meta({
    description: 'how `include` and the values of `experimental_match_labels` are compared; strictly by default',
    words: { strict: 'as a whole', regexp: "by a regular expression in Go's syntax that matches anywhere" },
  }),
  experimental_match_labels: mapOf(text()).describe(
    'of these metrics, the points that have these attributes; one that is not there is the empty text',
  ),
  action: oneOf(['insert', 'update', 'combine', 'group']).meta({
    description: 'what becomes of the metrics',
    words: {
      insert: 'a copy of each is changed and added',
      update: 'each is changed',
      combine: 'one is made of all, with what groups of the pattern matched as attributes',
      group: 'they go to a resource of their own, with `group_resource_labels`',
    },
  }),
  new_name: text('').describe('of the metrics; `$1` stands for what a group of the pattern matched'),
  group_resource_labels: groupLabels.describe('attributes of the new resource, maybe none; required with `group`'),
  aggregation_type: aggregation().describe('of points that are the same once they are combined'),
  submatch_case: oneOf(['', 'lower', 'upper'], '').describe(
    'how values that groups of the pattern matched are written',
  ),
  operations: list(operation).describe('what is done to the metrics, in order'),
}).transform(
  (raw): TransformConfig => ({
    include: raw.include,
    matchType: raw.match_type || 'strict',
    matchLabels: raw.experimental_match_labels,
    action: raw.action,
    newName: raw.new_name,
    groupResourceLabels: raw.group_resource_labels && new Map(Object.entries(raw.group_resource_labels)),
    aggregationType: raw.aggregation_type || undefined,
    submatchCase: raw.submatch_case,
    operations: raw.operations,
  }),
);

export const metricsTransformSchema: Schema<MetricsTransformConfig> = strictObject({
  transforms: list(transform).describe('run in order; each sees what those before it made'),
});

interface Mistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export function validateMetricsTransform({ transforms }: MetricsTransformConfig): Mistake[] {
  return transforms.flatMap((each, i) => {
    const place = ['transforms', i];
    return [
      ...mistakesIn(each).map(([key, message]) => ({ path: [...place, key], message })),
      ...each.operations.flatMap((one, n) =>
        mistakesInOperation(one).map(([key, message]) => ({ path: [...place, 'operations', n, key], message })),
      ),
    ];
  });
}

type KeyAndMessage = readonly [key: string, message: string];

function mistakesIn(config: TransformConfig): KeyAndMessage[] {
  const { action, include, matchType, matchLabels } = config;
  const missing = (key: string, of?: string): KeyAndMessage => [
    key,
    `missing required field "${key}"${of === undefined ? '' : ` while "action" is ${of}`}`,
  ];
  const found: KeyAndMessage[] = [];
  if (include === '') found.push(missing('include'));
  if ((action === 'insert' || action === 'combine') && config.newName === '') found.push(missing('new_name', action));
  if (action === 'combine' && config.aggregationType === undefined) found.push(missing('aggregation_type', action));
  if (action === 'group' && config.groupResourceLabels === undefined) {
    found.push(missing('group_resource_labels', action));
  }
  const patterns = [['include', include], ...[...matchLabels.values()].map((value) => [EXPERIMENTAL, value] as const)];
  for (const [key, pattern] of patterns as [string, string][]) {
    try {
      nameTest(matchType, [pattern]);
    } catch (error) {
      found.push([key, `not a regular expression: ${messageOf(error)}`]);
    }
  }
  return found;
}

const EXPERIMENTAL = 'experimental_match_labels';

function mistakesInOperation({ action, label, newLabel, newValue, scale }: OperationConfig): KeyAndMessage[] {
  const needs: KeyAndMessage[] = [];
  const need = (key: string, isThere: boolean): void => {
    if (!isThere) needs.push([key, `missing required field "${key}" while "action" is ${action}`]);
  };
  if (action === 'update_label') need('label', label !== '');
  if (action === 'add_label') {
    need('new_label', newLabel !== '');
    need('new_value', newValue !== '');
  }
  if (action === 'experimental_scale_value') need('experimental_scale', scale !== 0);
  return needs;
}
