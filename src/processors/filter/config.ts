import { z } from 'zod';
import { contextKey, errorMode, type Mistake, ownErrorMode, textsOrGroups } from '#component/ottl-config.ts';
import { list, type Schema, strictObject, text } from '#config';
import type { Context, ErrorMode } from '#ottl';
import { SIGNALS, type Signal } from '#pdata';
import { type FilterMatchConfig, filterMatches, MATCH_KEYS, REGEXP_KEY } from './match-config.ts';

/** What users write under `filter:` (otelcol-contrib processor/filterprocessor). */
export interface FilterConfig {
  readonly errorMode: ErrorMode;
  readonly groups: Readonly<Record<Signal, readonly FilterGroupConfig[]>>;
  /** `include` and `exclude`, the oldest form. */
  readonly matches: Readonly<Record<Signal, FilterMatchConfig | undefined>>;
}

/** Conditions: an item for which one holds is left out. */
export interface FilterGroupConfig {
  /** undefined: of each condition it is found by what its paths begin with. */
  readonly context: Context | undefined;
  readonly conditions: readonly string[];
  readonly errorMode: ErrorMode | undefined;
  /** Where a condition stands in the configuration. */
  readonly path: (index: number) => readonly (string | number)[];
}

const CONTEXTS: readonly Context[] = ['resource', 'scope', 'span', 'spanevent', 'metric', 'datapoint', 'log'];

const group = strictObject({
  context: contextKey(CONTEXTS),
  conditions: list(text()).describe('an item for which one of these holds is left out'),
  error_mode: ownErrorMode,
});
type RawGroup = (typeof group)['_output'];

const conditions = textsOrGroups(group, 'condition');
const old = (what: string): ReturnType<typeof list<string>> => list(text()).describe(what);

const NO_PROFILES = { idle: { why: 'there are no pipelines of profiles', quiet: [[]] } };

export const filterSchema: Schema<FilterConfig> = strictObject({
  error_mode: errorMode,
  trace_conditions: conditions.describe(
    'spans, span events, scopes and resources for which one of these holds are left out: a list of conditions, or of groups',
  ),
  metric_conditions: conditions.describe('likewise data points, metrics, scopes and resources'),
  log_conditions: conditions.describe('likewise log records, scopes and resources'),
  profile_conditions: z
    .array(z.unknown())
    .default([])
    .meta({
      typeName: 'list',
      json: { type: 'array' },
      description: 'likewise profiles',
      ...NO_PROFILES,
    }),
  spans: strictObject(MATCH_KEYS.traces).describe('the oldest form of `trace_conditions`'),
  traces: strictObject({
    resource: old('conditions for resources, the older form of `trace_conditions`'),
    span: old('for spans'),
    spanevent: old('for span events'),
  }),
  metrics: strictObject({
    ...MATCH_KEYS.metrics,
    regexp: REGEXP_KEY,
    resource: old('conditions for resources, the older form of `metric_conditions`'),
    metric: old('for metrics'),
    datapoint: old('for data points'),
  }),
  logs: strictObject({
    ...MATCH_KEYS.logs,
    resource: old('conditions for resources, the older form of `log_conditions`'),
    log_record: old('for log records'),
  }),
  profiles: strictObject({
    resource: old('conditions for resources, the older form of `profile_conditions`').meta(NO_PROFILES),
    profile: old('for profiles').meta(NO_PROFILES),
  }),
}).transform((raw) => ({
  errorMode: raw.error_mode,
  groups: {
    traces: [...groupsOf('trace_conditions', raw.trace_conditions), ...olderGroups('traces', raw.traces)],
    metrics: [...groupsOf('metric_conditions', raw.metric_conditions), ...olderGroups('metrics', raw.metrics)],
    logs: [...groupsOf('log_conditions', raw.log_conditions), ...olderGroups('logs', raw.logs)],
  },
  matches: { traces: filterMatches(raw.spans), metrics: filterMatches(raw.metrics), logs: filterMatches(raw.logs) },
}));

function groupsOf(key: string, items: readonly (string | RawGroup)[]): FilterGroupConfig[] {
  return items.map((item, i) =>
    typeof item === 'string'
      ? { context: undefined, conditions: [item], errorMode: undefined, path: () => [key, i] }
      : {
          context: item.context,
          conditions: item.conditions,
          errorMode: item.error_mode,
          path: (index) => [key, i, 'conditions', index],
        },
  );
}

const OLDER_CONTEXTS: Readonly<Record<string, Context>> = { log_record: 'log' };

const OLDER_NAMES: readonly string[] = ['resource', 'span', 'spanevent', 'metric', 'datapoint', 'log_record'];

function olderGroups(key: string, block: { readonly [name: string]: unknown }): FilterGroupConfig[] {
  return OLDER_NAMES.flatMap((name) => {
    const texts = (block[name] ?? []) as readonly string[];
    const context = OLDER_CONTEXTS[name] ?? (name as Context);
    const path = (index: number): readonly (string | number)[] => [key, name, index];
    return texts.length === 0 ? [] : [{ context, conditions: texts, errorMode: undefined, path }];
  });
}

const MATCHES_AT: Readonly<Record<Signal, string>> = { traces: 'spans', metrics: 'metrics', logs: 'logs' };

/** Several forms at once are refused, as in contrib. */
export function mixedForms(config: FilterConfig): Mistake[] {
  return SIGNALS.flatMap((signal) => {
    const groups = config.groups[signal];
    const forms = [...new Set(groups.map((each) => String(each.path(0)[0])))];
    if (config.matches[signal] !== undefined) forms.push(`${MATCHES_AT[signal]}: include, exclude`);
    if (forms.length < 2) return [];
    const [first, second] = forms as [string, string];
    const message = `cannot use "${first}" and "${second}" at the same time: write all as ${TODAY[signal]}`;
    return [{ path: [second.split(':')[0]!], message }];
  });
}

const TODAY: Readonly<Record<Signal, string>> = {
  traces: 'trace_conditions',
  metrics: 'metric_conditions',
  logs: 'log_conditions',
};
