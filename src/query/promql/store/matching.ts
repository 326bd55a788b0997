import { compareText, OWN_SCOPE } from '#base';
import { type LabelMatcher, matcherTest } from '#lang/promql';
import { matchesText, textOf } from '../../filter/index.ts';
import {
  metricSeries,
  OWNER_ATTRIBUTES,
  type Owner,
  ownerMeets,
  resources,
  type TimeRange,
} from '../../source/index.ts';
import { allOf, anyOf, type Sql, sql, text, texts } from '../../sql/index.ts';
import type { SelectorNames } from '../aliases/index.ts';
import { storedNames } from './names.ts';
import { promotedKeys } from './resource-labels.ts';

/**
 * Which stored series a selector can mean. The conditions let too much through rather than too little: names and labels that a series gets
 * when it is read (`le`, the suffixes of histograms, an instance that its service doesn't tell) are looked at afterwards. `names` are the
 * selector's other ones.
 */
export function seriesRows(matchers: readonly LabelMatcher[], range: TimeRange, names: SelectorNames | undefined): Sql {
  const conditions = matchers.flatMap((matcher) => conditionOf(matcher, names) ?? []);
  return sql`${metricSeries.in(range, ownerOf(matchers))} AND ${allOf(conditions)}`;
}

/** What Signalbox says of itself is asked for by its job, which others may have as well. */
function ownerOf(matchers: readonly LabelMatcher[]): Owner | undefined {
  return matchers.some(asksForOwn) ? undefined : 'user';
}

/** Of all that Signalbox says of itself, whatever a configuration calls its service. */
export const OWN_JOB = 'signalbox';

export function asksForOwn({ name, operator, value }: LabelMatcher): boolean {
  return name === 'job' && operator === '=' && value === OWN_JOB;
}
/** Labels that are made when a series is read. */
const MADE = new Set(['le', 'quantile', 'instance']);

function conditionOf(matcher: LabelMatcher, names: SelectorNames | undefined): Sql | undefined {
  const { name } = matcher;
  if (name === '__name__') return nameCondition(matcher, names);
  if (MADE.has(name) || matcherTest(matcher)('')) return undefined;
  if (asksForOwn(matcher)) return anyOf([hasLabel(name, OWN_JOB), hasLabel('otel_scope_name', OWN_SCOPE)]);
  return anyOf((names?.labelNames(name) ?? [name]).map((label) => labelCondition({ ...matcher, name: label })));
}

function labelCondition(matcher: LabelMatcher): Sql {
  const { name, operator, value } = matcher;
  const stored =
    operator === '='
      ? hasLabel(name, value)
      : sql`arrayExists(label -> startsWith(label, ${text(`${name}=`)}) AND ${valueCondition(matcher)}, labels)`;
  const keys = promotedKeys(name);
  if (keys.length === 0) return stored;
  return anyOf([stored, ...keys.map((key) => ownerMeets(resources, resourceCondition(key, matcher)))]);
}

function hasLabel(name: string, value: string): Sql {
  return sql`has(labels, ${text(`${name}=${value}`)})`;
}

/** Of a value that can't be empty. */
function valueCondition(matcher: LabelMatcher): Sql {
  return matchesText(sql`substring(label, length(${text(`${matcher.name}=`)}) + 1)`, matcher);
}

function resourceCondition(key: string, matcher: LabelMatcher): Sql {
  return sql`ifNull(${matchesText(textOf(OWNER_ATTRIBUTES, key), matcher)}, 0)`;
}

function nameCondition({ operator, value }: LabelMatcher, otherNames: SelectorNames | undefined): Sql | undefined {
  if (operator === '=') {
    const all = new Set([value, ...(otherNames?.others.keys() ?? [])].flatMap(storedNames));
    return anyOf([...all].map((name) => hasLabel('__name__', name)));
  }
  // A pattern of plain alternatives is as good as their names.
  const names = operator === '=~' ? value.split('|') : [];
  if (names.length === 0 || !names.every((name) => /^[a-zA-Z0-9_:]+$/.test(name))) return undefined;
  return sql`prometheus_name IN (SELECT arrayJoin(${texts(names.flatMap(storedNames))}))`;
}

/** Series under any of Prometheus' names for a whole metric. */
export function namedSeries(names: readonly string[]): Sql {
  return anyOf(names.map((name) => hasLabel('__name__', name)));
}

/** The names of metrics that a selector can mean, or that it can mean all; undefined where it says by labels which, or means our own. */
export function storedNamesAsked(
  matchers: readonly LabelMatcher[],
  otherNames: SelectorNames | undefined,
): readonly string[] | 'all' | undefined {
  if (matchers.some(asksForOwn)) return undefined;
  const name = matchers.find((matcher) => matcher.name === '__name__' && matcher.operator === '=')?.value;
  if (name !== undefined)
    return [...new Set([name, ...(otherNames?.others.keys() ?? [])].flatMap(storedNames))].sort(compareText);
  const isNarrow = matchers.some(
    (matcher) => matcher.operator !== '!=' && conditionOf(matcher, otherNames) !== undefined,
  );
  return isNarrow ? undefined : 'all';
}
