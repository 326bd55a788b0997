import { DEFAULT_SCRAPE_INTERVAL_MS, intervalOf, parseInterval, printInterval, queryIntervals } from '../interval.ts';
import type { Dashboard, Input, Variable, VariableOption } from '../model.ts';
import { answeredBy } from '../sources.ts';
import type { TimeSpan } from '../time-span.ts';
import { interpolate } from './interpolate.ts';
import { intervalMacros, MacroScope } from './macros.ts';
import { optionsOf } from './options.ts';
import { orderOf } from './order.ts';
import { parseVariableQuery, type VariableQuery } from './query.ts';
import { chosenValue, type Scope, ScopeOf, type ScopeValue, verbatim } from './scope.ts';
import { ALL_TEXT, ALL_VALUE, AUTO_TEXT, AUTO_VALUE } from './special.ts';

/** What variables ask of any of our APIs. `match` is a selector, empty for everything. */
export interface LabelAsk {
  labelNames(match: string): Promise<readonly string[]>;
  labelValues(label: string, match: string): Promise<readonly string[]>;
}

/** What variables ask of Prometheus' API. */
export interface PromAsk extends LabelAsk {
  series(match: string): Promise<readonly Readonly<Record<string, string>>[]>;
  /** An instant query. */
  query(expr: string): Promise<readonly PromAnswer[]>;
}

export interface PromAnswer {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
  readonly timeMs: number;
}

/** What somebody chose of each variable, by name. `$__all` and `All` stand for all values. */
export type Chosen = ReadonlyMap<string, readonly string[]>;

export interface VariableContext {
  readonly dashboard: Pick<Dashboard, 'title' | 'uid' | 'variables' | 'inputs'>;
  readonly chosen: Chosen;
  readonly time: TimeSpan;
  readonly ask: PromAsk;
  /** Labels of log streams, and attributes of spans; a variable of theirs finds nothing where they are left out. */
  readonly askLogs?: LabelAsk;
  readonly askTraces?: LabelAsk;
  /** Names of our own data sources by type, for data source variables. */
  readonly sources: readonly { readonly type: string; readonly name: string; readonly uid: string }[];
  readonly scrapeIntervalMs?: number;
}

export interface ResolvedVariable {
  readonly variable: Variable;
  /** What can be chosen; `All` first, where it can be. */
  readonly options: readonly VariableOption[];
  /** The values of the options that are chosen. */
  readonly chosen: readonly string[];
  /** Why there are no options. */
  readonly problem: string | undefined;
}

export interface Resolution {
  readonly variables: readonly ResolvedVariable[];
  readonly scope: ScopeOf;
}

/**
 * Finds what each variable of a dashboard can be and is. Variables that name others wait for these. One whose query fails keeps what
 * was chosen and says why.
 */
export async function resolveVariables(context: VariableContext): Promise<Resolution> {
  const { dashboard, time } = context;
  const values = new Map<string, ScopeValue>();
  const resolved = new Map<string, ResolvedVariable>();
  const macros = new MacroScope({ dashboard, time, variables: values });
  const scope = new ScopeOf(values, new ScopeOf(inputValues(dashboard.inputs), macros));
  for (const step of orderOf(dashboard.variables)) {
    const found = await Promise.all(step.map((variable) => resolveOne(variable, scope, context)));
    for (const { resolved: one, value } of found) {
      resolved.set(one.variable.name, one);
      if (value !== undefined) values.set(one.variable.name, value);
    }
  }
  return { variables: dashboard.variables.map(({ name }) => resolved.get(name)!), scope };
}

function inputValues(inputs: readonly Input[]): Map<string, ScopeValue> {
  return new Map(inputs.map(({ name, sourceType, value }) => [name, verbatim(sourceType ?? value)]));
}

interface Found {
  readonly resolved: ResolvedVariable;
  readonly value: ScopeValue | undefined;
}

