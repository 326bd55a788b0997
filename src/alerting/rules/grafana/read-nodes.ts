import { parsePromDuration } from '#lang/promql';
import { parseRuleExpr, type RuleExpr } from '../rule-expr.ts';
import { YamlError, type YamlValue } from '../rule-yaml.ts';
import { mapOf, mapsAt, textAt, type YamlMap } from '../yaml-fields.ts';
import { CLASSIC_REDUCERS, type ClassicCondition } from './classic.ts';
import type { GrafanaCondition, Node } from './condition.ts';
import { parseMath, variablesIn } from './math.ts';
import { choiceAt, flagAt, mapAt, numberAt, numbersIn, placeOf, rawAt } from './plain.ts';
import { REDUCERS, type ReduceMode } from './reduce.ts';
import { UPSAMPLERS } from './resample.ts';
import { EVALUATORS, type Evaluator, type EvaluatorType } from './threshold.ts';

/** `data` of a rule: its queries and expressions. Each function throws a YamlError that knows the place. */

const EXPRESSION_UIDS: ReadonlySet<string> = new Set(['__expr__', '-100', '__expression__']);

/** In the order in which they are worked out. */
export function readCondition(rule: YamlMap): GrafanaCondition {
  const data = mapsAt(rule, 'data');
  if (data.length === 0) throw new YamlError('data must have a query', placeOf(rule, 'data'));
  const nodes = new Map<string, { readonly node: Node; readonly item: YamlMap }>();
  for (const item of data) {
    const node = readNode(item);
    if (nodes.has(node.refId)) throw new YamlError(`refId ${node.refId} is there twice`, placeOf(item, 'refId'));
    nodes.set(node.refId, { node, item });
  }
  const condition = textAt(rule, 'condition') ?? '';
  if (!nodes.has(condition))
    throw new YamlError(
      condition === ''
        ? 'condition must name a refId of data'
        : `condition ${JSON.stringify(condition)} is no refId of data`,
      placeOf(rule, 'condition'),
    );
  const ordered: Node[] = [];
  const under = new Set<string>();
  const visit = (refId: string, from: YamlMap): void => {
    const found = nodes.get(refId);
    if (found === undefined)
      throw new YamlError(`there is no query ${JSON.stringify(refId)} in data`, placeOf(from, 'model'));
    if (ordered.includes(found.node)) return;
    if (under.has(refId)) throw new YamlError(`${refId} needs itself`, placeOf(found.item, 'model'));
    under.add(refId);
    for (const read of readBy(found.node)) visit(read, found.item);
    ordered.push(found.node);
  };
  for (const [refId, { item }] of nodes) visit(refId, item);
  return { language: 'grafana', nodes: ordered, condition };
}

function readBy(node: Node): readonly string[] {
  switch (node.kind) {
    case 'query':
      return [];
    case 'math':
      return variablesIn(node.tree);
    case 'classic':
      return node.conditions.map(({ of }) => of);
    default:
      return [node.of];
  }
}

function readNode(item: YamlMap): Node {
  const refId = textAt(item, 'refId') ?? '';
  if (refId === '') throw new YamlError('a query needs a refId', item.place);
  const model = mapAt(item, 'model');
  if (model === undefined) throw new YamlError('a query needs a model', item.place);
  const uid = textAt(item, 'datasourceUid') ?? '';
  const source = sourceOf(model);
  const range = rangeOf(item);
  if (EXPRESSION_UIDS.has(uid) || EXPRESSION_UIDS.has(source.uid) || source.type === '__expr__')
    return readExpression(refId, model, range);
  return readQuery(refId, model, { uid, type: source.type, range });
}

interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Seconds before the evaluation. */
function rangeOf(item: YamlMap): TimeRange {
  const range = mapAt(item, 'relativeTimeRange');
  if (range === undefined) return { fromMs: 0, toMs: 0 };
  return { fromMs: secondsAt(range, 'from') * 1000, toMs: secondsAt(range, 'to') * 1000 };
}

function secondsAt(map: YamlMap, key: string): number {
  const text = textAt(map, key) ?? '0';
  return /[a-z]/i.test(text) ? lengthOf(text, map, key) / 1000 : (numberAt(map, key) ?? 0);
}

