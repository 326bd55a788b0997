/** The map: services, databases, queues and other hosts, and what goes between them: how much, how well, how fast; now, or against an hour or a day ago. */
import { useDeferredValue, useMemo, useSyncExternalStore } from 'react';
import type { MapResponse } from '#api/types.ts';
import { useAnnouncement } from '../lib/announce.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { ABSENT, formatDateTime, formatDuration, formatPercent, formatRate, plural } from '../lib/format.ts';
import { useKeys } from '../lib/keys.ts';
import { useLinks } from '../lib/links.ts';
import { type MapLine, viewOf } from '../lib/map/changes.ts';
import { drawnMap, filteredView, linesFrame, mapFrames, toneOfRatio } from '../lib/map/frames.ts';
import { leadsOfLine, leadsOfNode } from '../lib/map/leads.ts';
import { usePageSearch } from '../lib/page-search.ts';
import { mapQuestion } from '../lib/questions.ts';
import { useQuestion, useScope, useScopeParams } from '../lib/scope.tsx';
import type { Against } from '../lib/search.ts';
import { MapDetail, NodeName } from '../panels/map/map-detail.tsx';
import { Graph } from '../viz/graph/graph.tsx';
import { type Column, Table } from '../viz/table/table.tsx';
import { FilterBox } from '../widgets/filter-box.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { Segmented } from '../widgets/segmented.tsx';
import { SelectMenu } from '../widgets/select-menu.tsx';
import { EmptyState, ErrorBanner, ErrorState, Loading } from '../widgets/states.tsx';
import '../styles/map.css';

const AGAINST: Readonly<Record<Against, { readonly ms: number; readonly text: string }>> = {
  '1h': { ms: 3_600_000, text: 'an hour ago' },
  '1d': { ms: 86_400_000, text: 'a day ago' },
};
/** Room for the figures on a line. */
const GAP_X = 132;
/** Smaller letters can't be read. */
const MIN_SCALE = 0.75;
const NARROW = '(width < 720px)';

function useIsNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = matchMedia(NARROW);
      media.addEventListener('change', changed);
      return () => media.removeEventListener('change', changed);
    },
    () => matchMedia(NARROW).matches,
  );
}

