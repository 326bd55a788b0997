import { compiled, type Mistake } from '#component/ottl-config.ts';
import { type OttlCondition, parseOttlCondition } from '#lang/ottl';
import {
  type Condition,
  type Context,
  compileCondition,
  conditionFunctions,
  inferContext,
  SIGNAL_CONTEXTS,
} from '#ottl';
import { SIGNALS, type Signal } from '#pdata';
import { signalMistake } from '../shared/match/config.ts';
import { type FilterConfig, type FilterGroupConfig, mixedForms } from './config.ts';

export function validateFilter(config: FilterConfig): Mistake[] {
  const mistakes = [...mixedForms(config), ...spanMistakes(config)];
  for (const signal of SIGNALS) {
    for (const group of config.groups[signal]) compileConditions(group, signal, mistakes);
  }
  return mistakes;
}

/** What spans can't be matched by. */
function spanMistakes({ matches }: FilterConfig): Mistake[] {
  return (['include', 'exclude'] as const).flatMap((name) =>
    (matches.traces?.[name] ?? []).flatMap((match) => {
      const message = signalMistake(match, 'traces');
      return message === undefined ? [] : [{ path: ['spans', name], message }];
    }),
  );
}

/** The conditions of a group, each with its context. */
export function compileConditions(
  config: FilterGroupConfig,
  signal: Signal,
  mistakes: Mistake[],
  nowMs?: () => number,
): Condition[] {
  return config.conditions.flatMap((text, i) => {
    const path = config.path(i);
    const tree = compiled(path, text, () => parseOttlCondition(text), mistakes);
    const context = tree && contextOf(config, signal, tree, text, path, mistakes);
    if (tree === undefined || context === undefined) return [];
    const condition = compiled(
      path,
      text,
      () =>
        compileCondition(context, text, tree, {
          functions: conditionFunctions(context),
          needsPrefix: config.context === undefined,
          ...(nowMs && { nowMs }),
        }),
      mistakes,
    );
    return condition === undefined ? [] : [condition];
  });
}

function contextOf(
  config: FilterGroupConfig,
  signal: Signal,
  tree: OttlCondition,
  text: string,
  path: Mistake['path'],
  mistakes: Mistake[],
): Context | undefined {
  const allowed: readonly Context[] = SIGNAL_CONTEXTS[signal].filter((context) => context !== 'exemplar');
  if (config.context === undefined) {
    const infer = (): Context => inferContext({ conditions: [tree] }, allowed, conditionFunctions);
    return compiled(path, text, infer, mistakes);
  }
  if (allowed.includes(config.context)) return config.context;
  const message = `the context "${config.context}" is not one of ${signal}: it has ${allowed.join(', ')}`;
  mistakes.push({ path, message });
  return undefined;
}