function lengthOf(text: string, map: YamlMap, key: string): number {
  try {
    return parsePromDuration(text);
  } catch (error) {
    throw new YamlError(`${key}: ${(error as Error).message}`, placeOf(map, key));
  }
}

function sourceOf(model: YamlMap): { readonly uid: string; readonly type: string } {
  const value = model.entries.get('datasource')?.value;
  if (value?.kind !== 'map') return { uid: value?.kind === 'scalar' ? (value.text ?? '') : '', type: '' };
  return { uid: textAt(value, 'uid') ?? '', type: textAt(value, 'type') ?? '' };
}

interface Source {
  readonly uid: string;
  readonly type: string;
  readonly range: TimeRange;
}

const MAX_DATA_POINTS = 43_200;
const MIN_STEP_MS = 15_000;
/** How often SDKs of OpenTelemetry send: with less, a rate would have one sample. */
const SCRAPE_INTERVAL_MS = 60_000;

function readQuery(refId: string, model: YamlMap, { uid, type, range }: Source): Node {
  const text = rawAt(model, 'expr');
  const name = type || uid;
  if (text === undefined || text.trim() === '')
    throw new YamlError(
      `query ${refId} has no expr: only data sources that take PromQL or LogQL are answered here, and this one is ${JSON.stringify(name)}`,
      model.place,
    );
  if (type !== '' && !/prometheus|loki|mimir|cortex|thanos|victoria/i.test(type))
    throw new YamlError(
      `query ${refId} asks a data source of type ${type}, which the store is not`,
      placeOf(model, 'datasource'),
    );
  const intervalText = rawAt(model, 'interval') ?? '';
  const minStepMs =
    intervalText === '' || intervalText.includes('$') ? MIN_STEP_MS : lengthOf(intervalText, model, 'interval');
  const lengthMs = Math.max(0, range.fromMs - range.toMs);
  const points = numberAt(model, 'maxDataPoints') ?? MAX_DATA_POINTS;
  const stepMs = Math.max(1000, minStepMs, Math.ceil(lengthMs / Math.max(1, points)));
  const filled = withMacros(text, stepMs, lengthMs);
  const isLoki = /loki/i.test(name) || (type === '' && !canRead(filled, 'promql') && canRead(filled, 'logql'));
  const queryType = textAt(model, 'queryType') ?? '';
  const isInstant = flagAt(model, 'instant') || queryType === 'instant';
  return {
    ...{ kind: 'query', refId, isInstant, ...range, stepMs, sourceUid: uid },
    expr: parsed(filled, isLoki ? 'logql' : 'promql', refId, model),
  };
}

function canRead(text: string, language: RuleExpr['language']): boolean {
  try {
    parseRuleExpr(text, language);
    return true;
  } catch {
    return false;
  }
}

function parsed(text: string, language: RuleExpr['language'], refId: string, model: YamlMap): RuleExpr {
  try {
    return parseRuleExpr(text, language);
  } catch (error) {
    throw new YamlError(`query ${refId}: ${(error as Error).message}`, placeOf(model, 'expr'));
  }
}

function withMacros(text: string, stepMs: number, lengthMs: number): string {
  const seconds = (ms: number): string => `${Math.max(1, Math.round(ms / 1000))}s`;
  const macros: Readonly<Record<string, string>> = {
    __interval: seconds(stepMs),
    __interval_ms: String(stepMs),
    __rate_interval: seconds(Math.max(stepMs + SCRAPE_INTERVAL_MS, 4 * SCRAPE_INTERVAL_MS)),
    __auto: seconds(stepMs),
    __range: seconds(lengthMs),
    __range_s: String(Math.round(lengthMs / 1000)),
    __range_ms: String(lengthMs),
  };
  return text.replace(
    /\$(?:\{(__\w+)\}|(__\w+))/g,
    (whole, braced?: string, bare?: string) => macros[braced ?? bare ?? ''] ?? whole,
  );
}

const EXPRESSIONS = ['reduce', 'threshold', 'math', 'resample', 'classic_conditions'] as const;

