import type { DashboardEntry } from '#api';
import { describeProblem, readDashboard } from '#dashboards';

/** What the list says of a dashboard. Throws a DashboardError where the text is none. */
export function entryOf(
  { name, text }: { readonly name: string; readonly text: string },
  { folder, origin }: Pick<DashboardEntry, 'folder' | 'origin'>,
): DashboardEntry {
  const { dashboard, problems } = readDashboard({ name, text });
  return {
    ...{ uid: dashboard.uid, title: dashboard.title, tags: dashboard.tags, folder, origin },
    panelCount: dashboard.rows.reduce((sum, { panels }) => sum + panels.length, 0),
    file: name,
    problems: problems.map(describeProblem),
  };
}
