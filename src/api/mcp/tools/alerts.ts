import { numberText, timeText } from '../told.ts';
import type { Tool } from '../tool.ts';

export const ALERTS: Tool = {
  name: 'alerts',
  title: 'Alerts',
  description:
    'Alerts that fire or are about to, with their expression, labels, value and since when. Then ask promql for the expression.',
  arguments: {},
  run: async ({ context: { reader, needs } }, told) => {
    // Rules are the server's: their alerts are of the tenant without a name.
    const groups = reader.tenant === '' ? (needs.rules?.groups ?? []) : [];
    const rules = groups.flatMap((group) => group.alertingRules.map((rule) => ({ group, rule })));
    const active = rules.flatMap(({ rule }) => rule.activeAlerts.map((alert) => ({ rule, alert })));
    told.line(`${rules.length} alerting rules, ${active.length} alerts fire or are pending`);
    const rows = active
      .sort((a, b) =>
        a.alert.state === b.alert.state ? a.alert.activeAtMs - b.alert.activeAtMs : a.alert.state === 'firing' ? -1 : 1,
      )
      .map(({ rule, alert }) => [
        rule.rule.name,
        alert.state,
        timeText(alert.activeAtMs),
        numberText(alert.value),
        alert.labels.toString(),
        alert.annotations.get('summary') ?? alert.annotations.get('description') ?? '',
        rule.rule.query,
      ]);
    told.table(
      ['alert', 'state', 'since', 'value', 'labels', 'summary', 'expression'],
      rows,
      'they are also at /api/v1/alerts',
    );
  },
};