export function MapPage() {
  const { search, update } = usePageSearch();
  const scope = useScope();
  const links = useLinks();
  const params = useScopeParams();
  const isNarrow = useIsNarrow();
  const answer = useQuestion<MapResponse>(mapQuestion(params));
  const against = search.against === undefined ? undefined : AGAINST[search.against];
  const earlierMs = against?.ms ?? 0;
  const earlier = useQuestion<MapResponse>(
    mapQuestion({ ...params, from: params.from - earlierMs, to: params.to - earlierMs }),
    { enabled: against !== undefined, keep: false },
  );
  const before = against === undefined ? undefined : earlier.data;
  const hasBefore = before !== undefined && before.nodes.length > 0;
  const filter = useDeferredValue(search.filter ?? '');
  const { data, error } = answer;
  const view = useMemo(
    () => (data === undefined ? undefined : viewOf(data, hasBefore ? before : undefined)),
    [data, before, hasBefore],
  );
  const shown = useMemo(() => (view === undefined ? undefined : filteredView(view, filter)), [view, filter]);
  const drawn = useMemo(() => (shown === undefined ? undefined : drawnMap(shown)), [shown]);
  const frames = useMemo(() => (drawn === undefined ? undefined : mapFrames(drawn)), [drawn]);
  const node = view?.nodes.find(({ id }) => id === search.at);
  const line = view?.lines.find(({ id }) => id === search.at);
  const isTable = search.view === 'table' || (isNarrow && search.plot !== 'graph');
  const choose = (id: string): void => update({ at: id === search.at ? undefined : id }, true);
  const step = (by: 1 | -1): void => {
    const ids = (drawn?.nodes ?? []).map(({ id }) => id);
    if (ids.length === 0) return;
    const at = ids.indexOf(search.at ?? '');
    const next = at < 0 ? (by > 0 ? 0 : ids.length - 1) : (at + by + ids.length) % ids.length;
    update({ at: ids[next] }, true);
  };
  const open = (): void => {
    const lead = node ? leadsOfNode(links, node)[0] : line ? leadsOfLine(links, line)[0] : undefined;
    if (lead) links.go(lead.target);
  };
  useKeys([{ keys: 'Escape', help: 'Close the detail', group: 'Map', run: () => update({ at: undefined }, true) }]);
  useKeys(
    [
      { keys: 'j', help: 'Next node', group: 'Map', run: () => step(1) },
      { keys: 'k', help: 'Node before', group: 'Map', run: () => step(-1) },
      { keys: 'Enter', help: 'Open what is chosen', group: 'Map', run: open },
    ],
    !isTable,
  );
  useAnnouncement(
    shown && !answer.stale
      ? `${plural(shown.nodes.length, 'node')}, ${plural(shown.lines.length, 'connection')}`
      : undefined,
    { filter },
  );
  return (
    <>
      <PageTitle title="Map">{view ? <span className="muted">{view.nodes.length}</span> : null}</PageTitle>
      <div className="toolbar">
        <FilterBox
          label="Filter nodes"
          value={search.filter ?? ''}
          onChange={(text) => update({ filter: text || undefined }, true)}
        />
        <SelectMenu
          name="against"
          value={search.against}
          anyLabel="nothing"
          options={(['1h', '1d'] as const).map((value) => ({ value, label: AGAINST[value].text }))}
          onChange={(value) => update({ against: value as Against | undefined })}
        />
        <Segmented
          label="How the map is shown"
          value={isTable ? 'table' : 'drawing'}
          options={[
            ['drawing', 'Drawing'],
            ['table', 'Table'],
          ]}
          onChange={(next) =>
            update(
              next === 'table'
                ? { view: 'table', plot: undefined }
                : { view: undefined, plot: isNarrow ? 'graph' : undefined },
              true,
            )
          }
        />
        <span className="muted toolbar-note">{view ? overview(view.lines) : ''}</span>
      </div>
      {error && data ? <ErrorBanner error={error} onRetry={answer.retry} /> : null}
      {against !== undefined && earlier.error ? <ErrorBanner error={earlier.error} onRetry={earlier.retry} /> : null}
      {data === undefined || shown === undefined || drawn === undefined || frames === undefined ? (
        error ? (
          <ErrorState error={error} onRetry={answer.retry} />
        ) : (
          <Loading what="the map" />
        )
      ) : data.nodes.length === 0 ? (
        <EmptyState
          title={
            scope.environment
              ? `No service of ${scope.environment} in this range`
              : 'No service sent spans in this range'
          }
        >
          The map is made of spans. Choose a longer range, or look further back.
        </EmptyState>
      ) : shown.nodes.length === 0 ? (
        <EmptyState
          title={`No node is called “${visibleText(filter)}”`}
          actions={
            <button type="button" className="button" onClick={() => update({ filter: undefined })}>
              Show all {view?.nodes.length}
            </button>
          }
        />
      ) : (
        <div className={answer.stale ? 'fill stale' : 'fill fresh'}>
          <Notes
            data={data}
            fromMs={scope.fromMs}
            leftOut={isTable ? 0 : drawn.leftOut}
            isDrawn={!isTable}
            missing={against !== undefined && earlier.data !== undefined && !hasBefore ? against.text : undefined}
          />
          <div className="map-body">
            {isTable ? (
              <div className="map-main is-table">
                <LinesTable lines={shown.lines} isCompared={hasBefore} onOpen={choose} />
              </div>
            ) : (
              <div className="map-main">
                <Graph
                  label={`${plural(drawn.nodes.length, 'node')} and ${plural(drawn.lines.length, 'connection')}; the table says the same`}
                  frames={frames}
                  gapX={GAP_X}
                  minScale={MIN_SCALE}
                  choice={{ chosen: search.at, onChoose: choose }}
                />
              </div>
            )}
            {node || line ? (
              <MapDetail
                node={node}
                line={line}
                lines={view!.lines}
                beforeText={hasBefore ? against?.text : undefined}
                onChoose={choose}
                onClose={() => update({ at: undefined }, true)}
              />
            ) : null}
          </div>
        </div>
      )}
    </>
  );
}

