/** Counts by time and bucket: where the values lie, and how that changes. The stronger the colour, the more values. */
import { useCallback, useMemo, useState } from 'react';
import { formatClock, formatCount } from '../../lib/format.ts';
import { type Frame, gridOf, type NumberField, numberFields } from '../../lib/frame.ts';
import { useTheme } from '../../lib/theme.tsx';
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
import { tipPlace } from '../../widgets/tip.ts';

export interface HeatmapProps {
  readonly label: string;
  /** Buckets of time, and a field per bucket of values, from the smallest to the largest, named by its upper bound. */
  readonly frame: Frame;
  readonly fromMs: number;
  readonly toMs: number;
  readonly height?: number;
  readonly onZoom: (fromMs: number, toMs: number) => void;
}

const MIN_ALPHA = 0.12;
const LABEL_SPACE_PX = 22;

export function Heatmap({ label, frame, fromMs, toMs, height = 320, onZoom }: HeatmapProps) {
  const { tokens } = useTheme();
  const [hover, setHover] = useState<{ x: number; bucket: number; row: number }>();
  const grid = useMemo(() => gridOf(frame), [frame]);
  const rows = useMemo(() => trimEmpty(numberFields(frame)), [frame]);
  const rowHeight = (height - PLOT_TOP - PLOT_BOTTOM) / Math.max(1, rows.length);

  const draw = useCallback<Draw>(
    (context, size) => {
      drawTimeAxis(context, size, fromMs, toMs, tokens);
      const plotWidth = size.width - PLOT_LEFT - PLOT_RIGHT;
      const perMs = plotWidth / (toMs - fromMs);
      const most = Math.max(1, ...rows.map(({ values }) => largest(values)));
      const labelEvery = Math.ceil(LABEL_SPACE_PX / rowHeight);
      rows.forEach(({ name, values }, row) => {
        const top = size.height - PLOT_BOTTOM - (row + 1) * rowHeight;
        if (row % labelEvery === 0) drawValueTick(context, size.width, top, name, tokens);
        context.fillStyle = tokens.accent;
        values.forEach((count, i) => {
          if (!count) return;
          const startMs = grid.startMs + i * grid.stepMs;
          const x0 = Math.max(PLOT_LEFT, PLOT_LEFT + (startMs - fromMs) * perMs);
          const x1 = Math.min(PLOT_LEFT + plotWidth, PLOT_LEFT + (startMs + grid.stepMs - fromMs) * perMs);
          if (x1 <= x0) return;
          // Logarithmic: a handful of slow requests must be seen beside thousands of fast ones.
          context.globalAlpha = MIN_ALPHA + (1 - MIN_ALPHA) * (Math.log1p(count) / Math.log1p(most));
          context.fillRect(x0, top + 0.5, Math.max(1, x1 - x0), Math.max(1, rowHeight - 1));
        });
        context.globalAlpha = 1;
      });
    },
    [rows, grid, fromMs, toMs, tokens, rowHeight],
  );

  const hovered = hover ? rows[hover.row] : undefined;
  return (
    <TimePlot
      label={label}
      height={height}
      fromMs={fromMs}
      toMs={toMs}
      draw={draw}
      drag="time"
      onDrag={(box, size) => onZoom(...dragTimes(box, size.width, fromMs, toMs))}
      onHover={(x, y, timeMs) => {
        const bucket = Math.floor((timeMs - grid.startMs) / grid.stepMs);
        const row = Math.floor((height - PLOT_BOTTOM - y) / rowHeight);
        setHover(bucket >= 0 && bucket < grid.count && row >= 0 && row < rows.length ? { x, bucket, row } : undefined);
      }}
      onLeave={() => setHover(undefined)}
    >
      {hover && hovered ? (
        <div className="tip" style={tipPlace(hover.x)}>
          <div className="muted">{formatClock(grid.startMs + hover.bucket * grid.stepMs)}</div>
          <div className="tip-row">
            {rows[hover.row - 1] ? `${rows[hover.row - 1]!.name} to ` : 'up to '}
            {hovered.name}
            <b>{formatCount(hovered.values[hover.bucket] ?? 0)}</b>
          </div>
        </div>
      ) : null}
    </TimePlot>
  );
}

/** Leaves out the rows without any value at both ends. */
function trimEmpty(rows: readonly NumberField[]): readonly NumberField[] {
  const filled = rows.map(({ values }) => largest(values) > 0);
  const first = filled.indexOf(true);
  return first < 0 ? rows : rows.slice(first, filled.lastIndexOf(true) + 1);
}

function largest(values: NumberField['values']): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}
