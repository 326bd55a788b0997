import { compiled, type Mistake } from '#component/ottl-config.ts';
import { type OttlStatement, parseOttlCondition, parseOttlStatement } from '#lang/ottl';
import {
  CONVERTERS,
  type Condition,
  type Context,
  compileCondition,
  compileStatement,
  editorFunction,
  type FunctionTable,
  functionTable,
  inferContext,
  STANDARD_FUNCTIONS,
  type Statement,
} from '#ottl';

/** What decides whether something takes a route: a condition, or a statement that runs where it holds. */
export interface RuleConfig {
  readonly context: string | undefined;
  readonly condition: string;
  readonly statement: string;
}

export interface Rule {
  readonly context: Context;
  /** Names the rule among those of its context. */
  readonly text: string;
  /** undefined: always. */
  readonly condition: Condition | undefined;
  /** What is changed of what takes the route. */
  readonly statement: Statement | undefined;
}

const ROUTE = 'route';
const EDITORS = ['delete_key', 'delete_matching_keys'];
const CONTEXTS: readonly Context[] = ['resource', 'span', 'metric', 'datapoint', 'log'];

const FUNCTIONS: FunctionTable = new Map([
  ...CONVERTERS,
  ...EDITORS.map((name) => [name, STANDARD_FUNCTIONS.get(name)!] as const),
  ...functionTable([editorFunction(ROUTE, 'What fulfils the condition takes the route.', [], () => () => undefined)]),
]);

/** Undefined where something is wrong with it, which is put into `mistakes`. */
export function compileRule(
  config: RuleConfig,
  path: readonly (string | number)[],
  mistakes: Mistake[],
  nowMs?: () => number,
): Rule | undefined {
  const isCondition = config.condition !== '';
  const source = isCondition ? config.condition : config.statement;
  const text = isCondition ? `${ROUTE}() where ${config.condition}` : config.statement;
  const place = [...path, isCondition ? 'condition' : 'statement'];
  return compiled(place, source, () => ruleOf(config, source, text, nowMs), mistakes);
}

function ruleOf(config: RuleConfig, source: string, text: string, nowMs: (() => number) | undefined): Rule {
  const where = config.condition === '' ? undefined : parseOttlCondition(source);
  const tree = where === undefined ? parseOttlStatement(source) : undefined;
  const condition = where ?? tree!.where;
  const context = contextOf(config.context, tree, where);
  const options = { functions: FUNCTIONS, ...(nowMs && { nowMs }) };
  const isEdit = tree !== undefined && tree.editor.name !== ROUTE;
  return {
    context,
    text,
    condition: condition && compileCondition(context, source, condition, options),
    statement: tree && compileStatement(context, source, { ...tree, where: undefined }, options),
    ...(!isEdit && { statement: undefined }),
  };
}

function contextOf(
  named: string | undefined,
  statement: OttlStatement | undefined,
  condition: ReturnType<typeof parseOttlCondition> | undefined,
): Context {
  // What its sender said is the same for every resource of a batch.
  if (named !== undefined) return named === 'otelcol' ? 'resource' : (named as Context);
  const trees = {
    ...(statement && { statements: [statement] }),
    ...(condition && { conditions: [condition] }),
  };
  try {
    return inferContext(trees, CONTEXTS, () => FUNCTIONS);
  } catch {
    // Paths without a prefix have always been those of the resource.
    return 'resource';
  }
}
