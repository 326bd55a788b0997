import { createHash } from 'node:crypto';
import type { ActiveAlerting, ActiveGroup, ActiveRule, Alert } from '#alerting';
import { goNumber } from '#base';
import { type LabelMatcher, matcherTest } from '#lang/promql';
import { Labels } from '#query/promql.ts';
import type { ApiNeeds, ApiRequest, ApiRoute, QueryString } from '../http/plugin.ts';
import { many, one } from '../shared/query-string.ts';
import { success } from './answers.ts';
import { badParameter } from './errors.ts';
import { selectorsOf, wholeOf } from './parameters.ts';

/** Rules and alerts as they are now (web/api/v1 of Prometheus 3.16). */

export function ruleRoutes(rules: ApiNeeds['rules']): readonly ApiRoute[] {
  // Rules are the server's: their alerts are of the tenant without a name.
  const groupsFor = ({ reader }: ApiRequest): readonly ActiveGroup[] =>
    reader.tenant === '' ? (rules?.groups ?? []) : [];
  return [
    {
      method: 'GET',
      path: '/api/v1/rules',
      answer: (request) => success(listRules(groupsFor(request), request.query)),
    },
    {
      method: 'GET',
      path: '/api/v1/alerts',
      answer: (request) =>
        success({
          alerts: groupsFor(request).flatMap(({ alertingRules }) =>
            alertingRules.flatMap(({ activeAlerts }) => activeAlerts.map(alertForm)),
          ),
        }),
    },
  ];
}

/** What a request wants to see of the rules. */
interface Wanted {
  readonly names: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  readonly files: ReadonlySet<string>;
  readonly matchers: readonly (readonly LabelMatcher[])[];
  readonly type: string;
  readonly hasAlerts: boolean;
}

function listRules(groups: readonly ActiveGroup[], query: QueryString): object {
  const wanted: Wanted = {
    names: new Set(many(query, 'rule_name[]')),
    groups: new Set(many(query, 'rule_group[]')),
    files: new Set(many(query, 'file[]')),
    matchers: selectorsOf(query),
    type: typeOf(query),
    hasAlerts: !excludesAlerts(query),
  };
  const { limit, token } = pageOf(query);
  const first = token === undefined ? 0 : groups.findIndex((group) => tokenOf(group) === token);
  if (first < 0)
    throw badParameter('group_next_token', `invalid group_next_token '${token}'. were rule groups changed?`);
  const listed: object[] = [];
  for (const group of groups.slice(first)) {
    const form = groupForm(group, wanted);
    if (form === undefined) continue;
    if (listed.length === limit) return { groups: listed, groupNextToken: tokenOf(group) };
    listed.push(form);
  }
  return { groups: listed };
}

function typeOf(query: QueryString): string {
  const type = (one(query, 'type') ?? '').toLowerCase();
  if (['', 'alert', 'record'].includes(type)) return type;
  throw badParameter('type', `not supported value ${JSON.stringify(type)}`);
}

function excludesAlerts(query: QueryString): boolean {
  const text = (one(query, 'exclude_alerts') ?? '').toLowerCase();
  if (/^(?:1|t|true)$/.test(text)) return true;
  if (text === '' || /^(?:0|f|false)$/.test(text)) return false;
  const what = `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw badParameter('exclude_alerts', `error converting exclude_alerts: ${what}`);
}

function pageOf(query: QueryString): { readonly limit: number; readonly token: string | undefined } {
  const token = one(query, 'group_next_token');
  const text = one(query, 'group_limit');
  if (text === undefined) {
    if (token === undefined) return { limit: Number.POSITIVE_INFINITY, token };
    throw badParameter('group_next_token', 'group_limit needs to be present in order to paginate over the groups');
  }
  const limit = wholeOf(text, 'ParseInt', 32);
  if (typeof limit === 'string') throw badParameter('group_limit', `group_limit needs to be a valid number: ${limit}`);
  if (limit <= 0) throw badParameter('group_limit', 'group_limit needs to be greater than 0');
  return { limit, token };
}

function tokenOf({ key }: ActiveGroup): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Undefined where nothing of a group is wanted. */
function groupForm(active: ActiveGroup, wanted: Wanted): object | undefined {
  const { group } = active;
  if (wanted.groups.size > 0 && !wanted.groups.has(group.name)) return undefined;
  if (wanted.files.size > 0 && !wanted.files.has(group.file)) return undefined;
  const rules = active.rules.filter((rule) => isWanted(rule, wanted)).map((rule) => ruleForm(rule, wanted));
  if (rules.length === 0) return undefined;
  return {
    name: group.name,
    file: group.file,
    rules,
    interval: active.intervalMs / 1000,
    limit: group.limit,
    evaluationTime: active.durationMs / 1000,
    lastEvaluation: timeForm(active.lastEvaluationMs),
  };
}

function isWanted({ rule, labels }: ActiveRule, { names, type, matchers }: Wanted): boolean {
  if (names.size > 0 && !names.has(rule.name)) return false;
  if (type !== '' && (type === 'alert') !== (rule.kind === 'alerting')) return false;
  if (matchers.length === 0) return true;
  return matchers.some((all) => all.every((matcher) => matcherTest(matcher)(labels.get(matcher.name))));
}

function ruleForm(active: ActiveRule, { hasAlerts }: Wanted): object {
  const { rule, health, labels } = active;
  const outcome = {
    health: health.state,
    ...(health.lastError !== '' && { lastError: health.lastError }),
    evaluationTime: health.durationMs / 1000,
    lastEvaluation: timeForm(health.lastEvaluationMs),
  };
  if (rule.kind === 'recording')
    return { name: rule.name, query: rule.query, labels: plain(labels), ...outcome, type: 'recording' };
  const alerting = active as ActiveAlerting;
  const annotations = Labels.of(Array.from(rule.annotations, ([name, { text }]) => [name, text] as const));
  return {
    state: alerting.state,
    name: rule.name,
    query: rule.query,
    duration: rule.forMs / 1000,
    keepFiringFor: rule.keepFiringForMs / 1000,
    labels: plain(labels),
    annotations: plain(annotations),
    alerts: hasAlerts ? alerting.activeAlerts.map(alertForm) : null,
    ...outcome,
    type: 'alerting',
  };
}

function alertForm(alert: Alert): object {
  return {
    labels: plain(alert.labels),
    annotations: plain(Labels.of(alert.annotations)),
    state: alert.state,
    activeAt: timeForm(alert.activeAtMs),
    ...(alert.keepFiringSinceMs !== undefined && { keepFiringSince: timeForm(alert.keepFiringSinceMs) }),
    value: exponentForm(alert.value),
  };
}

function plain({ pairs }: Labels): object {
  return Object.fromEntries(pairs);
}

/** As Go writes a time in JSON; before the first one its time without a value. */
function timeForm(ms: number | undefined): string {
  return ms === undefined ? '0001-01-01T00:00:00Z' : new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z');
}

/** `1e+00`, as strconv.FormatFloat writes with the format e. */
function exponentForm(value: number): string {
  if (!Number.isFinite(value)) return goNumber(value);
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}
