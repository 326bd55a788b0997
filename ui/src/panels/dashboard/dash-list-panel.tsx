/** A panel that lists dashboards, by their tags and words of their titles. */
import type { DashboardsResponse } from '#api/types.ts';
import type { Panel } from '#dashboards';
import { visibleText } from '../../lib/foreign-text.ts';
import { useLinks } from '../../lib/links.ts';
import { dashboardsQuestion } from '../../lib/questions.ts';
import { useQuestion } from '../../lib/scope.tsx';
import { To } from '../../widgets/to.tsx';
import { PanelNote } from './panel-note.tsx';

const USUAL = 10;

export function DashListPanel({ panel }: { readonly panel: Panel }) {
  const links = useLinks();
  const answer = useQuestion<DashboardsResponse>(dashboardsQuestion());
  if (answer.data === undefined)
    return <PanelNote isError={answer.error !== undefined} text={visibleText(answer.error?.message ?? 'Loading…')} />;
  const { tags, query, maxItems, showSearch, showStarred } = panel.options;
  if (showSearch === false && showStarred !== false)
    return (
      <PanelNote text="This panel lists starred and recent dashboards, which are kept for each user of Grafana." />
    );
  const wanted = Array.isArray(tags) ? tags : [];
  const words = typeof query === 'string' ? query.toLowerCase() : '';
  const found = answer.data.dashboards.filter(
    (each) => wanted.every((tag) => each.tags.includes(String(tag))) && each.title.toLowerCase().includes(words),
  );
  if (found.length === 0) return <PanelNote text="No dashboard has these tags and words." />;
  return (
    <ul className="dash-list">
      {found
        .slice(0, typeof maxItems === 'number' && maxItems > 0 ? maxItems : USUAL)
        .map(({ uid, title, tags: own }) => (
          <li key={uid} className="dash-list-row">
            <To target={links.dashboard(uid)} className="strong-link truncate">
              {visibleText(title)}
            </To>
            <span className="muted small truncate">{visibleText(own.join(', '))}</span>
          </li>
        ))}
    </ul>
  );
}
