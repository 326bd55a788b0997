import { z } from 'zod';
import { contextKey, errorMode, ownErrorMode, textsOrGroups } from '#component/ottl-config.ts';
import { boolean, list, type Schema, strictObject, text } from '#config';
import type { Context, ErrorMode } from '#ottl';
import type { Signal } from '#pdata';

/** What users write under `transform:` (otelcol-contrib processor/transformprocessor). */
export interface TransformConfig {
  readonly errorMode: ErrorMode;
  readonly groups: Readonly<Record<Signal, readonly GroupConfig[]>>;
  /** Each log record has a resource and a scope of its own while statements run. */
  readonly flattensLogs: boolean;
}

/** Statements of one context that run one after the other on each item. */
export interface GroupConfig {
  /** undefined: found by what the paths begin with. */
  readonly context: Context | undefined;
  /** One of them must hold; none: all items. */
  readonly conditions: readonly string[];
  readonly statements: readonly string[];
  readonly errorMode: ErrorMode | undefined;
  readonly sharedCache: boolean;
  /** Where the statements and conditions stand in the configuration. */
  readonly statementPath: (index: number) => readonly (string | number)[];
  readonly conditionPath: (index: number) => readonly (string | number)[];
}

const CONTEXTS: readonly Context[] = [
  'resource',
  'scope',
  'span',
  'spanevent',
  'metric',
  'datapoint',
  'exemplar',
  'log',
];

const group = strictObject({
  context: contextKey(CONTEXTS),
  conditions: list(text()).describe('the statements run on items for which one of these holds'),
  statements: list(text()).describe('run one after the other on each item'),
  error_mode: ownErrorMode,
  shared_cache: boolean(false).describe('groups of a context have one `cache` for all items of a batch'),
});
type RawGroup = (typeof group)['_output'];

const statements = textsOrGroups(group, 'statement');

export const transformSchema: Schema<TransformConfig> = strictObject({
  error_mode: errorMode,
  trace_statements: statements.describe('statements for traces: a list of them, or of groups'),
  metric_statements: statements.describe('likewise for metrics'),
  log_statements: statements.describe('likewise for logs'),
  flatten_data: boolean(false).describe(
    'while statements run on logs, each record has a resource and a scope of its own; those that are equal then are put together again',
  ),
  profile_statements: z
    .array(z.unknown())
    .default([])
    .meta({
      typeName: 'list',
      json: { type: 'array' },
      description: 'likewise for profiles',
      idle: { why: 'there are no pipelines of profiles', quiet: [[]] },
    }),
})
  .superRefine((raw, context) => {
    for (const name of ['trace_statements', 'metric_statements', 'log_statements'] as const) {
      const firstText = raw[name].findIndex((item) => typeof item === 'string');
      const lastGroup = raw[name].findLastIndex((item) => typeof item !== 'string');
      if (firstText < 0 || lastGroup < firstText) continue;
      context.addIssue({ code: 'custom', path: [name, lastGroup], message: MIXED });
    }
  })
  .transform((raw) => ({
    errorMode: raw.error_mode,
    flattensLogs: raw.flatten_data,
    groups: {
      traces: groupsOf('trace_statements', raw.trace_statements),
      metrics: groupsOf('metric_statements', raw.metric_statements),
      logs: groupsOf('log_statements', raw.log_statements),
    },
  }));

const MIXED = 'configuring multiple configuration styles is not supported: write only statements, or only groups';

function groupsOf(key: string, list: readonly (string | RawGroup)[]): GroupConfig[] {
  const groups: GroupConfig[] = list.flatMap((item, i) => (typeof item === 'string' ? [] : [groupOf(key, i, item)]));
  const flat = list.flatMap((item, i) => (typeof item === 'string' ? [{ text: item, index: i }] : []));
  if (flat.length === 0) return groups;
  const path = (index: number): readonly (string | number)[] => [key, flat[index]!.index];
  const own = { context: undefined, conditions: [], errorMode: undefined, sharedCache: false };
  return [
    ...groups,
    { ...own, statements: flat.map(({ text: each }) => each), statementPath: path, conditionPath: path },
  ];
}

function groupOf(key: string, index: number, raw: RawGroup): GroupConfig {
  return {
    context: raw.context,
    conditions: raw.conditions,
    statements: raw.statements,
    errorMode: raw.error_mode,
    sharedCache: raw.shared_cache,
    statementPath: (each) => [key, index, 'statements', each],
    conditionPath: (each) => [key, index, 'conditions', each],
  };
}
