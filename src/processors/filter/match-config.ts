import { z } from 'zod';
import { boolean, integer, list, oneOf, strictObject, text } from '#config';
import type { Signal } from '#pdata';
import { attributeMatch, type MatchConfig, matchMistakes, matchSchema } from '../shared/match/config.ts';

/** What `include` takes in and `exclude` takes out: the form before conditions in OTTL (otelcol-contrib processor/filterprocessor). */
export interface FilterMatchConfig {
  /** What goes on matches all of these. */
  readonly include: readonly MatchConfig[];
  /** What matches one of these is left out. */
  readonly exclude: readonly MatchConfig[];
}

/** A block with two parts, of which each may say several things at once. */
interface RawMatches<T> {
  readonly include?: T | undefined;
  readonly exclude?: T | undefined;
}

const INCLUDE = 'only what matches goes on; an older form of conditions';
const EXCLUDE = 'what matches is left out; an older form of conditions';

const SEVERITIES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** `1` to `24`, `INFO`, `INFO2` and so on, in any case of letters. */
function severityNumber(name: string): number | undefined {
  const match = /^([A-Z]+)([2-4]?)$/.exec(name.toUpperCase());
  const level = match === null ? -1 : SEVERITIES.indexOf(match[1]!);
  if (level >= 0) return level * 4 + Number(match![2] || '1');
  return /^([1-9]|1\d|2[0-4])$/.test(name) ? Number(name) : undefined;
}

const severity: z.ZodType<number> = text('')
  .transform((name, context) => {
    if (name === '') return 0;
    const found = severityNumber(name);
    if (found !== undefined) return found;
    const message = `'${name}' is not a valid severity: it is "1" to "24", or a name such as "INFO" or "WARN2"`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .meta({ typeName: 'severity', json: { type: ['integer', 'string'] } }) as unknown as z.ZodType<number>;

const matchType = (words: Readonly<Record<string, string>>): z.ZodOptional<z.ZodType<string>> =>
  oneOf(Object.keys(words)).optional().meta({ description: 'how texts are compared', words });

const TYPES = { strict: 'as a whole', regexp: "by a regular expression in Go's syntax that matches anywhere" };
const NO_TYPE = 'match_type is missing: it is strict or regexp';
const EXPR =
  'match_type: expr is not supported: write conditions in OTTL instead, such as metric_conditions: [metric.name == "a" and datapoint.attributes["b"] == "c"]';

const EMPTY: MatchConfig = {
  matchType: 'strict',
  services: [],
  spanNames: [],
  spanKinds: [],
  logBodies: [],
  logSeverityTexts: [],
  logSeverityNumber: undefined,
  metricNames: [],
  libraries: [],
  attributes: [],
  resources: [],
};

/** Refuses what is wrong in a part, at the part. */
function checked(configs: readonly MatchConfig[], context: z.RefinementCtx): void {
  const messages = new Set(configs.flatMap(matchMistakes));
  for (const message of messages) context.addIssue({ code: 'custom', message });
}

/** Regular expressions remember nothing here, and results are the same. */
export const REGEXP_KEY: z.ZodType<unknown> = strictObject({
  cacheenabled: boolean(false).meta({
    description: 'remembers results in otelcol',
    idle: { why: 'results are the same without a cache', quiet: [false] },
  }),
  cachemaxnumentries: integer(0, { min: 0 }).meta({
    description: 'how many',
    idle: { why: 'results are the same without a cache', quiet: [0] },
  }),
}).describe('of regular expressions');

const logMatch: z.ZodType<readonly MatchConfig[]> = strictObject({
  match_type: matchType(TYPES),
  resource_attributes: list(attributeMatch).describe('attributes of the resource; all must match'),
  record_attributes: list(attributeMatch).describe('attributes of the record; all must match'),
  severity_texts: list(text()).describe('texts of severities'),
  severity_number: strictObject({
    min: severity.describe('the lowest that matches: 1 to 24, or a name such as INFO or WARN2'),
    match_undefined: boolean(false).describe('a record without a severity matches'),
  })
    .optional()
    .describe('by severity'),
  bodies: list(text()).describe('bodies'),
}).transform((raw, context): readonly MatchConfig[] => {
  const needsType =
    raw.resource_attributes.length + raw.record_attributes.length + raw.severity_texts.length + raw.bodies.length > 0;
  if (needsType && raw.match_type === undefined) context.addIssue({ code: 'custom', message: NO_TYPE });
  const config: MatchConfig = {
    ...EMPTY,
    matchType: raw.match_type === 'regexp' ? 'regexp' : 'strict',
    resources: raw.resource_attributes,
    attributes: raw.record_attributes,
    logSeverityTexts: raw.severity_texts,
    logSeverityNumber: raw.severity_number && {
      min: raw.severity_number.min,
      matchUndefined: raw.severity_number.match_undefined,
    },
    logBodies: raw.bodies,
  };
  checked([config], context);
  return [config];
});

/** The name and the resource are looked at one after the other: of `exclude` one of them is enough. */
const metricMatch: z.ZodType<readonly MatchConfig[]> = strictObject({
  match_type: matchType({ ...TYPES, expr: 'by expressions of expr-lang: not supported' }),
  regexp: REGEXP_KEY,
  metric_names: list(text()).describe('names of metrics'),
  expressions: list(text()).meta({
    description: 'for `match_type: expr`',
    idle: { why: 'match_type: expr is not supported', quiet: [[]] },
  }),
  resource_attributes: list(attributeMatch).describe('attributes of the resource; all must match'),
}).transform((raw, context): readonly MatchConfig[] => {
  const base: MatchConfig = { ...EMPTY, matchType: raw.match_type === 'regexp' ? 'regexp' : 'strict' };
  const configs: MatchConfig[] = [];
  if (raw.metric_names.length > 0) configs.push({ ...base, metricNames: raw.metric_names });
  if (raw.resource_attributes.length > 0) configs.push({ ...base, resources: raw.resource_attributes });
  if (raw.match_type === 'expr') context.addIssue({ code: 'custom', path: ['match_type'], message: EXPR });
  else if (raw.match_type === undefined && configs.length > 0) context.addIssue({ code: 'custom', message: NO_TYPE });
  checked(configs, context);
  return configs.length === 0 ? [base] : configs;
});

const spanMatch: z.ZodType<readonly MatchConfig[]> = matchSchema.transform((config) => [config]);

type MatchKeys = Readonly<Record<'include' | 'exclude', z.ZodOptional<z.ZodType<readonly MatchConfig[]>>>>;

function matchKeys(match: z.ZodType<readonly MatchConfig[]>): MatchKeys {
  return { include: match.optional().describe(INCLUDE), exclude: match.optional().describe(EXCLUDE) };
}

/** `include` and `exclude` of each signal. */
export const MATCH_KEYS: Readonly<Record<Signal, MatchKeys>> = {
  traces: matchKeys(spanMatch),
  metrics: matchKeys(metricMatch),
  logs: matchKeys(logMatch),
};

/** undefined where neither is given. */
export function filterMatches({ include, exclude }: RawMatches<readonly MatchConfig[]>): FilterMatchConfig | undefined {
  return include === undefined && exclude === undefined
    ? undefined
    : { include: include ?? [], exclude: exclude ?? [] };
}

/** A part that names nothing takes nothing in or out. */
export function saysSomething({ matchType, ...properties }: MatchConfig): boolean {
  return Object.values(properties).some((each) => (Array.isArray(each) ? each.length > 0 : each !== undefined));
}
