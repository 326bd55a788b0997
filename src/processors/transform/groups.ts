import { compiled, type Mistake } from '#component/ottl-config.ts';
import { type OttlCondition, type OttlStatement, parseOttlCondition, parseOttlStatement } from '#lang/ottl';
import {
  CONVERTERS,
  type CompileOptions,
  type Condition,
  type Context,
  compileCondition,
  compileStatement,
  type FunctionTable,
  inferContext,
  SIGNAL_CONTEXTS,
  type Statement,
} from '#ottl';
import { SIGNALS, type Signal } from '#pdata';
import type { GroupConfig, TransformConfig } from './config.ts';
import { transformFunctions } from './functions/index.ts';
import type { MetricEdits } from './functions/metric-edits.ts';

/** A group, compiled. */
export interface Group {
  readonly config: GroupConfig;
  readonly context: Context;
  readonly statements: readonly Statement[];
  readonly conditions: readonly Condition[];
}

export function validateTransform(config: TransformConfig): Mistake[] {
  const mistakes: Mistake[] = [];
  for (const signal of SIGNALS) {
    for (const group of config.groups[signal]) compileGroup(group, signal, mistakes);
  }
  return mistakes;
}

/** undefined where there are mistakes. */
export function compileGroup(
  config: GroupConfig,
  signal: Signal,
  mistakes: Mistake[],
  running: { readonly nowMs?: () => number; readonly edits?: MetricEdits } = {},
): Group | undefined {
  const before = mistakes.length;
  const trees = config.statements.map((text, i) =>
    compiled(config.statementPath(i), text, () => parseOttlStatement(text), mistakes),
  );
  const conditionTrees = config.conditions.map((text, i) =>
    compiled(config.conditionPath(i), text, () => parseOttlCondition(text), mistakes),
  );
  if (mistakes.length > before) return undefined;
  const statements = trees as readonly OttlStatement[];
  const conditions = conditionTrees as readonly OttlCondition[];
  const functions = (context: Context): FunctionTable => transformFunctions(context, running.edits);
  const context = contextOf(config, signal, { statements, conditions }, functions, mistakes);
  if (context === undefined) return undefined;
  const options: CompileOptions = {
    needsPrefix: config.context === undefined,
    ...(running.nowMs && { nowMs: running.nowMs }),
  };
  const group = {
    config,
    context,
    statements: statements.map((tree, i) =>
      compiled(
        config.statementPath(i),
        config.statements[i]!,
        () => compileStatement(context, config.statements[i]!, tree, { ...options, functions: functions(context) }),
        mistakes,
      ),
    ),
    conditions: conditions.map((tree, i) =>
      compiled(
        config.conditionPath(i),
        config.conditions[i]!,
        () => compileCondition(context, config.conditions[i]!, tree, { ...options, functions: CONVERTERS }),
        mistakes,
      ),
    ),
  };
  return mistakes.length > before ? undefined : (group as Group);
}

function contextOf(
  config: GroupConfig,
  signal: Signal,
  trees: { readonly statements: readonly OttlStatement[]; readonly conditions: readonly OttlCondition[] },
  functions: (context: Context) => FunctionTable,
  mistakes: Mistake[],
): Context | undefined {
  const allowed = SIGNAL_CONTEXTS[signal];
  if (config.context === undefined) {
    if (config.statements.length === 0) return allowed.at(-1);
    const infer = (): Context => inferContext(trees, allowed, functions);
    return compiled(config.statementPath(0), config.statements[0] ?? '', infer, mistakes);
  }
  if (allowed.includes(config.context)) return config.context;
  const message = `the context "${config.context}" is not one of ${signal}: it has ${allowed.join(', ')}`;
  mistakes.push({ path: config.statementPath(0).slice(0, 2), message });
  return undefined;
}
