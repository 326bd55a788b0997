/** What a panel draws, by its type. */
import { type ReactNode, Suspense, useMemo, useState } from 'react';
import { colourOf, interpolate, isObject, type Panel, type PlacedPanel } from '#dashboards';
import { chartLook } from '../../lib/dashboards/chart-look.ts';
import { heatOf } from '../../lib/dashboards/heat-frame.ts';
import { resolveLink } from '../../lib/dashboards/links.ts';
import { nodeFrames } from '../../lib/dashboards/node-frames.ts';
import { chartFrame, figuresOf, linesOfChart, type PanelData, undrawnOf } from '../../lib/dashboards/panel-data.ts';
import { columnsFrame, histogramFrame, isStacked, slicesOf } from '../../lib/dashboards/shares.ts';
import { statesOf } from '../../lib/dashboards/states-frame.ts';
import { tableOf } from '../../lib/dashboards/table-frame.ts';
import type { Figure } from '../../lib/figure.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import type { Frame } from '../../lib/frame.ts';
import { type Links, useLinks } from '../../lib/links.ts';
import { type ThemeTokens, useTheme } from '../../lib/theme.tsx';
import { VIZ } from '../../viz/registry.ts';
import { RichText } from '../../widgets/rich-text.tsx';
import { AlertListPanel } from './alert-list-panel.tsx';
import { DashListPanel } from './dash-list-panel.tsx';
import { LogPanel } from './log-panel.tsx';
import { PanelMoment, type PanelPoint } from './panel-moment.tsx';
import { PanelNote } from './panel-note.tsx';
import { TracePanel } from './trace-panel.tsx';
import type { PanelAnswer } from './use-panel-data.ts';
import { ValueLinks } from './value-links.tsx';
import type { DashboardView } from './view.ts';

const { tiles: Tiles, gauge: Gauge, table: FrameTable, 'bar-gauge': BarGauge, 'time-series': TimeSeries } = VIZ;
const { pie: Pie, columns: Columns, heatmap: Heatmap, states: States, graph: Graph } = VIZ;

interface PanelBodyProps {
  readonly placed: PlacedPanel;
  readonly view: DashboardView;
  readonly answer: PanelAnswer;
  readonly height: number;
  readonly title: string;
}

/** Types that nothing here draws, and what they are. */
const OTHERS: Readonly<Record<string, string>> = {
  annolist: 'a list of annotations, which Grafana keeps for itself',
  candlestick: 'a chart of candlesticks',
  canvas: 'a canvas of elements placed by hand',
  debug: 'a panel for those who write panels',
  flamegraph: 'a flame graph of profiles, which the store does not have',
  geomap: 'a map of the world',
  gettingstarted: 'an introduction to Grafana',
  news: 'a feed of news from elsewhere',
  pluginlist: 'a list of plug-ins of Grafana',
  xychart: 'a chart of values over values',
};

const LINES = new Set(['timeseries', 'trend']);
const SERIES = new Set([
  ...['stat', 'gauge', 'bargauge', 'table', 'barchart', 'histogram', 'piechart', 'heatmap', 'nodeGraph'],
  ...['state-timeline', 'status-history', ...LINES],
]);

export function PanelBody(props: PanelBodyProps) {
  const { placed, answer } = props;
  const { panel, scope } = placed;
  if (panel.type === 'text') {
    const { mode, content } = panel.options;
    const kind = mode === 'html' || mode === 'code' ? mode : 'markdown';
    return <RichText text={interpolate(typeof content === 'string' ? content : '', scope, 'text')} kind={kind} />;
  }
  if (panel.type === 'alertlist') return <AlertListPanel panel={panel} />;
  if (panel.type === 'dashlist') return <DashListPanel panel={panel} />;
  if (!SERIES.has(panel.type) && panel.type !== 'logs' && panel.type !== 'traces') {
    const what = OTHERS[panel.type];
    return (
      <PanelNote
        text={
          what === undefined
            ? `This panel needs the plug-in “${visibleText(panel.type)}”, which is not here.`
            : `This is ${what}: it is not drawn here.`
        }
      />
    );
  }
  const { queries, unanswered } = answer.plan;
  if (queries.length === 0)
    return (
      <PanelNote
        text={
          unanswered.length > 0 ? `${capitalized(visibleText(unanswered[0]!.reason))}.` : 'This panel asks for nothing.'
        }
      />
    );
  if (answer.error !== undefined)
    return (
      <PanelNote isError text={visibleText(answer.error.message)}>
        <button type="button" className="button" onClick={answer.retry}>
          Try again
        </button>
      </PanelNote>
    );
  if (answer.data === undefined) return <PanelNote text="Loading…" />;
  const lacking = lackOf(panel, answer.data);
  if (lacking !== undefined) return <PanelNote text={lacking} />;
  return (
    <Suspense fallback={<PanelNote text="Loading…" />}>
      <Drawing {...props} data={answer.data} />
    </Suspense>
  );
}

