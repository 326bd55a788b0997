/** A query's stages over one trace: sets of spans in, sets of spans out. */
import {
  type Aggregate,
  type CompareOperator,
  printScalar,
  printTraceqlExpr,
  type ScalarExpr,
  type ScalarFilter,
  type SpansetExpr,
  type Stage,
  type TraceqlValue,
} from '#lang/traceql';
import { arithmetic, COMPARISONS, compare, type FieldValue, isDenial, numberOf, valueKey } from './field-value.ts';
import { MAX_GROUPS, tooMuch } from './limits.ts';
import { compileExpr, compileTest } from './span-fields.ts';
import { type Places, related, union, unionOf } from './structure.ts';
import type { TraceSpans } from './trace-spans.ts';

export interface SpanSet {
  readonly places: Places;
  /** What stages have said of it: `by(…)`, `count()`. */
  readonly attributes: readonly { readonly key: string; readonly value: FieldValue }[];
}

/** What a trace has after all stages; none where it does not match. */
export type TraceQuery = (trace: TraceSpans) => readonly SpanSet[];

type StageRun = (trace: TraceSpans, sets: readonly SpanSet[]) => readonly SpanSet[];

/** The stages of a checked query. Without one all spans match. */
export function compileStages(stages: readonly Stage[]): TraceQuery {
  const run = compilePipeline(stages);
  return (trace) => run(trace, [{ places: allPlaces(trace), attributes: [] }]);
}

function allPlaces(trace: TraceSpans): Places {
  return Array.from({ length: trace.spanCount }, (_, place) => place);
}

function compilePipeline(stages: readonly Stage[]): StageRun {
  const runs = stages.map(compileStage);
  return (trace, sets) => {
    let current = sets;
    for (const run of runs) {
      if (current.length === 0) return current;
      current = run(trace, current);
    }
    return current;
  };
}

function compileStage(stage: Stage): StageRun {
  switch (stage.kind) {
    case 'filter':
    case 'spansets': {
      const select = compileSpanset(stage);
      return (trace, sets) =>
        sets.flatMap((set) => {
          const places = select(trace, set.places);
          return places.length === 0 ? [] : [{ ...set, places }];
        });
    }
    case 'wrapped':
      return compilePipeline(stage.stages);
    case 'scalar-filter':
      return compileScalarFilter(stage);
    case 'by':
      return compileGrouping(
        stage.fields.map(compileExpr),
        stage.fields.map((field) => `by(${printTraceqlExpr(field)})`),
      );
    case 'select':
      return (_, sets) => sets;
    case 'coalesce':
      return (_, sets) => [{ places: unionOf(sets.map(({ places }) => places)), attributes: [] }];
  }
}

type SpanSelect = (trace: TraceSpans, from: Places) => Places;

function compileSpanset(expr: SpansetExpr): SpanSelect {
  if (expr.kind === 'filter') {
    if (expr.condition === undefined) return (_, from) => from;
    const test = compileTest(expr.condition);
    return (trace, from) => from.filter((place) => test(trace, place));
  }
  if (expr.kind === 'wrapped') {
    const run = compilePipeline(expr.stages);
    return (trace, from) => unionOf(run(trace, [{ places: from, attributes: [] }]).map(({ places }) => places));
  }
  const { operator } = expr;
  const [selectLeft, selectRight] = [compileSpanset(expr.left), compileSpanset(expr.right)];
  return (trace, from) => {
    const left = selectLeft(trace, from);
    const right = selectRight(trace, from);
    if (operator === '||') return union(left, right);
    if (operator === '&&') return left.length === 0 || right.length === 0 ? [] : union(left, right);
    return related(trace, left, operator, right);
  };
}