function readExpression(refId: string, model: YamlMap, range: TimeRange): Node {
  const type = textAt(model, 'type') ?? '';
  const known = EXPRESSIONS.find((each) => each === type);
  if (known === undefined)
    throw new YamlError(
      `expression ${refId}: type ${JSON.stringify(type)} is not known here; known are ${EXPRESSIONS.join(', ')}`,
      placeOf(model, 'type'),
    );
  // Grafana writes both `A` and `$A`.
  const of = (rawAt(model, 'expression') ?? '').replace(/^\$\{?(\w+)\}?$/, '$1');
  switch (known) {
    case 'reduce':
      return {
        kind: 'reduce',
        refId,
        of,
        reducer: choiceAt(model, 'reducer', REDUCERS, 'last'),
        mode: readMode(model),
      };
    case 'threshold':
      return { kind: 'threshold', refId, of, ...readThreshold(refId, model) };
    case 'math':
      return readMath(refId, model);
    case 'resample':
      return {
        ...{ kind: 'resample', refId, of, ...range },
        windowMs: Math.max(1, lengthOf(textAt(model, 'window') ?? '', model, 'window')),
        downsampler: choiceAt(model, 'downsampler', REDUCERS, 'mean'),
        upsampler: choiceAt(model, 'upsampler', UPSAMPLERS, 'fillna'),
      };
    case 'classic_conditions':
      return { kind: 'classic', refId, conditions: mapsAt(model, 'conditions').map(readClassic) };
  }
}

function readMath(refId: string, model: YamlMap): Node {
  const text = rawAt(model, 'expression') ?? '';
  try {
    return { kind: 'math', refId, text, tree: parseMath(text) };
  } catch (error) {
    throw new YamlError(`expression ${refId}: ${(error as Error).message}`, placeOf(model, 'expression'));
  }
}

function readMode(model: YamlMap): ReduceMode {
  const settings = mapAt(model, 'settings');
  const mode =
    settings === undefined ? 'strict' : choiceAt(settings, 'mode', ['strict', 'dropNN', 'replaceNN'], 'strict');
  if (mode === 'replaceNN') return { kind: 'replace', value: numberAt(settings!, 'replaceWithValue') ?? 0 };
  return { kind: mode === 'dropNN' ? 'drop' : 'strict' };
}

function readThreshold(
  refId: string,
  model: YamlMap,
): { readonly evaluator: Evaluator; readonly recovery: Evaluator | undefined } {
  const [condition] = mapsAt(model, 'conditions');
  if (condition === undefined) throw new YamlError(`expression ${refId} needs a condition`, model.place);
  const recovery = mapAt(condition, 'unloadEvaluator');
  return {
    evaluator: readEvaluator(mapOf(required(condition, 'evaluator'), 'evaluator')),
    recovery: recovery === undefined ? undefined : readEvaluator(recovery),
  };
}

function required(map: YamlMap, key: string): YamlValue {
  const value = map.entries.get(key)?.value;
  if (value === undefined) throw new YamlError(`${key} is missing`, map.place);
  return value;
}

function readEvaluator(map: YamlMap): Evaluator {
  const types = Object.keys(EVALUATORS) as EvaluatorType[];
  const type = choiceAt(map, 'type', types, 'gt');
  const params = numbersIn(map.entries.get('params')?.value);
  const count = EVALUATORS[type];
  if (params.length < count)
    throw new YamlError(`${type} needs ${count === 1 ? 'a number' : 'two numbers'} in params`, map.place);
  return { type, params: params.slice(0, count) };
}

function readClassic(condition: YamlMap): ClassicCondition {
  const evaluator = mapOf(required(condition, 'evaluator'), 'evaluator');
  const query = mapAt(condition, 'query');
  const params = query?.entries.get('params')?.value;
  const first = params?.kind === 'list' ? params.items[0] : undefined;
  const of = first?.kind === 'scalar' ? (first.text ?? '') : '';
  const reducer = mapAt(condition, 'reducer');
  const operator = mapAt(condition, 'operator');
  return {
    of,
    reducer: reducer === undefined ? 'avg' : choiceAt(reducer, 'type', CLASSIC_REDUCERS, 'avg'),
    evaluator: textAt(evaluator, 'type') === 'no_value' ? 'no_value' : readEvaluator(evaluator),
    operator: operator === undefined ? 'and' : choiceAt(operator, 'type', ['and', 'or', 'logic-or'], 'and'),
  };
}
