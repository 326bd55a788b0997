/**
 * Every drawing by the name of its type. Pages import a drawing themselves; whatever has only a name, such as a panel of a dashboard, places it by
 * this: `createElement(VIZ.bars, { label, frame, … })`. Each is a chunk of its own, which comes when it is drawn for the first time.
 */
import { type ComponentType, lazy } from 'react';
import type { BarsProps } from './bars/bars.tsx';
import type { DetailsProps } from './details/details.tsx';
import type { FiguresProps } from './figures/figures.tsx';
import type { GraphProps } from './graph/graph.tsx';
import type { HeatmapProps } from './heatmap/heatmap.tsx';
import type { LogListProps } from './logs/log-list.tsx';
import type { RankingProps } from './ranking/ranking.tsx';
import type { ScatterProps } from './scatter/scatter.tsx';
import type { StatProps } from './stat/stat.tsx';
import type { FrameTableProps } from './table/frame-table.tsx';
import type { TimeSeriesProps } from './time-series/time-series.tsx';
import type { TraceDrawingProps } from './trace/trace-drawing.tsx';

/** What each type is given: a frame, or the few that belong together (a graph's, a trace's), and what applies to it alone. */
export interface VizProps {
  readonly bars: BarsProps;
  readonly details: DetailsProps;
  readonly figures: FiguresProps;
  readonly graph: GraphProps;
  readonly heatmap: HeatmapProps;
  readonly logs: LogListProps;
  readonly ranking: RankingProps;
  readonly scatter: ScatterProps;
  readonly stat: StatProps;
  readonly table: FrameTableProps;
  readonly 'time-series': TimeSeriesProps;
  readonly trace: TraceDrawingProps;
}

export type VizType = keyof VizProps;

export const VIZ: { readonly [T in VizType]: ComponentType<VizProps[T]> } = {
  bars: lazy(async () => ({ default: (await import('./bars/bars.tsx')).Bars })),
  details: lazy(async () => ({ default: (await import('./details/details.tsx')).Details })),
  figures: lazy(async () => ({ default: (await import('./figures/figures.tsx')).Figures })),
  graph: lazy(async () => ({ default: (await import('./graph/graph.tsx')).Graph })),
  heatmap: lazy(async () => ({ default: (await import('./heatmap/heatmap.tsx')).Heatmap })),
  logs: lazy(async () => ({ default: (await import('./logs/log-list.tsx')).LogList })),
  ranking: lazy(async () => ({ default: (await import('./ranking/ranking.tsx')).Ranking })),
  scatter: lazy(async () => ({ default: (await import('./scatter/scatter.tsx')).Scatter })),
  stat: lazy(async () => ({ default: (await import('./stat/stat.tsx')).Stat })),
  table: lazy(async () => ({ default: (await import('./table/frame-table.tsx')).FrameTable })),
  'time-series': lazy(async () => ({ default: (await import('./time-series/time-series.tsx')).TimeSeries })),
  trace: lazy(async () => ({ default: (await import('./trace/trace-drawing.tsx')).TraceDrawing })),
};

/** Whether a text, such as one of a dashboard's file, names a type of drawing. */
export function isVizType(text: string): text is VizType {
  return Object.hasOwn(VIZ, text);
}
