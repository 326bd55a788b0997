/** A dashboard of Grafana, drawn: its variables, its rows and their panels. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import type { DashboardResponse } from '#api/types.ts';
import {
  type Dashboard,
  filtersOf,
  interpolate,
  OWN_SOURCES,
  type PlacedRow,
  placeRows,
  type ReadDashboard,
  type Resolution,
  readDashboard,
  resolveVariables,
} from '#dashboards';
import type { ApiFailure } from '../lib/api.ts';
import { logLabels, traceLabels, VariableSource } from '../lib/dashboards/ask.ts';
import { changePanel, copyPanel, panelOf, placePanel, removePanel } from '../lib/dashboards/edit.ts';
import { ownRangeSearch } from '../lib/dashboards/own-range.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { usePageSearch, usePathPart } from '../lib/page-search.ts';
import { dashboardQuestion } from '../lib/questions.ts';
import { useQuestion, useScope } from '../lib/scope.tsx';
import { rangeKey } from '../lib/time-range.ts';
import { DashboardPanel } from '../panels/dashboard/dashboard-panel.tsx';
import { Editing } from '../panels/dashboard/editing.tsx';
import { LinkBar } from '../panels/dashboard/link-bar.tsx';
import { useDraft } from '../panels/dashboard/use-draft.ts';
import { useEvents } from '../panels/dashboard/use-events.ts';
import { VariableBar } from '../panels/dashboard/variable-bar.tsx';
import type { DashboardView, PanelEdits } from '../panels/dashboard/view.ts';
import { Icon } from '../widgets/icons.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { ErrorState, Loading } from '../widgets/states.tsx';

export function DashboardPage() {
  const uid = usePathPart('uid');
  const answer = useQuestion<DashboardResponse>(dashboardQuestion(uid), { keep: false });
  const read = useMemo(() => readAnswer(answer.data), [answer.data]);
  const hasRange = useOwnRange(uid, read?.dashboard);
  if (answer.error && answer.data === undefined) return <ErrorState error={answer.error} onRetry={answer.retry} />;
  if (read === undefined || answer.data === undefined || !hasRange) return <Loading what="the dashboard" />;
  return <OpenDashboard key={uid} read={read} found={answer.data} />;
}

/** Opens a dashboard over its own range where the address has none, as Grafana does. False until the address has it. */
function useOwnRange(uid: string, dashboard: Dashboard | undefined): boolean {
  const { search, update } = usePageSearch();
  const opened = useRef<string>(undefined);
  const own = dashboard === undefined ? {} : ownRangeSearch(dashboard, Date.now());
  const isGiven = search.range !== undefined || search.from !== undefined;
  const isMissing = opened.current !== uid && !isGiven && (own.range !== undefined || own.from !== undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each dashboard, whatever is chosen later
  useEffect(() => {
    if (dashboard === undefined) return;
    if (isMissing) update(own, true);
    else opened.current = uid;
  }, [uid, dashboard, isMissing]);
  return !isMissing;
}

/** The server gives only files that can be read. */
function readAnswer(answer: DashboardResponse | undefined): ReadDashboard | undefined {
  return answer === undefined ? undefined : readDashboard({ name: answer.file, text: answer.text });
}

const PanelEditor = lazy(() => import('../panels/dashboard/panel-editor.tsx'));

interface OpenDashboardProps {
  readonly found: DashboardResponse;
  readonly read: ReadDashboard;
}

function OpenDashboard({ found, read }: OpenDashboardProps) {
  const draft = useDraft(read, found.savedMs ?? null);
  const { dashboard, json, change } = draft;
  const [isEditing, setEditing] = useState(false);
  const [openId, setOpenId] = useState<number>();
  const open = openId === undefined || !isEditing ? undefined : panelOf(json, openId);
  const { search, update } = usePageSearch();
  const scope = useScope();
  const { fromMs, toMs, zoomTo } = scope;
  const time = useMemo(() => ({ fromMs, toMs }), [fromMs, toMs]);
  const chosen = useMemo(() => readChosen(search.vars), [search.vars]);
  const resolution = useResolution(dashboard, chosen, time);
  const [off, setOff] = useState<ReadonlySet<string>>(() => new Set());
  const { annotations, events } = useEvents(dashboard, resolution?.scope, time, off);
  const edits = useMemo<PanelEdits | undefined>(
    () =>
      isEditing
        ? {
            onPlace: (id, place) => change(placePanel(json, id, place)),
            onOpen: setOpenId,
            onCopy: (id) => change(copyPanel(json, id)),
            onRemove: (id) => change(removePanel(json, id)),
          }
        : undefined,
    [isEditing, json, change],
  );
  const view = useMemo<DashboardView>(
    () => ({
      ...{ time, edits, events, onZoom: zoomTo },
      filters: resolution === undefined ? [] : filtersOf(dashboard, chosen, resolution.scope),
    }),
    [time, dashboard, chosen, resolution, edits, events, zoomTo],
  );
  const rows = useMemo(
    () => (resolution === undefined ? undefined : placeRows(dashboard.rows, resolution.scope, resolution.variables)),
    [dashboard, resolution],
  );
  return (
    <div className={open ? 'dash dash-split' : 'dash'}>
      <PageTitle title={visibleText(dashboard.title)}>
        {dashboard.description ? (
          <span className="muted truncate dash-about" title={visibleText(dashboard.description)}>
            {visibleText(dashboard.description)}
          </span>
        ) : null}
        {draft.isChanged ? <span className="warning-text">changed here</span> : null}
        {isEditing ? null : (
          <button type="button" className="button" onClick={() => setEditing(true)}>
            Edit
          </button>
        )}
      </PageTitle>
      <Editing found={found} draft={draft} isEditing={isEditing} onOpenPanel={setOpenId} onEdit={setEditing} />
      {open === undefined ? null : (
        <Suspense>
          <PanelEditor
            key={openId}
            panel={open}
            onChange={(next, name) =>
              change(
                changePanel(json, openId!, () => next),
                name,
              )
            }
            onClose={() => setOpenId(undefined)}
          />
        </Suspense>
      )}
      {resolution === undefined ? null : (
        <VariableBar
          variables={resolution.variables}
          time={time}
          onChoose={(name, values) => update({ vars: printChosen(new Map([...chosen, [name, values]])) })}
        />
      )}
      {resolution === undefined ? null : (
        <LinkBar
          dashboard={dashboard}
          scope={resolution.scope}
          time={time}
          annotations={annotations.filter(({ isHidden }) => !isHidden)}
          off={off}
          onToggle={(name) =>
            setOff(
              (before) => new Set(before.has(name) ? [...before].filter((each) => each !== name) : [...before, name]),
            )
          }
        />
      )}
      {rows === undefined ? (
        <Loading what="the variables" />
      ) : (
        <div className="dash-rows">
          {rows.map((row) => (
            <DashboardRow key={row.key} placed={row} view={view} />
          ))}
        </div>
      )}
    </div>
  );
}

type Chosen = ReadonlyMap<string, readonly string[]>;

/** `job=a&job=b`: the parameters that Grafana calls `var-job`. */
function readChosen(text: string | undefined): Chosen {
  const params = new URLSearchParams(text ?? '');
  return new Map([...new Set(params.keys())].map((name) => [name, params.getAll(name)]));
}

function printChosen(chosen: Chosen): string | undefined {
  const params = new URLSearchParams([...chosen].flatMap(([name, values]) => values.map((value) => [name, value])));
  return params.toString() || undefined;
}

/** Variables are asked for once, and again where what is chosen or the range changes; until then they stay as they were. */
function useResolution(
  dashboard: Dashboard,
  chosen: Chosen,
  time: { fromMs: number; toMs: number },
): Resolution | undefined {
  const { range } = useScope();
  const isTimed = dashboard.variables.some(
    (each) => each.kind === 'interval' || (each.kind === 'query' && each.refreshes === 'on-time-change'),
  );
  const { data } = useQuery<Resolution, ApiFailure>({
    queryKey: ['variables', dashboard.uid, [...chosen], isTimed ? rangeKey(range) : ''],
    queryFn: ({ signal }) =>
      resolveVariables({
        ...{ dashboard, chosen, time, sources: OWN_SOURCES },
        ask: new VariableSource(time, signal),
        askLogs: logLabels(time, signal),
        askTraces: traceLabels(time, signal),
      }),
    placeholderData: keepPreviousData,
    structuralSharing: false,
  });
  return data;
}

function DashboardRow({ placed, view }: { readonly placed: PlacedRow; readonly view: DashboardView }) {
  const { row, panels, scope } = placed;
  const [isOpen, setOpen] = useState(!row.isCollapsed);
  const top = Math.min(...panels.map(({ panel }) => panel.grid.y));
  return (
    <section className="dash-row">
      {row.title === undefined ? null : (
        <h2>
          <button type="button" className="dash-row-title" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            <Icon name={isOpen ? 'down' : 'right'} size={13} /> {visibleText(interpolate(row.title, scope, 'text'))}
            {isOpen ? null : <span className="muted">{panels.length}</span>}
          </button>
        </h2>
      )}
      {isOpen && panels.length > 0 ? (
        <div className="dash-grid">
          {panels.map((each) => (
            <DashboardPanel key={each.key} placed={each} view={view} top={top} />
          ))}
        </div>
      ) : null}
    </section>
  );
}