async function resolveOne(variable: Variable, scope: Scope, context: VariableContext): Promise<Found> {
  const chosen = context.chosen.get(variable.name);
  switch (variable.kind) {
    case 'query': {
      try {
        const query = parseVariableQuery(variable.query);
        const { kind } = answeredBy(variable.source, scope);
        const found =
          kind === 'loki' || kind === 'tempo'
            ? await askLabels(query, scope, kind === 'loki' ? context.askLogs : context.askTraces)
            : await ask(query, scope, context);
        return choose(
          variable,
          optionsOf(found, interpolate(variable.regex, scope, 'glob'), variable.sort),
          chosen,
          scope,
        );
      } catch (error) {
        return keep(variable, chosen, error instanceof Error ? error.message : String(error));
      }
    }
    case 'custom':
      return choose(
        variable,
        variable.options.map(({ text, value }) => ({
          text: interpolate(text, scope, 'text'),
          value: interpolate(value, scope, 'glob'),
        })),
        chosen,
        scope,
      );
    case 'datasource':
      return choose(variable, sourcesOf(variable.sourceType, context), chosen, scope);
    case 'interval':
      return chooseInterval(variable, context, chosen);
    case 'textbox':
    case 'constant': {
      const value =
        (variable.kind === 'textbox' ? chosen?.[0] : undefined) ?? interpolate(variable.value, scope, 'glob');
      return { resolved: { variable, options: [], chosen: [value], problem: undefined }, value: plain(value) };
    }
    case 'adhoc':
      return { resolved: { variable, options: [], chosen: chosen ?? [], problem: undefined }, value: undefined };
    case 'other':
      return keep(variable, chosen, `variables of type ${variable.writtenKind} are not known`);
  }
}

function plain(value: string): ScopeValue {
  return { value, text: value, isVerbatim: false, isPattern: false };
}

/** Data sources of a type that we answer for. The type of plug-ins that speak another's protocol counts as that. */
function sourcesOf(type: string, { sources }: VariableContext): VariableOption[] {
  return sources.filter((source) => source.type === type).map(({ name, uid }) => ({ text: name, value: uid }));
}

/** About how many points the intervals of a variable's query are made for. */
const POINTS = 1000;

async function ask(query: VariableQuery, scope: Scope, context: VariableContext): Promise<VariableOption[]> {
  const { ask: api, time, scrapeIntervalMs = DEFAULT_SCRAPE_INTERVAL_MS } = context;
  const intervals = queryIntervals({
    ...{ time, scrapeIntervalMs, maxDataPoints: POINTS, minStep: '', minInterval: '', intervalFactor: 1 },
  });
  const own = new ScopeOf(intervalMacros(intervals), scope);
  const text = (written: string): string => interpolate(written, own, 'promql');
  switch (query.kind) {
    case 'label-names':
      return (await api.labelNames(text(query.match))).map(same);
    case 'label-values':
      return (await api.labelValues(text(query.label), text(query.match))).map(same);
    case 'metrics': {
      const pattern = new RegExp(text(query.pattern) || '.*');
      return (await api.labelValues('__name__', '')).filter((name) => pattern.test(name)).map(same);
    }
    case 'query-result':
      return (await api.query(text(query.expr))).map(({ labels, value, timeMs }) =>
        same(`${printSeries(labels)} ${value} ${timeMs}`),
      );
    case 'series':
      return query.match === '' ? [] : (await api.series(text(query.match))).map((labels) => same(printSeries(labels)));
  }
}

async function askLabels(query: VariableQuery, scope: Scope, api: LabelAsk | undefined): Promise<VariableOption[]> {
  if (api === undefined) throw new Error('nobody answers for this data source');
  const text = (written: string): string => interpolate(written, scope, 'glob');
  if (query.kind === 'label-names') return (await api.labelNames(text(query.match))).map(same);
  if (query.kind === 'label-values') return (await api.labelValues(text(query.label), text(query.match))).map(same);
  throw new Error('variables of logs and traces ask for label_names() or label_values()');
}

