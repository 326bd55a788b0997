import { z } from 'zod';
import { messageOf } from '#base';
import { attributeValue } from '#component/attribute-value.ts';
import { boolean, integer, list, oneOf, strictObject, text } from '#config';
import { Pattern } from '#lang/pattern';
import type { AnyValue, Signal } from '#pdata';

/** `include` and `exclude`: every property that is given must match (otelcol-contrib internal/filter/filterconfig). */
export interface MatchConfig {
  /** How texts are compared: as a whole, or by a regular expression that matches anywhere. */
  readonly matchType: 'strict' | 'regexp';
  /** For each list: one of the items must match, and an empty list matches everything. */
  readonly services: readonly string[];
  readonly spanNames: readonly string[];
  readonly spanKinds: readonly string[];
  readonly logBodies: readonly string[];
  readonly logSeverityTexts: readonly string[];
  readonly logSeverityNumber: { readonly min: number; readonly matchUndefined: boolean } | undefined;
  readonly metricNames: readonly string[];
  readonly libraries: readonly { readonly name: string; readonly version: string | undefined }[];
  /** All of them must match. */
  readonly attributes: readonly AttributeMatchConfig[];
  readonly resources: readonly AttributeMatchConfig[];
}

export interface AttributeMatchConfig {
  readonly key: string;
  /** undefined: the key must be there. */
  readonly value: AnyValue | undefined;
}

const SPAN_KINDS = ['INTERNAL', 'CLIENT', 'SERVER', 'CONSUMER', 'PRODUCER'].map((kind) => `SPAN_KIND_${kind}`);
const SEVERITIES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** An attribute, and what it must be. */
export const attributeMatch: z.ZodType<AttributeMatchConfig> = strictObject({
  key: text('')
    .refine((key) => key !== '', { error: "can't have empty key in the list of attributes" })
    .describe('the attribute'),
  value: attributeValue
    .optional()
    .meta({ description: 'what it must have; without it the key must just be there', typeName: 'any value' }),
}).transform((raw): AttributeMatchConfig => ({ key: raw.key, value: raw.value }));

/** A number, or a name such as INFO or WARN2. */
const severity = z
  .any()
  .transform((value, context) => {
    if (typeof value === 'number' && Number.isInteger(value)) return value;
    const match = typeof value === 'string' ? /^([A-Z]+)([1-4]?)$/.exec(value.toUpperCase()) : null;
    const level = match === null ? -1 : SEVERITIES.indexOf(match[1]!);
    if (level >= 0) return level * 4 + Number(match![2] || '1');
    context.addIssue({ code: 'custom', message: 'expected a severity number, or a name such as INFO or WARN2' });
    return z.NEVER;
  })
  .meta({ typeName: 'severity', json: { type: ['integer', 'string'] } }) as z.ZodType<number>;

const CACHE = 'results are the same without a cache';

export const matchSchema: z.ZodType<MatchConfig> = strictObject({
  match_type: oneOf(['strict', 'regexp']).meta({
    description: 'how texts are compared',
    words: { strict: 'as a whole', regexp: "by a regular expression in Go's syntax that matches anywhere" },
  }),
  regexp: strictObject({
    cacheenabled: boolean(false).meta({
      description: 'remembers results in otelcol',
      idle: { why: CACHE, quiet: [false] },
    }),
    cachemaxnumentries: integer(0, { min: 0 }).meta({
      description: 'how many',
      idle: { why: CACHE, quiet: [0] },
    }),
  }),
  services: list(text()).describe('names of services (traces, metrics)'),
  span_names: list(text()).describe('names of spans (traces)'),
  span_kinds: list(text()).describe('`SPAN_KIND_SERVER` and the like (traces)'),
  log_bodies: list(text()).describe('bodies that are texts (logs)'),
  log_severity_texts: list(text()).describe('texts of severities (logs)'),
  log_severity_number: strictObject({
    min: severity.describe('the lowest that matches: a number, or a name such as INFO or WARN2'),
    match_undefined: boolean(false).describe('an item without a severity matches'),
  })
    .optional()
    .describe('by severity (logs)'),
  metric_names: list(text()).describe('names of metrics (metrics)'),
  libraries: list(
    strictObject({
      name: text('').describe('of the scope'),
      version: text().optional().describe('of the scope; without it any'),
    }),
  ).describe('instrumentation scopes'),
  attributes: list(attributeMatch).describe('attributes of the item; all must match'),
  resources: list(attributeMatch).describe('attributes of its resource; all must match'),
})
  .transform(
    (raw): MatchConfig => ({
      matchType: raw.match_type,
      services: raw.services,
      spanNames: raw.span_names,
      spanKinds: raw.span_kinds,
      logBodies: raw.log_bodies,
      logSeverityTexts: raw.log_severity_texts,
      logSeverityNumber: raw.log_severity_number && {
        min: raw.log_severity_number.min,
        matchUndefined: raw.log_severity_number.match_undefined,
      },
      metricNames: raw.metric_names,
      libraries: raw.libraries.map(({ name, version }) => ({ name, version })),
      attributes: raw.attributes,
      resources: raw.resources,
    }),
  )
  .superRefine((config, context) => {
    for (const message of matchMistakes(config)) context.addIssue({ code: 'custom', message });
  });

