/** Stacked counts over time. Dragging chooses a time range; the bucket that is still filling is drawn lighter. */
import { useCallback, useMemo, useRef, useState } from 'react';
import type { TimeGrid } from '#api/types.ts';
import { formatClock, formatCompact, formatCount, formatDate } from '../../lib/format.ts';
import { bucketOf, type Frame, gridOf, type Numbers, numberFields } from '../../lib/frame.ts';
import { useTheme } from '../../lib/theme.tsx';
import { linearTicks } from '../../lib/ticks.ts';
import { toneColour } from '../../lib/tone.ts';
import type { Draw } from '../../widgets/canvas.tsx';
import {
  dragTimes,
  drawTimeAxis,
  drawValueTick,
  PLOT_BOTTOM,
  PLOT_LEFT,
  PLOT_RIGHT,
  PLOT_TOP,
  TimePlot,
} from '../../widgets/time-plot.tsx';
import { Tip } from '../../widgets/tip.tsx';

interface Group {
  readonly name: string;
  readonly colour: string;
  readonly counts: Numbers;
}

export interface BarsProps {
  readonly label: string;
  /** Buckets of time, and counts per field of numbers, stacked from the bottom in their order. */
  readonly frame: Frame;
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  readonly height?: number;
  readonly onZoom: (fromMs: number, toMs: number) => void;
}

export function Bars({ label, frame, fromMs, toMs, nowMs, height = 92, onZoom }: BarsProps) {
  const { tokens } = useTheme();
  const grid = useMemo(() => gridOf(frame), [frame]);
  const groups = useMemo<readonly Group[]>(
    () =>
      numberFields(frame).map(({ name, values, tone }, series) => ({
        name,
        colour: toneColour(tone ?? { series }, tokens),
        counts: values,
      })),
    [frame, tokens],
  );
  /** A time, and not a bucket: the answer to another range has other buckets. */
  const [hover, setHover] = useState<{ timeMs: number; x: number }>();
  /** The time under the pointer; a click can come before the tip is drawn. */
  const under = useRef<number>(undefined);
  const hovered = bucketOf(grid, hover?.timeMs);
  const draw = useCallback<Draw>(
    (context, size) => {
      const plotWidth = size.width - PLOT_LEFT - PLOT_RIGHT;
      const plotHeight = size.height - PLOT_TOP - PLOT_BOTTOM;
      const max = Math.max(1, ...bucketTotals(grid.count, groups));
      drawTimeAxis(context, size, fromMs, toMs, tokens);
      const y = (count: number): number => PLOT_TOP + plotHeight * (1 - count / (max * 1.05));
      // There is no half of a thing.
      for (const tick of linearTicks(max, 3).filter(Number.isInteger))
        drawValueTick(context, size.width, y(tick), formatCompact(tick), tokens);
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
        const bucket = bucketOf(grid, under.current);
        if (bucket === undefined) return;
        const startMs = grid.startMs + bucket * grid.stepMs;
        onZoom(startMs, startMs + grid.stepMs);
      }}
      onHover={(x, _y, timeMs) => {
        under.current = timeMs;
        setHover({ timeMs, x });
      }}
      onLeave={() => setHover(undefined)}
    >
      {hover && hovered !== undefined ? <BarsTip grid={grid} groups={groups} bucket={hovered} x={hover.x} /> : null}
    </TimePlot>
  );
}

function BarsTip({
  grid,
  groups,
  bucket,
  x,
}: {
  readonly grid: TimeGrid;
  readonly groups: readonly Group[];
  readonly bucket: number;
  readonly x: number;
}) {
  const startMs = grid.startMs + bucket * grid.stepMs;
  return (
    <Tip x={x}>
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
    </Tip>
  );
}

function bucketTotals(count: number, groups: readonly Group[]): number[] {
  const totals = new Array<number>(count).fill(0);
  for (const { counts } of groups) for (let i = 0; i < count; i++) totals[i]! += counts[i] ?? 0;
  return totals;
}