function same(value: string): VariableOption {
  return { text: value, value };
}

/** `up{instance="a",job="b"}`, as the regex of a variable reads it. */
function printSeries({ __name__: name = '', ...labels }: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return `${name}{${pairs.join(',')}}`;
}

type ListVariable = Extract<Variable, { isMulti: boolean }>;

/** Who chose, then what the file has, then the first; of what isn't there any more nothing is kept. */
function choose(
  variable: ListVariable,
  found: readonly VariableOption[],
  wanted: readonly string[] | undefined,
  scope: Scope,
): Found {
  const options = variable.includesAll ? [{ text: ALL_TEXT, value: ALL_VALUE }, ...found] : found;
  const pick = (values: readonly string[]): VariableOption[] =>
    values.flatMap((value) => options.find((option) => option.value === value) ?? []);
  const asked = wanted?.map((value) => (value === ALL_TEXT && variable.includesAll ? ALL_VALUE : value));
  let chosen = pick(asked ?? []);
  if (chosen.length === 0) chosen = pick(variable.chosen.map(({ value }) => value));
  if (chosen.length === 0) chosen = options.slice(0, 1);
  if (!variable.isMulti) chosen = chosen.slice(0, 1);
  const isAll = chosen.some(({ value }) => value === ALL_VALUE);
  if (isAll) chosen = options.slice(0, 1);
  return {
    resolved: { variable, options, chosen: chosen.map(({ value }) => value), problem: undefined },
    value: isAll
      ? allOf(variable, found, scope)
      : chosenValue(chosen, variable.isMulti, variable.isMulti || variable.includesAll),
  };
}

function allOf({ allValue }: ListVariable, options: readonly VariableOption[], scope: Scope): ScopeValue {
  const value =
    allValue === undefined ? chosenValue(options, true, true) : verbatim(interpolate(allValue, scope, 'glob'));
  return { ...value, text: ALL_TEXT, isAll: true };
}

/** What was chosen stands, though nobody can say whether it exists. */
function keep(variable: Variable, wanted: readonly string[] | undefined, problem: string): Found {
  const options = (wanted ?? variable.chosen.map(({ value }) => value)).map(same);
  const chosen = options.map(({ value }) => value);
  const isList = 'isMulti' in variable;
  if (isList && chosen.includes(ALL_VALUE))
    return {
      resolved: { variable, options: [{ text: ALL_TEXT, value: ALL_VALUE }], chosen, problem },
      value: { ...verbatim(variable.allValue ?? '.*'), text: ALL_TEXT, isAll: true },
    };
  return {
    resolved: { variable, options, chosen, problem },
    value: chosenValue(options, isList && variable.isMulti, isList && (variable.isMulti || variable.includesAll)),
  };
}

function chooseInterval(
  variable: Extract<Variable, { kind: 'interval' }>,
  { time, scrapeIntervalMs = DEFAULT_SCRAPE_INTERVAL_MS }: VariableContext,
  wanted: readonly string[] | undefined,
): Found {
  const options = [
    ...(variable.isAuto ? [{ text: AUTO_TEXT, value: AUTO_VALUE }] : []),
    ...variable.options.map((value) => ({ text: value, value })),
  ];
  const written = (wanted?.[0] ?? variable.chosen[0]?.value ?? '').replace(/^\$__auto_interval_\w+$/, AUTO_VALUE);
  const value = options.some((option) => option.value === written) ? written : (options[0]?.value ?? written);
  const autoMs = intervalOf(time, variable.autoCount, parseInterval(variable.autoMin) ?? scrapeIntervalMs);
  const interval = value === AUTO_VALUE ? printInterval(autoMs) : value;
  return {
    resolved: { variable, options, chosen: [value], problem: undefined },
    value: { ...verbatim(interval), text: value === AUTO_VALUE ? AUTO_TEXT : interval },
  };
}
