/**
 * Every drawing by the name of its type. Pages import a drawing themselves; whatever has only a name, such as a panel of a dashboard, places it by
 * this: `createElement(VIZ.bars, { label, frame, … })`. Each is a chunk of its own, which comes when it is drawn for the first time.
 */
import { type ComponentType, lazy } from 'react';
import type { BarGaugeProps } from './bar-gauge/bar-gauge.tsx';
import type { BarsProps } from './bars/bars.tsx';
import type { ColumnsProps } from './columns/columns.tsx';
import type { DetailsProps } from './details/details.tsx';
import type { FiguresProps } from './figures/figures.tsx';
import type { GaugeProps } from './gauge/gauge.tsx';
import type { GraphProps } from './graph/graph.tsx';
import type { HeatmapProps } from './heatmap/heatmap.tsx';
import type { LogListProps } from './logs/log-list.tsx';
import type { PieProps } from './pie/pie.tsx';
import type { RankingProps } from './ranking/ranking.tsx';
import type { ScatterProps } from './scatter/scatter.tsx';
import type { StatProps } from './stat/stat.tsx';
import type { StatesProps } from './states/states.tsx';
import type { FrameTableProps } from './table/frame-table.tsx';
import type { TilesProps } from './tiles/tiles.tsx';
import type { TimeSeriesProps } from './time-series/time-series.tsx';
import type { TraceDrawingProps } from './trace/trace-drawing.tsx';

/** What each type is given: a frame, or the few that belong together (a graph's, a trace's), and what applies to it alone. */
export interface VizProps {
  readonly 'bar-gauge': BarGaugeProps;
  readonly bars: BarsProps;
  readonly columns: ColumnsProps;
  readonly details: DetailsProps;
  readonly figures: FiguresProps;
  readonly gauge: GaugeProps;
  readonly graph: GraphProps;
  readonly heatmap: HeatmapProps;
  readonly logs: LogListProps;
  readonly pie: PieProps;
  readonly ranking: RankingProps;
  readonly scatter: ScatterProps;
  readonly stat: StatProps;
  readonly states: StatesProps;
  readonly table: FrameTableProps;
  readonly tiles: TilesProps;
  readonly 'time-series': TimeSeriesProps;
  readonly trace: TraceDrawingProps;
}

export type VizType = keyof VizProps;

export const VIZ: { readonly [T in VizType]: ComponentType<VizProps[T]> } = {
  'bar-gauge': lazy(async () => ({ default: (await import('./bar-gauge/bar-gauge.tsx')).BarGauge })),
  bars: lazy(async () => ({ default: (await import('./bars/bars.tsx')).Bars })),
  columns: lazy(async () => ({ default: (await import('./columns/columns.tsx')).Columns })),
  details: lazy(async () => ({ default: (await import('./details/details.tsx')).Details })),
  figures: lazy(async () => ({ default: (await import('./figures/figures.tsx')).Figures })),
  gauge: lazy(async () => ({ default: (await import('./gauge/gauge.tsx')).Gauge })),
  graph: lazy(async () => ({ default: (await import('./graph/graph.tsx')).Graph })),
  heatmap: lazy(async () => ({ default: (await import('./heatmap/heatmap.tsx')).Heatmap })),
  logs: lazy(async () => ({ default: (await import('./logs/log-list.tsx')).LogList })),
  pie: lazy(async () => ({ default: (await import('./pie/pie.tsx')).Pie })),
  ranking: lazy(async () => ({ default: (await import('./ranking/ranking.tsx')).Ranking })),
  scatter: lazy(async () => ({ default: (await import('./scatter/scatter.tsx')).Scatter })),
  stat: lazy(async () => ({ default: (await import('./stat/stat.tsx')).Stat })),
  states: lazy(async () => ({ default: (await import('./states/states.tsx')).States })),
  table: lazy(async () => ({ default: (await import('./table/frame-table.tsx')).FrameTable })),
  tiles: lazy(async () => ({ default: (await import('./tiles/tiles.tsx')).Tiles })),
  'time-series': lazy(async () => ({ default: (await import('./time-series/time-series.tsx')).TimeSeries })),
  trace: lazy(async () => ({ default: (await import('./trace/trace-drawing.tsx')).TraceDrawing })),
};

/** Whether a text, such as one of a dashboard's file, names a type of drawing. */
export function isVizType(text: string): text is VizType {
  return Object.hasOwn(VIZ, text);
}
