/**
 * Rules that ask in LogQL, as they are written: groups by file, in YAML. Their state is at Prometheus' API beside that of all others, which is
 * where Loki has it, too. Rules come from files, so that none is made or deleted here.
 */
import { stringify } from 'yaml';
import type { ActiveGroup, ActiveRule } from '#alerting';
import { printPromDuration } from '#lang/promql';
import { TextAnswer } from '../http/answers.ts';
import { AnswerError } from '../http/errors.ts';
import type { ApiNeeds, ApiRequest, ApiRoute } from '../http/plugin.ts';

export function lokiRuleRoutes(rules: ApiNeeds['rules']): readonly ApiRoute[] {
  // Rules are the server's: their groups are of the tenant without a name.
  const groupsFor = ({ reader }: ApiRequest): readonly ActiveGroup[] =>
    reader.tenant === '' ? (rules?.groups ?? []).filter(({ group }) => group.language === 'logql') : [];
  return [
    { method: 'GET', path: '/api/v1/rules', answer: (request) => byFile(groupsFor(request)) },
    {
      method: 'GET',
      path: '/api/v1/rules/:file',
      answer: (request) => byFile(groupsFor(request).filter(({ group }) => group.file === request.path['file'])),
    },
    {
      method: 'GET',
      path: '/api/v1/rules/:file/:group',
      answer: (request) => {
        const { file, group: name } = request.path;
        const found = groupsFor(request).find(({ group }) => group.file === file && group.name === name);
        if (found === undefined) throw new AnswerError(404, 'not_found', 'group does not exist');
        return yaml(groupForm(found));
      },
    },
  ];
}

function byFile(groups: readonly ActiveGroup[]): TextAnswer {
  if (groups.length === 0) throw new AnswerError(404, 'not_found', 'no rule groups found');
  const files = Map.groupBy(groups, ({ group }) => group.file);
  return yaml(Object.fromEntries(Array.from(files, ([file, own]) => [file, own.map(groupForm)])));
}

function yaml(value: object): TextAnswer {
  return new TextAnswer('application/yaml', stringify(value));
}

function groupForm({ group, intervalMs, rules }: ActiveGroup): object {
  return {
    name: group.name,
    interval: printPromDuration(intervalMs),
    ...(group.limit !== 0 && { limit: group.limit }),
    rules: rules.map(ruleForm),
  };
}

function ruleForm({ rule, labels }: ActiveRule): object {
  const given = { ...(labels.pairs.length > 0 && { labels: Object.fromEntries(labels.pairs) }) };
  if (rule.kind === 'recording') return { record: rule.name, expr: rule.query, ...given };
  const annotations = Array.from(rule.annotations, ([name, { text }]) => [name, text] as const);
  return {
    alert: rule.name,
    expr: rule.query,
    ...(rule.forMs > 0 && { for: printPromDuration(rule.forMs) }),
    ...(rule.keepFiringForMs > 0 && { keep_firing_for: printPromDuration(rule.keepFiringForMs) }),
    ...given,
    ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }),
  };
}