/** Why there is nothing to draw; undefined where there is something. */
function lackOf({ type, defaults }: Panel, { series, lines, traces, reasons }: PanelData): string | undefined {
  if (lines.length > 0 && type !== 'logs') return 'The query asks for lines of logs, which a panel of logs shows.';
  if (traces.length > 0 && type !== 'traces' && type !== 'table')
    return 'The query asks for traces, which a table or a panel of traces shows.';
  if (type === 'logs' && series.length > 0) return 'The query asks for a metric of logs, which is not lines.';
  if (type === 'traces' && series.length > 0) return 'The query asks for a metric of spans, which is not traces.';
  return series.length + lines.length + traces.length > 0 ? undefined : (defaults.noValue ?? noDataText(reasons));
}

/** What else there is, behind a semicolon, is for a page with more room. */
function noDataText([reason]: readonly string[]): string {
  return reason === undefined
    ? 'No data in this range.'
    : `No data in this range: ${visibleText(reason.split(';', 1)[0]!)}.`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function Drawing(props: PanelBodyProps & { readonly data: PanelData }) {
  const { placed, title, data } = props;
  const { panel } = placed;
  const { tokens } = useTheme();
  const linked = useLinkedFigures(props);
  switch (panel.type) {
    case 'stat': {
      const { colorMode, graphMode, textMode, orientation } = panel.options;
      return (
        <Tiles
          label={title}
          figures={figuresOf(panel, data, tokens.name)}
          colours={
            colorMode === 'none'
              ? 'nothing'
              : String(colorMode ?? 'value').startsWith('background')
                ? 'background'
                : 'value'
          }
          hasTrend={graphMode !== 'none'}
          shows={
            textMode === 'name' ? 'name' : textMode === 'value' ? 'value' : textMode === 'none' ? 'nothing' : 'both'
          }
          isColumn={orientation === 'horizontal'}
          linked={linked}
        />
      );
    }
    case 'gauge':
      return (
        <Gauge
          label={title}
          figures={figuresOf(panel, data, tokens.name)}
          bands={bandsOf(panel, tokens)}
          linked={linked}
        />
      );
    case 'bargauge':
      return <BarGauge label={title} figures={figuresOf(panel, data, tokens.name)} linked={linked} />;
    case 'table':
      return data.traces.length > 0 ? <TracePanel title={title} traces={data.traces} /> : <TableDrawing {...props} />;
    case 'logs':
      return <LogPanel panel={panel} data={data} />;
    case 'traces':
      return <TracePanel title={title} traces={data.traces} />;
    case 'nodeGraph':
      return <Graph label={title} frames={nodeFrames(panel, data)} />;
    case 'piechart':
    case 'barchart':
    case 'histogram':
      return <ShareDrawing panel={panel} data={data} title={title} />;
    case 'heatmap':
    case 'state-timeline':
    case 'status-history':
      return <OverTime {...props} />;
    default:
      return <Chart {...props} />;
  }
}

interface PartProps {
  readonly panel: Panel;
  readonly data: PanelData;
  readonly title: string;
}

function ShareDrawing({ panel, data, title }: PartProps) {
  const { tokens } = useTheme();
  const { pieType, legend, orientation } = panel.options;
  if (panel.type === 'piechart') {
    const shown = isObject(legend) && Array.isArray(legend.values) ? legend.values : [];
    const shows = (['value', 'percent'] as const).filter((each) => shown.length === 0 || shown.includes(each));
    return <Pie label={title} slices={slicesOf(panel, data, tokens)} isRing={pieType === 'donut'} shows={shows} />;
  }
  if (panel.type === 'histogram')
    return (
      <Columns label={title} frame={histogramFrame(panel, data, tokens)} isTouching isStacked={isStacked(panel)} />
    );
  return (
    <Columns
      label={title}
      frame={columnsFrame(panel, data, tokens)}
      isLying={orientation === 'horizontal'}
      isStacked={isStacked(panel)}
    />
  );
}

/** Title and the room around. */
const HEAD_PX = 46;

function OverTime(props: PanelBodyProps & { readonly data: PanelData }) {
  const { view, answer, height, title, data } = props;
  const { panel } = props.placed;
  const { tokens } = useTheme();
  const links = useLinks();
  const [moment, setPoint] = useMoment(props);
  const isHeat = panel.type === 'heatmap';
  const heat = useMemo(() => (isHeat ? heatOf(panel, data) : undefined), [isHeat, panel, data]);
  const states = useMemo(() => (isHeat ? undefined : statesOf(panel, data, tokens)), [isHeat, panel, data, tokens]);
  const isCells = panel.type === 'status-history';
  const { rowHeight, showValue: shown } = panel.options;
  const shared = {
    fromMs: view.time.fromMs,
    toMs: view.time.toMs,
    height: Math.max(LEAST_PX, height - HEAD_PX),
    onZoom: view.onZoom,
    onPoint: (fromMs: number, toMs: number) => setPoint({ fromMs, toMs }),
  };
  return (
    <>
      {heat === undefined ? (
        <States
          label={title || 'States'}
          {...states!}
          isCells={isCells}
          writesStates={!isCells && shown !== 'never'}
          thickness={typeof rowHeight === 'number' ? Math.min(1, Math.max(0.1, rowHeight)) : 0.9}
          {...shared}
        />
      ) : (
        <Heatmap
          label={title || 'Heatmap'}
          {...heat}
          {...(answer.exemplars ? { marks: answer.exemplars } : {})}
          onMark={(key) => openTrace(links, key)}
          {...shared}
        />
      )}
      {moment}
    </>
  );
}

function TableDrawing({ placed, view, data, title }: PanelBodyProps & { readonly data: PanelData }) {
  const { panel, scope } = placed;
  const { frame, links } = useMemo(() => tableOf(panel, data), [panel, data]);
  const linked = useMemo(
    () =>
      new Map(
        Array.from(links, ([name, column]) => [
          name,
          (row: number, text: string): ReactNode => {
            const on = column.on(row, text);
            const found = column.links.flatMap((link) => resolveLink(link, scope, view.time, on) ?? []);
            return (
              <ValueLinks links={found} name={text}>
                {visibleText(text)}
              </ValueLinks>
            );
          },
        ]),
      ),
    [links, scope, view.time],
  );
  return <FrameTable label={title} frame={frame} linked={linked} firstSort={sortOf(panel.options, frame)} />;
}

/** The column by which the file has the table sorted. */
function sortOf({ sortBy }: Panel['options'], { fields }: Frame): string | undefined {
  const first: unknown = Array.isArray(sortBy) ? sortBy[0] : undefined;
  const by = isObject(first) ? fields.find(({ name }) => name === first.displayName) : undefined;
  return by && `${isObject(first) && first.desc === true ? '-' : ''}${by.name}`;
}

/** Figures lead where the data links of their series do. */
function useLinkedFigures({ placed, view, data }: PanelBodyProps & { readonly data: PanelData }) {
  return ({ key, name, text }: Figure, drawn: ReactNode): ReactNode => {
    const series = data.series.find((each) => each.key === key);
    if (series === undefined || series.options.links.length === 0) return drawn;
    const value = series.values.findLast((each) => each !== null) ?? null;
    const on = { name: series.name, labels: series.labels, value, text, timeMs: view.time.toMs };
    const links = series.options.links.flatMap((link) => resolveLink(link, placed.scope, view.time, on) ?? []);
    return (
      <ValueLinks links={links} name={name || text}>
        {drawn}
      </ValueLinks>
    );
  };
}

/** Title, two lines of the legend and the room around. */
const AROUND_PX = 88;
const LEAST_PX = 60;

function Chart(props: PanelBodyProps & { readonly data: PanelData }) {
  const { view, answer, height, title, data } = props;
  const { panel } = props.placed;
  const { tokens } = useTheme();
  const links = useLinks();
  const [moment, setPoint] = useMoment(props);
  const frame = useMemo(() => chartFrame(title, data, tokens.name), [title, data, tokens.name]);
  const look = useMemo(() => chartLook(panel, linesOfChart(data), tokens.name), [panel, data, tokens.name]);
  const { grid } = data;
  const span = useMemo(
    () => ({ fromMs: Math.min(view.time.fromMs, grid.startMs), toMs: view.time.toMs }),
    [view.time.fromMs, view.time.toMs, grid.startMs],
  );
  return (
    <>
      <TimeSeries
        title=""
        frame={frame}
        {...span}
        // A step is a moment, which nothing fills any more.
        nowMs={grid.startMs + grid.count * grid.stepMs}
        undrawn={undrawnOf(data)}
        legend="folded"
        height={Math.max(LEAST_PX, height - (look.hidesLegend ? HEAD_PX : AROUND_PX))}
        look={look}
        events={view.events}
        {...(answer.exemplars ? { marks: answer.exemplars } : {})}
        onMark={(key) => openTrace(links, key)}
        onZoom={view.onZoom}
        onPoint={(fromMs, toMs, label) => setPoint({ fromMs, toMs, label })}
      />
      {moment}
    </>
  );
}

/** What is behind a point, where one was chosen. */
function useMoment({ placed, view, answer, data }: PanelBodyProps & { readonly data: PanelData }) {
  const [point, setPoint] = useState<PanelPoint>();
  const close = (): void => setPoint(undefined);
  const moment = point ? (
    <PanelMoment placed={placed} view={view} answer={answer} data={data} point={point} onClose={close} />
  ) : null;
  return [moment, setPoint] as const;
}

/** `key` is that of an exemplar: its trace and its span. */
function openTrace(links: Links, key: string): void {
  const [traceId, span] = key.split('/');
  links.go(links.trace(traceId!, span ? { span } : {}));
}

/** The colours of the thresholds along a gauge's scale. */
function bandsOf({ defaults }: Panel, tokens: ThemeTokens): { from: number; colour: string }[] {
  const { thresholds, min = 0, max = defaults.unit === 'percentunit' ? 1 : 100 } = defaults;
  if (thresholds === undefined || thresholds.steps.length < 2) return [];
  return thresholds.steps.flatMap(({ from, color }) => {
    const share = thresholds.mode === 'percentage' ? from / 100 : (from - min) / (max - min);
    const colour = colourOf(color, tokens.name);
    return colour === undefined || share >= 1 ? [] : [{ from: Math.max(0, share), colour }];
  });
}
