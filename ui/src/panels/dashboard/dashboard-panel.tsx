/** One panel of a dashboard: its title, what it draws, and where it leads. */
import { useRef } from 'react';
import { interpolate, type PlacedPanel } from '#dashboards';
import { resolveLink } from '../../lib/dashboards/links.ts';
import { logSearchOf } from '../../lib/dashboards/log-search.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { useLinks } from '../../lib/links.ts';
import { type ConsoleSearch, QUERY_LETTERS } from '../../lib/search.ts';
import { useSize } from '../../widgets/canvas.tsx';
import { Icon, type IconName } from '../../widgets/icons.tsx';
import { To } from '../../widgets/to.tsx';
import { LinkOut } from './link-out.tsx';
import { PanelBody } from './panel-body.tsx';
import { useGrip } from './use-grip.ts';
import { type PanelAnswer, usePanelData } from './use-panel-data.ts';
import { useSeen } from './use-seen.ts';
import type { DashboardView } from './view.ts';

const CELL_PX = 38;
const GAP_PX = 8;

interface DashboardPanelProps {
  readonly placed: PlacedPanel;
  readonly view: DashboardView;
  /** Of the row's first line of cells. */
  readonly top: number;
}

export function DashboardPanel({ placed, view, top }: DashboardPanelProps) {
  const { panel, scope } = placed;
  const box = useRef<HTMLElement>(null);
  const { width } = useSize(box);
  const { isSeen, wasSeen } = useSeen(box);
  const answer = usePanelData(placed, view, width, isSeen && width > 0);
  const title = interpolate(panel.title, scope, 'text');
  const { x, y, w, h } = panel.grid;
  const { edits } = view;
  const grip = useGrip(box, panel.grid, edits && ((next) => edits.onPlace(panel.id, next)));
  const drawn = grip && {
    zIndex: 5,
    ...(grip.kind === 'move'
      ? { transform: `translate(${grip.x}px, ${grip.y}px)` }
      : { marginRight: -grip.x, marginBottom: -grip.y }),
  };
  const place: React.CSSProperties = Object.assign({}, drawn, {
    '--column': `${x + 1} / span ${w}`,
    '--row': `${y - top + 1} / span ${h}`,
    '--height': `${h * CELL_PX - GAP_PX}px`,
  });
  return (
    <section
      ref={box}
      className={panel.isTransparent ? 'dash-panel dash-panel-bare' : 'dash-panel'}
      style={place}
      aria-label={visibleText(title || panel.type)}
      data-panel={panel.id}
    >
      <PanelHead
        placed={placed}
        view={view}
        title={title}
        description={interpolate(panel.description, scope, 'text')}
        answer={answer}
      />
      <div className={answer.isStale ? 'dash-body stale' : 'dash-body'}>
        {wasSeen ? (
          <PanelBody placed={placed} view={view} answer={answer} height={h * CELL_PX - GAP_PX} title={title} />
        ) : null}
      </div>
      {edits ? <span className="dash-corner" title="Drag to change the size" /> : null}
    </section>
  );
}

interface PanelHeadProps {
  readonly placed: PlacedPanel;
  readonly view: DashboardView;
  readonly title: string;
  readonly description: string;
  readonly answer: PanelAnswer;
}

function PanelHead({ placed, view, title, description, answer }: PanelHeadProps) {
  const { queries, unanswered } = answer.plan;
  const out = placed.panel.links.flatMap((link) => resolveLink(link, placed.scope, view.time) ?? []);
  const { edits } = view;
  const { id } = placed.panel;
  if (title === '' && queries.length === 0 && out.length === 0 && edits === undefined) return null;
  return (
    <header className={edits ? 'dash-head dash-grip' : 'dash-head'}>
      <h3 className="truncate" title={visibleText(description === '' ? title : `${title}\n${description}`)}>
        {visibleText(title)}
      </h3>
      {unanswered.length > 0 && queries.length > 0 ? (
        <span
          className="muted small truncate"
          title={unanswered.map(({ refId, reason }) => `${refId} ${reason}`).join('; ')}
        >
          not drawn: {unanswered.map(({ refId }) => refId).join(', ')}
        </span>
      ) : null}
      {answer.data !== undefined && answer.data.problems.length > 0 ? (
        <span className="warning-text small truncate" title={visibleText(answer.data.problems.join('\n'))}>
          without {visibleText(answer.data.problems.map((problem) => problem.split(' ')[0]).join(', '))}
        </span>
      ) : null}
      <span className="spacer" />
      {out.map((link) => (
        <LinkOut key={link.title} link={link} className="dash-link small truncate" />
      ))}
      {edits ? (
        <>
          <PanelAction icon="edit" name="Edit" onPress={() => edits.onOpen(id)} />
          <PanelAction icon="copy" name="Copy" onPress={() => edits.onCopy(id)} />
          <PanelAction icon="close" name="Remove" onPress={() => edits.onRemove(id)} />
        </>
      ) : null}
      <span className="dash-tools">
        <RuleLink queries={queries} />
        <ExploreLink queries={queries} />
      </span>
    </header>
  );
}

interface PanelActionProps {
  readonly icon: IconName;
  readonly name: string;
  readonly onPress: () => void;
}

function PanelAction({ icon, name, onPress }: PanelActionProps) {
  return (
    <button type="button" className="dash-explore dash-action" aria-label={name} title={name} onClick={onPress}>
      <Icon name={icon} size={13} />
    </button>
  );
}

/** A new rule from the first of a panel's queries that a rule can ask. */
function RuleLink({ queries }: { readonly queries: PanelAnswer['plan']['queries'] }) {
  const links = useLinks();
  const first = queries.find(({ source }) => source === 'prometheus');
  if (first === undefined) return null;
  return (
    <To target={links.alerts({ a: first.expr })} className="dash-explore" title="New rule from this panel">
      <Icon name="alerts" size={13} />
    </To>
  );
}

/** The queries of a panel on the page that explores their kind. */
function ExploreLink({ queries }: { readonly queries: PanelAnswer['plan']['queries'] }) {
  const links = useLinks();
  const [first] = queries;
  if (first === undefined) return null;
  const metrics = queries.filter(({ source }) => source === 'prometheus');
  const [target, where] =
    metrics.length > 0
      ? [links.metrics(exploredBy(metrics.map(({ expr }) => expr))), 'Metrics']
      : first.source === 'loki'
        ? [links.logs(logSearchOf(first.expr)), 'Logs']
        : first.traces?.kind === 'trace'
          ? [links.trace(first.traces.traceId), 'Traces']
          : [links.traces(), 'Traces'];
  return (
    <To target={target} className="dash-explore" title={`Open these queries in ${where}`}>
      <Icon name="open" size={13} />
    </To>
  );
}

function exploredBy(exprs: readonly string[]): ConsoleSearch {
  return Object.fromEntries(exprs.slice(0, QUERY_LETTERS.length).map((expr, i) => [QUERY_LETTERS[i]!, expr]));
}