function overview(lines: readonly MapLine[]): string {
  const failing = lines.filter(({ now }) => now !== undefined && toneOfRatio(now.errorRatio) !== '').length;
  const changed = lines.filter(({ changes }) => changes.length > 0).length;
  const notes = [plural(lines.length, 'connection'), failing === 0 ? 'none failing' : `${failing} failing`];
  return [...notes, ...(changed > 0 ? [`${changed} changed`] : [])].join(', ');
}

interface NotesProps {
  readonly data: MapResponse;
  readonly fromMs: number;
  readonly leftOut: number;
  readonly isDrawn: boolean;
  /** What can't be compared with. */
  readonly missing: string | undefined;
}

/** What the map does not show, and why. */
function Notes({ data, fromMs, leftOut, isDrawn, missing }: NotesProps) {
  const notes: string[] = isDrawn
    ? ['On a node: calls, the share that failed, p95. On a line: calls and the share that failed, below it p50 / p95.']
    : [];
  if (leftOut > 0)
    notes.push(
      `${plural(leftOut, 'node')} not drawn: those without trouble and with the least traffic. The table has all, a filter draws others.`,
    );
  if (data.leftOutNodes > 0) notes.push(`${plural(data.leftOutNodes, 'service')} with the least traffic left out.`);
  if (data.leftOutEdges > 0) notes.push(`${plural(data.leftOutEdges, 'connection')} with the least traffic left out.`);
  if (data.edgesFromMs > fromMs)
    notes.push(
      `Connections since ${formatDateTime(data.edgesFromMs)}: those of the many spans before are still being counted.`,
    );
  if (missing !== undefined) notes.push(`There is nothing from ${missing} to compare with.`);
  if (notes.length === 0) return null;
  return (
    <div className="map-notes" role="note">
      {notes.join(' ')}
    </div>
  );
}

interface LinesTableProps {
  readonly lines: readonly MapLine[];
  readonly isCompared: boolean;
  readonly onOpen: (id: string) => void;
}

const DEFAULT_SORT = '-errors';

function LinesTable({ lines, isCompared, onOpen }: LinesTableProps) {
  const { search, update } = usePageSearch();
  const frame = useMemo(() => linesFrame(lines), [lines]);
  const columns = useMemo<readonly Column<MapLine>[]>(() => {
    const figure = (id: string, header: string, text: (line: MapLine) => string, drop?: number): Column<MapLine> => ({
      ...{ id, header, width: 84, align: 'right', isSortable: true },
      ...(drop === undefined ? {} : { drop }),
      cell: (line) => (line.now === undefined ? ABSENT : text(line)),
    });
    return [
      { id: 'from', header: 'From', minWidth: 90, isSortable: true, cell: ({ source }) => <NodeName node={source} /> },
      { id: 'to', header: 'To', minWidth: 90, isSortable: true, cell: ({ target }) => <NodeName node={target} /> },
      { id: 'kind', header: 'Kind', width: 104, drop: 3, isSortable: true },
      figure('rate', 'Rate', ({ now }) => formatRate(now!.rate), 1),
      {
        ...figure('errors', 'Errors', () => '', undefined),
        width: 72,
        cell: ({ now }) =>
          now === undefined ? (
            'gone'
          ) : (
            <span className={ERROR_CLASSES[toneOfRatio(now.errorRatio)]}>{formatPercent(now.errorRatio)}</span>
          ),
      },
      figure('p50', 'p50', ({ now }) => formatDuration(now!.p50Ns), 4),
      figure('p95', 'p95', ({ now }) => formatDuration(now!.p95Ns)),
      ...(isCompared ? [{ id: 'changes', header: 'Changes', width: 170, drop: 2 } as const] : []),
    ];
  }, [isCompared]);
  return (
    <Table
      label="Connections"
      keyboard
      frame={frame}
      items={lines}
      columns={columns}
      keyField="key"
      sort={search.sort ?? DEFAULT_SORT}
      onSort={(sort) => update({ sort: sort === DEFAULT_SORT ? undefined : sort }, true)}
      onOpen={({ id }) => onOpen(id)}
    />
  );
}

const ERROR_CLASSES = { '': 'muted', warning: 'warning-text', error: 'error-text' } as const;
