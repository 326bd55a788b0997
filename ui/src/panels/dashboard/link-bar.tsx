/** The links of a dashboard, and what it marks in its charts: each can be switched off. */
import type { DashboardsResponse } from '#api/types.ts';
import type { Annotation, Dashboard, Link, Scope, TimeSpan } from '#dashboards';
import { addressLinks, resolveLink } from '../../lib/dashboards/links.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { useLinks } from '../../lib/links.ts';
import { dashboardsQuestion } from '../../lib/questions.ts';
import { useQuestion } from '../../lib/scope.tsx';
import { To } from '../../widgets/to.tsx';
import { LinkOut } from './link-out.tsx';

interface LinkBarProps {
  readonly dashboard: Dashboard;
  readonly scope: Scope;
  readonly time: TimeSpan;
  readonly annotations: readonly Annotation[];
  /** The names of those that are not drawn. */
  readonly off: ReadonlySet<string>;
  readonly onToggle: (name: string) => void;
}

export function LinkBar({ dashboard, scope, time, annotations, off, onToggle }: LinkBarProps) {
  const addresses = addressLinks(dashboard).flatMap((link) => resolveLink(link, scope, time) ?? []);
  const lists = dashboard.links.filter(({ tags }) => tags.length > 0);
  if (addresses.length + lists.length + annotations.length === 0) return null;
  return (
    <nav className="toolbar dash-links" aria-label="Links of the dashboard">
      {annotations.map(({ name }) => (
        <label key={name} className="dash-choice">
          <input type="checkbox" checked={!off.has(name)} onChange={() => onToggle(name)} /> {visibleText(name)}
        </label>
      ))}
      {addresses.map((link) => (
        <LinkOut key={link.title} link={link} />
      ))}
      {lists.map((link) => (
        <TaggedDashboards key={link.tags.join()} link={link} own={dashboard.uid} />
      ))}
    </nav>
  );
}

/** More are in the list of dashboards. */
const SHOWN = 12;

function TaggedDashboards({ link, own }: { readonly link: Link; readonly own: string }) {
  const links = useLinks();
  const answer = useQuestion<DashboardsResponse>(dashboardsQuestion());
  const found = (answer.data?.dashboards ?? []).filter(
    ({ uid, tags }) => uid !== own && link.tags.every((tag) => tags.includes(tag)),
  );
  return found.slice(0, SHOWN).map(({ uid, title }) => (
    <To key={uid} target={links.dashboard(uid)} className="dash-link">
      {visibleText(title)}
    </To>
  ));
}
