/** As much of TraceQL and LogQL as the checks ask: conditions on single spans, selectors, line filters and label filters. */
import { type LabelFilter, type LogqlError, type Stage as LogStage, parseLogql, type StreamMatcher } from '#lang/logql';
import { type FieldExpr, parseTraceql, type Stage, type TraceqlError, type TraceqlValue } from '#lang/traceql';
import { type FilterItem, MockQueryError, type Predicate } from './filter.ts';

/** Throws `MockQueryError`. Of structure only the sides are looked at, of pipelines only the filters. */
export function compileTraceql(text: string): Predicate {
  try {
    const { root } = parseTraceql(text);
    if (root.kind !== 'search') throw new MockQueryError('the query makes series, and is asked for traces', 0, 0);
    const tests = root.stages.map(stageTest);
    return (item) => tests.every((test) => test(item));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'TraceqlError') throw error;
    const { message, place } = error as TraceqlError;
    throw new MockQueryError(message, place.start, place.end);
  }
}

/** The query looks at more than single spans. */
export function isOfTraces(text: string): boolean {
  const { root } = parseTraceql(text);
  return root.kind === 'search' && root.stages.some(({ kind }) => kind !== 'filter' && kind !== 'select');
}

function stageTest(stage: Stage): Predicate {
  if (stage.kind === 'filter') return stage.condition === undefined ? () => true : exprTest(stage.condition);
  if (stage.kind !== 'spansets') return () => true;
  const [left, right] = [stageTest(stage.left), stageTest(stage.right)];
  return stage.operator === '||' ? (item) => left(item) || right(item) : right;
}

function exprTest(expr: FieldExpr): Predicate {
  if (expr.kind === 'static') return () => expr.value.type === 'bool' && expr.value.value;
  if (expr.kind === 'unary') {
    const inner = exprTest(expr.operand);
    return (item) => !inner(item);
  }
  if (expr.kind !== 'binary') return (item) => fieldValue(expr, item) === true;
  const { operator, left, right } = expr;
  if (operator === '&&' || operator === '||') {
    const [a, b] = [exprTest(left), exprTest(right)];
    return operator === '&&' ? (item) => a(item) && b(item) : (item) => a(item) || b(item);
  }
  return (item) => compare(fieldValue(left, item), operator, fieldValue(right, item));
}

const NAMES: Readonly<Record<string, string>> = { rootServiceName: 'service', rootName: 'name' };

function fieldValue(expr: FieldExpr, item: FilterItem): unknown {
  if (expr.kind === 'static') return plainValue(expr.value);
  if (expr.kind === 'intrinsic') return item.intrinsics[NAMES[expr.name] ?? expr.name];
  if (expr.kind !== 'attribute') return undefined;
  const { key, scope } = expr;
  if (key === 'service.name') return item.intrinsics.service;
  return scope === 'resource' ? item.resource[key] : (item.attributes[key] ?? item.resource[key]);
}

function plainValue(value: TraceqlValue): unknown {
  return value.type === 'nil' ? undefined : value.value;
}

function compare(left: unknown, operator: string, right: unknown): boolean {
  switch (operator) {
    case '=':
      return left === right;
    case '!=':
      return left !== right;
    case '=~':
      return new RegExp(`^(?:${right})$`).test(String(left));
    case '!~':
      return !new RegExp(`^(?:${right})$`).test(String(left));
    case '>':
      return Number(left) > Number(right);
    case '>=':
      return Number(left) >= Number(right);
    case '<':
      return Number(left) < Number(right);
    default:
      return Number(left) <= Number(right);
  }
}

/** Throws `MockQueryError`. */
export function compileLogql(text: string): Predicate {
  try {
    const expr = parseLogql(text);
    if (expr.kind !== 'logs') throw new MockQueryError('the query makes series, and is asked for lines', 0, 0);
    const tests = [...expr.matchers.map(matcherTest), ...expr.stages.map(lineTest)];
    return (item) => tests.every((test) => test(item));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'LogqlError') throw error;
    const { message, range } = error as LogqlError;
    throw new MockQueryError(message, range.start, range.end);
  }
}

const LEVELS = ['unknown', 'trace', 'debug', 'info', 'warn', 'error', 'fatal'];

function labelOf(item: FilterItem, name: string): string {
  if (name === 'service_name') return String(item.intrinsics.service);
  if (name === 'detected_level') return LEVELS[Math.ceil(Number(item.intrinsics.severity) / 4)] ?? '';
  if (name === 'trace_id') return String(item.intrinsics.trace);
  const found = Object.entries({ ...item.resource, ...item.attributes }).find(
    ([key]) => key.replaceAll(/\W/g, '_') === name,
  );
  return found === undefined ? '' : String(found[1]);
}

function matcherTest({ name, operator, value }: Pick<StreamMatcher, 'name' | 'operator' | 'value'>): Predicate {
  return (item) => compare(labelOf(item, name), operator, value);
}

function lineTest(stage: LogStage): Predicate {
  if (stage.kind === 'filter') return filterTest(stage.filter);
  if (stage.kind !== 'line') return () => true;
  const isDenial = stage.operator.startsWith('!');
  const isPattern = stage.operator.endsWith('~');
  return ({ text }) =>
    stage.terms.some(({ value }) => (isPattern ? new RegExp(value).test(text) : text.includes(value))) !== isDenial;
}

function filterTest(filter: LabelFilter): Predicate {
  if (filter.kind === 'and' || filter.kind === 'or') {
    const [a, b] = [filterTest(filter.left), filterTest(filter.right)];
    return filter.kind === 'and' ? (item) => a(item) && b(item) : (item) => a(item) || b(item);
  }
  if (filter.kind === 'text') return matcherTest(filter);
  if (filter.kind !== 'compare') return () => true;
  const { name, operator, value } = filter;
  return (item) => {
    const found = Number(labelOf(item, name));
    return operator === '==' ? found === value : compare(found, operator, value);
  };
}
