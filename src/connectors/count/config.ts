import { z } from 'zod';
import { attributeValue } from '#component/attribute-value.ts';
import { compiled, type Mistake } from '#component/ottl-config.ts';
import { list, mapOf, type Schema, strictObject, text } from '#config';
import { type Context, conditionFunctions, parseCondition } from '#ottl';
import type { AnyValue, Signal } from '#pdata';

/** What is counted. */
export const COUNTED = ['spans', 'spanevents', 'metrics', 'datapoints', 'logs'] as const;
export type Counted = (typeof COUNTED)[number];

/** A metric of how many there were. */
export interface CountConfig {
  readonly name: string;
  readonly description: string;
  /** One must hold; without any all are counted. */
  readonly conditions: readonly string[];
  /** What lacks one of them, and has no default for it, is not counted. */
  readonly attributes: readonly { readonly key: string; readonly defaultValue: AnyValue | undefined }[];
}

/** What users write under `count:` (otelcol-contrib connector/countconnector). */
export type CountConnectorConfig = Readonly<Record<Counted, readonly CountConfig[]>>;

export const CONTEXTS: Readonly<Record<Counted, Context>> = {
  spans: 'span',
  spanevents: 'spanevent',
  metrics: 'metric',
  datapoints: 'datapoint',
  logs: 'log',
};
/** In the order in which their metrics are made. */
export const COUNTED_OF: Readonly<Record<Signal, readonly Counted[]>> = {
  traces: ['spans', 'spanevents'],
  metrics: ['metrics', 'datapoints'],
  logs: ['logs'],
};
const DEFAULTS: Readonly<Record<Counted, readonly [name: string, description: string]>> = {
  spans: ['trace.span.count', 'The number of spans observed.'],
  spanevents: ['trace.span.event.count', 'The number of span events observed.'],
  metrics: ['metric.count', 'The number of metrics observed.'],
  datapoints: ['metric.datapoint.count', 'The number of data points observed.'],
  logs: ['log.record.count', 'The number of log records observed.'],
};

const info = strictObject({
  description: text('').describe('of the metric'),
  conditions: list(text()).describe('in OTTL; what fulfils one of them is counted, without any everything is'),
  attributes: list(
    strictObject({
      key: text('').describe('of the item, or else of its scope, or else of its resource'),
      default_value: attributeValue.optional().meta({
        description: 'where none of them has it; without one the item is not counted then',
        typeName: 'any value',
      }),
    }),
  ).describe('the attributes of the metric: one count for each combination of values'),
});

function section(counted: Counted, what: string): z.ZodType<readonly CountConfig[]> {
  const [name, description] = DEFAULTS[counted];
  const byDefault: CountConfig = { name, description, conditions: [], attributes: [] };
  return mapOf(info)
    .transform((metrics): readonly CountConfig[] =>
      metrics.size === 0
        ? [byDefault]
        : Array.from(metrics, ([key, { description: said, conditions, attributes }]) => ({
            name: key,
            description: said,
            conditions,
            attributes: attributes.map((each) => ({ key: each.key, defaultValue: each.default_value ?? undefined })),
          })),
    )
    .meta({ description: `metrics of how many ${what}, by name`, defaultText: `\`${name}\`` });
}

export const countSchema: Schema<CountConnectorConfig> = strictObject({
  spans: section('spans', 'spans there were'),
  spanevents: section('spanevents', 'events of spans there were'),
  metrics: section('metrics', 'metrics there were, which have no attributes'),
  datapoints: section('datapoints', 'data points there were'),
  logs: section('logs', 'log records there were'),
  profiles: mapOf(z.unknown()).meta({
    description: 'of profiles',
    idle: { why: 'there are no pipelines of profiles', quiet: [new Map()] },
  }),
}).transform(({ profiles: _profiles, ...counted }) => counted);

export function validateCount(config: CountConnectorConfig): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  for (const counted of COUNTED) {
    for (const { name, conditions, attributes } of config[counted]) {
      const path = [counted, name];
      const fail = (at: Mistake['path'], message: string): unknown =>
        mistakes.push({ path: [...path, ...at], message });
      if (name === '') fail([], 'metric name missing');
      if (counted === 'metrics' && attributes.length > 0)
        fail(['attributes'], 'metrics have no attributes to count by');
      const keys = attributes.map(({ key }) => key);
      for (const [index, key] of keys.entries()) {
        if (key === '') fail(['attributes', index], 'attribute key missing');
        else if (keys.indexOf(key) < index) fail(['attributes', index], `"${key}" is there twice`);
      }
      const context = CONTEXTS[counted];
      for (const [index, condition] of conditions.entries()) {
        const parse = () => parseCondition(context, condition, { functions: conditionFunctions(context) });
        compiled([...path, 'conditions', index], condition, parse, mistakes);
      }
    }
  }
  return mistakes;
}
