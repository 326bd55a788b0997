/** What is active now, by rule: the value over time with its limit, and each alert with what can be done about it. */
import { measuredText } from '../../lib/alerting/measure.ts';
import { type FoundAlert, timeMsOf } from '../../lib/alerts.ts';
import { safeUrl } from '../../lib/dashboards/safe-url.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { plural } from '../../lib/format.ts';
import { useLinks } from '../../lib/links.ts';
import { numberOf } from '../../lib/prometheus.ts';
import type { PromLabels } from '../../lib/promql/legend.ts';
import { Age } from '../../widgets/age.tsx';
import { To } from '../../widgets/to.tsx';
import { AlertChart } from './alert-chart.tsx';
import { AlertLabels } from './alert-labels.tsx';

interface ActiveAlertsProps {
  readonly alerts: readonly FoundAlert[];
  /** The ids of the silences that hide an alert. */
  readonly silencedBy: (labels: PromLabels) => readonly string[];
  readonly onSilence: ((labels: PromLabels) => void) | undefined;
}

/** Of one rule. */
const MAX_ALERTS = 100;

export function ActiveAlerts({ alerts, ...rest }: ActiveAlertsProps) {
  const byRule = Map.groupBy(alerts, ({ group, rule }) => `${group.file}\n${group.name}\n${rule.name}`);
  if (alerts.length === 0) return <p className="muted">Nothing is firing or pending.</p>;
  return [...byRule].map(([key, own]) => <ActiveRule key={key} alerts={own} {...rest} />);
}

function ActiveRule({ alerts, silencedBy, onSilence }: ActiveAlertsProps) {
  const links = useLinks();
  const { rule, group } = alerts[0]!;
  const labels = alerts.map(({ alert }) => alert.labels);
  return (
    <article className="alert-active" aria-label={visibleText(rule.name)}>
      <div className="alert-rule-head">
        <span className={`alert-state alert-${rule.state}`}>{rule.state}</span>
        <To target={links.rule(group, rule)} className="strong-link alert-name">
          {visibleText(rule.name)}
        </To>
        <span className="muted small">{plural(alerts.length, 'alert')}</span>
      </div>
      <AlertChart title="" expr={rule.query} alerts={labels} height={120} />
      <ul className="alert-list" aria-label={`Alerts of ${visibleText(rule.name)}`}>
        {alerts.slice(0, MAX_ALERTS).map(({ alert }) => {
          const sinceMs = timeMsOf(alert.activeAt);
          const { alertname, ...others } = alert.labels;
          const said = alert.annotations.summary ?? alert.annotations.description ?? alert.annotations.message;
          const runbook = safeUrl(alert.annotations.runbook_url ?? '');
          const silences = silencedBy(alert.labels);
          return (
            <li key={JSON.stringify(alert.labels)} className="alert-row">
              <div className="alert-row-head">
                <span className={`alert-state alert-${alert.state}`}>{alert.state}</span>
                {silences.length > 0 ? <span className="alert-state">silenced</span> : null}
                <span>{said === undefined ? <span className="muted">no summary</span> : visibleText(said)}</span>
                <span className="spacer" />
                {runbook && alert.annotations.runbook_url ? (
                  <a href={runbook} rel="noreferrer noopener" target="_blank">
                    Runbook
                  </a>
                ) : null}
                {alert.labels.service_name ? <To target={links.service(alert.labels.service_name)}>Service</To> : null}
                {onSilence && silences.length === 0 ? (
                  <button type="button" className="button quiet" onClick={() => onSilence(alert.labels)}>
                    Silence
                  </button>
                ) : null}
              </div>
              <AlertLabels labels={alertname === undefined || alertname === rule.name ? others : alert.labels} />
              <div className="muted small">
                {sinceMs === undefined ? null : (
                  <>
                    since <Age atMs={sinceMs} />,{' '}
                  </>
                )}
                value <b title={alert.value}>{measuredText(rule.query, numberOf(alert.value))}</b>
              </div>
            </li>
          );
        })}
        {alerts.length > MAX_ALERTS ? (
          <li className="muted">{plural(alerts.length - MAX_ALERTS, 'more alert')} of this rule, not shown here.</li>
        ) : null}
      </ul>
    </article>
  );
}
