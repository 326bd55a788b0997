import { type LabelMatcher, matcherTest } from '#lang/promql';
import { textOf } from '../../filter/attribute-sql.ts';
import {
  metricSeries,
  OWNER_ATTRIBUTES,
  type Owner,
  ownerMeets,
  resources,
  type TimeRange,
} from '../../source/index.ts';
import { allOf, anyOf, type Sql, sql, text, texts } from '../../sql/index.ts';
import { storedNames } from './names.ts';
import { promotedKeys } from './resource-labels.ts';

/**
 * Which stored series a selector can mean. The conditions let too much through rather than too little: names and labels that a series gets
 * when it is read (`le`, the suffixes of histograms, an instance that its service doesn't tell) are looked at afterwards.
 */
export function seriesRows(matchers: readonly LabelMatcher[], range: TimeRange): Sql {
  const conditions = matchers.flatMap((matcher) => conditionOf(matcher) ?? []);
  return sql`${metricSeries.in(range, ownerOf(matchers))} AND ${allOf(conditions)}`;
}

/** What Signalbox says of itself is asked for by its job. */
function ownerOf(matchers: readonly LabelMatcher[]): Owner {
  const isOwn = matchers.some(({ name, operator, value }) => name === 'job' && operator === '=' && value === OWN_JOB);
  return isOwn ? 'own' : 'user';
}

const OWN_JOB = 'signalbox';
/** Labels that are made when a series is read. */
const MADE = new Set(['le', 'quantile', 'instance']);

function conditionOf(matcher: LabelMatcher): Sql | undefined {
  const { name, operator, value } = matcher;
  if (name === '__name__') return nameCondition(matcher);
  if (MADE.has(name) || matcherTest(matcher)('')) return undefined;
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
function valueCondition({ name, operator, value }: LabelMatcher): Sql {
  const of = sql`substring(label, length(${text(`${name}=`)}) + 1)`;
  return comparison(of, operator, value);
}

function comparison(of: Sql, operator: LabelMatcher['operator'], value: string): Sql {
  switch (operator) {
    case '=':
      return sql`${of} = ${text(value)}`;
    case '!=':
      return sql`${of} != ${text(value)}`;
    case '=~':
      return sql`match(${of}, ${text(`^(?s:${value})$`)})`;
    case '!~':
      return sql`NOT match(${of}, ${text(`^(?s:${value})$`)})`;
  }
}

function resourceCondition(key: string, { operator, value }: LabelMatcher): Sql {
  return sql`ifNull(${comparison(textOf(OWNER_ATTRIBUTES, key), operator, value)}, 0)`;
}

function nameCondition({ operator, value }: LabelMatcher): Sql | undefined {
  if (operator === '=') return anyOf(storedNames(value).map((name) => hasLabel('__name__', name)));
  // A pattern of plain alternatives is as good as their names.
  const names = operator === '=~' ? value.split('|') : [];
  if (names.length === 0 || !names.every((name) => /^[a-zA-Z0-9_:]+$/.test(name))) return undefined;
  return sql`prometheus_name IN (SELECT arrayJoin(${texts(names.flatMap(storedNames))}))`;
}