/** Kinds of spans that there are not, patterns that are none. */
export function matchMistakes(config: MatchConfig): string[] {
  const messages: string[] = [];
  if (config.matchType === 'strict') {
    if (config.spanKinds.some((kind) => !SPAN_KINDS.includes(kind))) {
      messages.push(
        `span_kinds string must match one of the standard span kinds when match_type=strict: ${SPAN_KINDS.join(', ')}`,
      );
    }
    return messages;
  }
  for (const { key, value } of [...config.attributes, ...config.resources]) {
    if (value !== undefined && typeof value !== 'string') {
      messages.push(`match_type=regexp for "${key}" only supports texts, but found ${String(value)}`);
    }
  }
  for (const pattern of patternsOf(config)) {
    try {
      new Pattern(pattern);
    } catch (error) {
      messages.push(`not a regular expression: ${messageOf(error)}`);
    }
  }
  return messages;
}

function patternsOf(config: MatchConfig): string[] {
  const values = [...config.attributes, ...config.resources].map(({ value }) => value);
  return [
    ...[config.services, config.spanNames, config.spanKinds, config.logBodies, config.logSeverityTexts].flat(),
    ...config.metricNames,
    ...config.libraries.flatMap(({ name, version }) => (version === undefined ? [name] : [name, version])),
    ...values.filter((value): value is string => typeof value === 'string'),
  ];
}

/** What a signal's items can't be matched by, or need to be matched by; undefined where all is well. */
export function signalMistake(config: MatchConfig, signal: Signal): string | undefined {
  const given = Object.entries({
    services: config.services.length > 0,
    span_names: config.spanNames.length > 0,
    span_kinds: config.spanKinds.length > 0,
    log_bodies: config.logBodies.length > 0,
    log_severity_texts: config.logSeverityTexts.length > 0,
    log_severity_number: config.logSeverityNumber !== undefined,
    metric_names: config.metricNames.length > 0,
    libraries: config.libraries.length > 0,
    attributes: config.attributes.length > 0,
    resources: config.resources.length > 0,
  })
    .filter(([, isGiven]) => isGiven)
    .map(([name]) => name);
  const known = PROPERTIES[signal];
  const foreign = given.filter((name) => !known.includes(name));
  if (foreign.length > 0) return `${foreign.join(', ')} can't be used in a ${signal} pipeline`;
  return given.length > 0 ? undefined : `at least one of ${known.join(', ')} must be specified`;
}

const EVERYWHERE = ['libraries', 'attributes', 'resources'];
const PROPERTIES: Readonly<Record<Signal, readonly string[]>> = {
  traces: ['services', 'span_names', 'span_kinds', ...EVERYWHERE],
  logs: ['log_bodies', 'log_severity_texts', 'log_severity_number', ...EVERYWHERE],
  metrics: ['metric_names', 'services', ...EVERYWHERE],
};
