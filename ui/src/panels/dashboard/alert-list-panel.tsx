/** A panel that lists alerts: those of the server's rules, as its options choose them. */
import { useQuery } from '@tanstack/react-query';
import { isObject, type Panel } from '#dashboards';
import { ALERTS_EVERY_MS, askRules, flatAlerts, labelTexts, type RuleGroup, timeMsOf } from '../../lib/alerts.ts';
import type { ApiFailure } from '../../lib/api.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { plural } from '../../lib/format.ts';
import { useLinks } from '../../lib/links.ts';
import { useScope } from '../../lib/scope.tsx';
import { Age } from '../../widgets/age.tsx';
import { To } from '../../widgets/to.tsx';
import { PanelNote } from './panel-note.tsx';
import '../../styles/alerts.css';

const MOST = 100;

export function AlertListPanel({ panel }: { readonly panel: Panel }) {
  const { live } = useScope();
  const links = useLinks();
  const rules = useQuery<readonly RuleGroup[], ApiFailure>({
    queryKey: ['alerts', 'rules'],
    queryFn: ({ signal }) => askRules(signal),
    refetchInterval: live ? ALERTS_EVERY_MS : false,
  });
  if (rules.data === undefined)
    return <PanelNote isError={rules.error !== null} text={visibleText(rules.error?.message ?? 'Loading…')} />;
  const { alertName, maxItems, stateFilter, viewMode } = panel.options;
  const wanted = isObject(stateFilter) ? stateFilter : { firing: true, pending: true };
  const name = typeof alertName === 'string' ? alertName.toLowerCase() : '';
  const found = flatAlerts(rules.data).filter(
    ({ rule, alert }) => wanted[alert.state] === true && rule.name.toLowerCase().includes(name),
  );
  if (viewMode === 'stat')
    return (
      <To target={links.alerts()} className="dash-count">
        <b className={found.length > 0 ? 'error-text' : ''}>{found.length}</b>
      </To>
    );
  if (found.length === 0) return <PanelNote text="No alert of this kind is active." />;
  const limit = typeof maxItems === 'number' && maxItems > 0 ? Math.min(maxItems, MOST) : MOST;
  return (
    <ul className="dash-list">
      {found.slice(0, limit).map(({ rule, group, alert }) => {
        const sinceMs = timeMsOf(alert.activeAt);
        return (
          <li key={JSON.stringify(alert.labels)} className="dash-list-row">
            <span className={`alert-state alert-${alert.state}`}>{alert.state}</span>
            <To target={links.rule(group, rule)} className="strong-link truncate">
              {visibleText(rule.name)}
            </To>
            <span className="muted small truncate mono">{visibleText(labelTexts(alert.labels).join(' '))}</span>
            <span className="spacer" />
            {sinceMs === undefined ? null : (
              <span className="muted small">
                <Age atMs={sinceMs} />
              </span>
            )}
          </li>
        );
      })}
      {found.length > limit ? <li className="muted">{plural(found.length - limit, 'more alert')}</li> : null}
    </ul>
  );
}