function compileGrouping(gets: readonly ReturnType<typeof compileExpr>[], keys: readonly string[]): StageRun {
  return (trace, sets) => {
    let count = 0;
    return sets.flatMap(({ places, attributes }) => {
      const groups = new Map<string, { readonly values: readonly FieldValue[]; readonly places: number[] }>();
      for (const place of places) {
        const values = gets.map((get) => get(trace, place));
        const key = values.map(valueKey).join('\0');
        const group = groups.get(key) ?? { values, places: [] };
        groups.set(key, group);
        group.places.push(place);
      }
      count += groups.size;
      if (count > MAX_GROUPS) throw tooMuch(`${MAX_GROUPS} groups of spans in one trace`);
      return [...groups.values()].map((group) => ({
        places: group.places,
        attributes: [...attributes, ...keys.map((key, i) => ({ key, value: group.values[i] }))],
      }));
    });
  };
}

/** The value of a set, and the spans that it was taken of where those are others. */
interface SetValue {
  readonly value: FieldValue;
  readonly places: Places | undefined;
}
type SetValueOf = (trace: TraceSpans, places: Places) => SetValue;

function compileScalarFilter({ operator, left, right }: ScalarFilter): StageRun {
  const [leftOf, rightOf] = [compileScalar(left), compileScalar(right)];
  const told = [left, right].flatMap((expr, i) => (expr.kind === 'static' ? [] : [{ key: printScalar(expr), i }]));
  const holds = COMPARISONS[operator as Exclude<CompareOperator, '=~' | '!~'>];
  const isDenied = isDenial(operator);
  return (trace, sets) =>
    sets.flatMap(({ places, attributes }): readonly SpanSet[] => {
      const values = [leftOf(trace, places), rightOf(trace, places)];
      if (!compare(values[0]!.value, values[1]!.value, isDenied, holds)) return [];
      const others = values.flatMap((one) => (one.places === undefined ? [] : [one.places]));
      const own = told.map(({ key, i }) => ({ key, value: values[i]!.value }));
      return [{ places: others.length === 0 ? places : unionOf(others), attributes: [...attributes, ...own] }];
    });
}

function compileScalar(expr: ScalarExpr): SetValueOf {
  switch (expr.kind) {
    case 'static':
      return () => ({ value: expr.value, places: undefined });
    case 'aggregate':
      return compileAggregate(expr);
    case 'scalars': {
      const [left, right] = [compileScalar(expr.left), compileScalar(expr.right)];
      return (trace, places) => {
        const [a, b] = [left(trace, places), right(trace, places)];
        const both = a.places === undefined ? b.places : union(a.places, b.places ?? []);
        return { value: arithmetic(a.value, expr.operator, b.value), places: both };
      };
    }
    case 'scalar-pipeline': {
      const run = compilePipeline(expr.stages);
      const ownValue = compileScalar(expr.value);
      return (trace, places) => {
        const own = unionOf(run(trace, [{ places, attributes: [] }]).map((set) => set.places));
        return { value: own.length === 0 ? undefined : ownValue(trace, own).value, places: own };
      };
    }
  }
}

function compileAggregate({ operator, of }: Aggregate): SetValueOf {
  if (of === undefined) return (_, places) => ({ value: { type: 'int', value: places.length }, places: undefined });
  const get = compileExpr(of);
  return (trace, places) => {
    let count = 0;
    let result = 0;
    let type: TraceqlValue['type'] = 'int';
    for (const place of places) {
      const value = get(trace, place);
      const number = numberOf(value);
      if (number === undefined) continue;
      if (value!.type !== 'int') type = value!.type as TraceqlValue['type'];
      if (count === 0) result = number;
      else if (operator === 'min') result = Math.min(result, number);
      else if (operator === 'max') result = Math.max(result, number);
      else result += number;
      count++;
    }
    if (count === 0) return { value: undefined, places: undefined };
    const total = operator === 'avg' ? result / count : result;
    return { value: numberAs(type, total), places: undefined };
  };
}

function numberAs(type: TraceqlValue['type'], value: number): TraceqlValue {
  if (type === 'duration') return { type, value };
  return type === 'int' && Number.isSafeInteger(value) ? { type, value } : { type: 'float', value };
}
