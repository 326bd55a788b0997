/** Every dashboard that the server was given. */
import { useDeferredValue } from 'react';
import type { DashboardEntry, DashboardsResponse } from '#api/types.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { plural } from '../lib/format.ts';
import { frameOfRows } from '../lib/frame.ts';
import { useLinks } from '../lib/links.ts';
import { usePageSearch } from '../lib/page-search.ts';
import { dashboardsQuestion } from '../lib/questions.ts';
import { useQuestion } from '../lib/scope.tsx';
import { ImportDashboards } from '../panels/dashboard/import-dashboards.tsx';
import { Table } from '../viz/table/table.tsx';
import { FilterBox } from '../widgets/filter-box.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { EmptyState, ErrorState, Loading } from '../widgets/states.tsx';
import { To } from '../widgets/to.tsx';

export function DashboardsPage() {
  const { search, update } = usePageSearch();
  const links = useLinks();
  const answer = useQuestion<DashboardsResponse>(dashboardsQuestion());
  const filter = useDeferredValue(search.filter ?? '').toLowerCase();
  const all = answer.data?.dashboards ?? [];
  const shown = all.filter(({ title, tags, folder }) =>
    `${title} ${folder} ${tags.join(' ')}`.toLowerCase().includes(filter),
  );
  const frame = frameOfRows('dashboards', shown, {
    title: { text: ({ title }) => visibleText(title) },
    panels: { count: ({ panelCount }) => panelCount },
    folder: { text: ({ folder }) => visibleText(folder) },
    tags: { text: ({ tags }) => visibleText(tags.join(', ')) },
    file: { text: ({ file, origin }) => (origin === 'saved' ? 'saved in the console' : visibleText(file)) },
    uid: { text: ({ uid }) => uid },
  });
  return (
    <>
      <PageTitle title="Dashboards">
        {answer.data ? <span className="muted">{all.length}</span> : null}
        <span className="spacer" />
        <ImportDashboards onImported={answer.retry} />
      </PageTitle>
      {answer.data === undefined ? (
        answer.error ? (
          <ErrorState error={answer.error} onRetry={answer.retry} />
        ) : (
          <Loading what="dashboards" />
        )
      ) : (
        <>
          <Problems problems={answer.data.problems} />
          {all.length === 0 ? (
            <EmptyState title="There are no dashboards yet">
              {answer.data.folders.length > 0
                ? `No dashboard was found in ${answer.data.folders.map(visibleText).join(', ')}.`
                : 'Put dashboards of Grafana as JSON files into a folder, and start with signalbox up --dashboards FOLDER.'}
            </EmptyState>
          ) : (
            <>
              <div className="toolbar">
                <FilterBox
                  label="Filter dashboards"
                  value={search.filter ?? ''}
                  onChange={(text) => update({ filter: text || undefined }, true)}
                />
              </div>
              <div className="fill fresh">
                <Table<DashboardEntry>
                  label="Dashboards"
                  keyboard
                  frame={frame}
                  items={shown}
                  keyField="uid"
                  rowHeight={34}
                  sort={search.sort ?? 'title'}
                  onSort={(sort) => update({ sort: sort === 'title' ? undefined : sort }, true)}
                  onOpen={({ uid }, inNewTab) => links.go(links.dashboard(uid), inNewTab)}
                  columns={[
                    {
                      id: 'title',
                      header: 'Dashboard',
                      minWidth: 200,
                      isSortable: true,
                      cell: ({ uid, title, problems }) => (
                        <span className="cell-line">
                          <To target={links.dashboard(uid)} className="strong-link">
                            {visibleText(title)}
                          </To>
                          {problems.length > 0 ? (
                            <span className="warning-text small" title={visibleText(problems.join('\n'))}>
                              {plural(problems.length, 'mistake')}
                            </span>
                          ) : null}
                        </span>
                      ),
                    },
                    { id: 'panels', header: 'Panels', width: 90, align: 'right', isSortable: true },
                    { id: 'folder', header: 'Folder', width: 150, drop: 3, isSortable: true },
                    { id: 'tags', header: 'Tags', width: 240, drop: 2 },
                    { id: 'file', header: 'File', width: 260, drop: 1 },
                  ]}
                />
              </div>
            </>
          )}
        </>
      )}
    </>
  );
}

function Problems({ problems }: Pick<DashboardsResponse, 'problems'>) {
  if (problems.length === 0) return null;
  return (
    <details className="banner banner-error">
      <summary>{plural(problems.length, 'file')} could not be read</summary>
      <ul>
        {problems.map((problem) => (
          <li key={problem}>{visibleText(problem)}</li>
        ))}
      </ul>
    </details>
  );
}
