/** Stacked counts over time. Dragging chooses a time range; the bucket that is still filling is drawn lighter. */
import { useCallback, useRef, useState } from 'react';
import type { TimeGrid } from '#api/types.ts';
import { formatClock, formatCompact, formatCount, formatDate } from '../lib/format.ts';
import { useTheme } from '../lib/theme.tsx';
import { linearTicks } from '../lib/ticks.ts';
import type { Draw } from './canvas.tsx';
import {
  dragTimes,
  drawTimeAxis,
  drawValueTick,
  PLOT_BOTTOM,
  PLOT_LEFT,
  PLOT_RIGHT,
  PLOT_TOP,
  TimePlot,
} from './time-plot.tsx';

export interface HistogramGroup {
  readonly name: string;
  readonly colour: string;
  readonly counts: readonly number[];
}

interface HistogramProps {
  readonly label: string;
  readonly grid: TimeGrid;
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  /** Stacked from the bottom in this order. */
  readonly groups: readonly HistogramGroup[];
  readonly height?: number;
  readonly onZoom: (fromMs: number, toMs: number) => void;
}

export function Histogram({ label, grid, fromMs, toMs, nowMs, groups, height = 92, onZoom }: HistogramProps) {
  const { tokens } = useTheme();
  const [hover, setHover] = useState<{ bucket: number; x: number }>();
  /** The bucket under the pointer; a click can come before the tip is drawn. */
  const under = useRef<number>(undefined);
  const draw = useCallback<Draw>(
    (context, size) => {
      const plotWidth = size.width - PLOT_LEFT - PLOT_RIGHT;
      const plotHeight = size.height - PLOT_TOP - PLOT_BOTTOM;
      const max = Math.max(1, ...bucketTotals(grid.count, groups));
      drawTimeAxis(context, size, fromMs, toMs, tokens);
      const y = (count: number): number => PLOT_TOP + plotHeight * (1 - count / (max * 1.05));
      for (const tick of linearTicks(max, 3)) drawValueTick(context, size.width, y(tick), formatCompact(tick), tokens);
      const perMs = plotWidth / (toMs - fromMs);
      for (let i = 0; i < grid.count; i++) {
        const startMs = grid.startMs + i * grid.stepMs;
        const x0 = Math.max(PLOT_LEFT, PLOT_LEFT + (startMs - fromMs) * perMs);
        const x1 = Math.min(PLOT_LEFT + plotWidth, PLOT_LEFT + (startMs + grid.stepMs - fromMs) * perMs);
        const barWidth = Math.max(1, x1 - x0 - (x1 - x0 > 4 ? 1 : 0));
        context.globalAlpha = startMs + grid.stepMs > nowMs ? 0.5 : 1;
        let below = 0;
        for (const group of groups) {
          const count = group.counts[i] ?? 0;
          if (count === 0) continue;
          const top = y(below + count);
          context.fillStyle = group.colour;
          // Even a single failure among thousands must be seen.
          context.fillRect(x0, Math.min(top, y(below) - 1), barWidth, Math.max(1, y(below) - top));
          below += count;
        }
      }
      context.globalAlpha = 1;
    },
    [grid, groups, fromMs, toMs, nowMs, tokens],
  );
  return (
    <TimePlot
      label={label}
      height={height}
      fromMs={fromMs}
      toMs={toMs}
      draw={draw}
      drag="time"
      onDrag={(box, size) => onZoom(...dragTimes(box, size.width, fromMs, toMs))}
      onClick={() => {
        if (under.current === undefined) return;
        const startMs = grid.startMs + under.current * grid.stepMs;
        onZoom(startMs, startMs + grid.stepMs);
      }}
      onHover={(x, _y, timeMs) => {
        const bucket = Math.floor((timeMs - grid.startMs) / grid.stepMs);
        const isBucket = bucket >= 0 && bucket < grid.count;
        under.current = isBucket ? bucket : undefined;
        setHover(isBucket ? { bucket, x } : undefined);
      }}
      onLeave={() => setHover(undefined)}
    >
      {hover ? <HistogramTip grid={grid} groups={groups} bucket={hover.bucket} x={hover.x} /> : null}
    </TimePlot>
  );
}

function HistogramTip({
  grid,
  groups,
  bucket,
  x,
}: {
  readonly grid: TimeGrid;
  readonly groups: readonly HistogramGroup[];
  readonly bucket: number;
  readonly x: number;
}) {
  const startMs = grid.startMs + bucket * grid.stepMs;
  return (
    <div className="tip" style={tipPlace(x)}>
      <div className="muted">
        {formatDate(startMs).slice(5)} {formatClock(startMs)} – {formatClock(startMs + grid.stepMs)}
      </div>
      {groups.map((group) => (
        <div key={group.name} className="tip-row">
          <i className="swatch" style={{ background: group.colour }} />
          {group.name}
          <b>{formatCount(group.counts[bucket] ?? 0)}</b>
        </div>
      ))}
    </div>
  );
}

/** A tip stands right of the pointer, or left of it near the right edge. */
export function tipPlace(x: number): { left?: number; right?: string; top: number } {
  return x > window.innerWidth / 2 ? { right: `calc(100% - ${x - 12}px)`, top: 4 } : { left: x + 12, top: 4 };
}

function bucketTotals(count: number, groups: readonly HistogramGroup[]): number[] {
  const totals = new Array<number>(count).fill(0);
  for (const { counts } of groups) for (let i = 0; i < count; i++) totals[i]! += counts[i] ?? 0;
  return totals;
}
