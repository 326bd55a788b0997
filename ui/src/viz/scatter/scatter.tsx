/**
 * Items by time and duration. A dragged box narrows both; a click opens the nearest point. Duration is on a log scale,
 * so that the slow tail and the bulk are both readable.
 */
import { useCallback, useMemo, useState } from 'react';
import { formatDuration, tickText } from '../../lib/format.ts';
import { type Frame, fieldOf } from '../../lib/frame.ts';
import { type ThemeTokens, useTheme } from '../../lib/theme.tsx';
import { logTicks } from '../../lib/ticks.ts';
import { type Draw, type Size, useSize } from '../../widgets/canvas.tsx';
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

interface ScatterPoint {
  readonly key: string;
  readonly timeMs: number;
  readonly durationNs: number;
  readonly failed: boolean;
  readonly size: number;
}

interface ScatterSelection {
  readonly fromMs: number;
  readonly toMs: number;
  readonly minNs: number;
  readonly maxNs: number;
}

export interface ScatterProps {
  readonly label: string;
  /** Fields `key`, `time`, `duration`, `errors` (above zero: failed) and `spans`, the size. */
  readonly frame: Frame;
  readonly fromMs: number;
  readonly toMs: number;
  readonly height?: number;
  readonly onSelect?: (selection: ScatterSelection) => void;
  readonly onOpen?: (key: string) => void;
  /** What is shown at the pointer. Absent: the duration. */
  readonly describe?: (key: string) => React.ReactNode;
  readonly highlighted?: string | undefined;
  /** Points before this time were cut off by a limit; that part is veiled and says so. */
  readonly cutBeforeMs?: number | undefined;
}

const NEAR_PX = 10;

export function Scatter(props: ScatterProps) {
  const { label, frame, fromMs, toMs, height = 190, onSelect, onOpen, describe, highlighted, cutBeforeMs } = props;
  const { tokens } = useTheme();
  const points = useMemo(() => pointsOf(frame), [frame]);
  const [hover, setHover] = useState<{ key: string; x: number }>();
  const [minNs, maxNs] = useMemo(() => durationBounds(points), [points]);
  const place = useCallback(
    (point: ScatterPoint, size: Size) => pointPlace(point, size, { fromMs, toMs, minNs, maxNs }),
    [fromMs, toMs, minNs, maxNs],
  );
  const [plot] = useState(() => ({ current: null as HTMLElement | null }));
  const size = useSize(plot);

  const draw = useCallback<Draw>(
    (context, canvasSize) => {
      drawTimeAxis(context, canvasSize, fromMs, toMs, tokens);
      for (const tick of logTicks(minNs, maxNs)) {
        const y = pointPlace({ timeMs: fromMs, durationNs: tick }, canvasSize, { fromMs, toMs, minNs, maxNs }).y;
        drawValueTick(context, canvasSize.width, y, tickText(formatDuration(tick)), tokens);
      }
      if (cutBeforeMs !== undefined)
        drawCut(
          context,
          canvasSize,
          ((cutBeforeMs - fromMs) / (toMs - fromMs)) * (canvasSize.width - PLOT_LEFT - PLOT_RIGHT),
          tokens,
        );
      // Failures last, on top: they are few and they matter.
      for (const failed of [false, true]) {
        context.fillStyle = failed ? tokens.error : tokens.accent;
        context.globalAlpha = failed ? 0.9 : 0.5;
        for (const point of points) {
          if (point.failed !== failed) continue;
          const { x, y } = place(point, canvasSize);
          const radius = Math.min(5, 1.8 + Math.log10(point.size + 1));
          context.beginPath();
          // A failure is a diamond as well as red, for eyes that do not tell red apart.
          if (failed) {
            context.moveTo(x, y - radius - 1);
            context.lineTo(x + radius + 1, y);
            context.lineTo(x, y + radius + 1);
            context.lineTo(x - radius - 1, y);
          } else context.arc(x, y, radius, 0, 7);
          context.fill();
        }
      }
      context.globalAlpha = 1;
      const marked = points.find(({ key }) => key === (hover?.key ?? highlighted));
      if (marked) {
        const { x, y } = place(marked, canvasSize);
        context.strokeStyle = tokens.text;
        context.lineWidth = 1.5;
        context.beginPath();
        context.arc(x, y, 7, 0, 7);
        context.stroke();
      }
    },
    [points, fromMs, toMs, minNs, maxNs, tokens, place, hover, highlighted, cutBeforeMs],
  );

  const nearest = (x: number, y: number): ScatterPoint | undefined =>
    nearestPoint(points, (point) => place(point, size), x, y);
  return (
    <div
      ref={(element) => {
        plot.current = element;
      }}
      className={hover ? 'scatter pointing' : 'scatter'}
    >
      <TimePlot
        label={label}
        height={height}
        fromMs={fromMs}
        toMs={toMs}
        draw={draw}
        drag="box"
        onDrag={(box) => {
          const [from, to] = dragTimes(box, size.width, fromMs, toMs);
          const nsAt = (y: number): number => durationAt(y, size.height, minNs, maxNs);
          onSelect?.({ fromMs: from, toMs: to, minNs: Math.floor(nsAt(box.y1)), maxNs: Math.ceil(nsAt(box.y0)) });
        }}
        onClick={(x, y) => {
          const point = nearest(x, y);
          if (point) onOpen?.(point.key);
        }}
        onHover={(x, y) => {
          const point = nearest(x, y);
          setHover(point ? { key: point.key, x } : undefined);
        }}
        onLeave={() => setHover(undefined)}
      >
        {hover ? (
          <Tip x={hover.x}>
            {describe
              ? describe(hover.key)
              : formatDuration(points.find(({ key }) => key === hover.key)?.durationNs ?? null)}
          </Tip>
        ) : null}
      </TimePlot>
    </div>
  );
}

function pointsOf(frame: Frame): readonly ScatterPoint[] {
  const times = fieldOf(frame, 'time', 'time').values;
  const [durations, errors, sizes] = ['duration', 'errors', 'spans'].map(
    (name) => fieldOf(frame, name, 'number').values,
  );
  return fieldOf(frame, 'key', 'text').values.map((key, row) => ({
    key,
    timeMs: times[row]!,
    durationNs: durations![row] ?? 0,
    failed: (errors![row] ?? 0) > 0,
    size: sizes![row] ?? 0,
  }));
}

/** Veils what a limit left out, `width` pixels from the left. */
function drawCut(context: CanvasRenderingContext2D, size: Size, width: number, tokens: ThemeTokens): void {
  if (width < 2) return;
  const height = size.height - PLOT_TOP - PLOT_BOTTOM;
  context.fillStyle = tokens.panel;
  context.fillRect(PLOT_LEFT, PLOT_TOP, width, height);
  if (width < 190) return;
  context.fillStyle = tokens.muted;
  context.font = `11px ${tokens.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText('earlier traces are not loaded', PLOT_LEFT + width / 2, PLOT_TOP + height / 2);
}

interface PlotRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly minNs: number;
  readonly maxNs: number;
}

function pointPlace(
  point: { timeMs: number; durationNs: number },
  size: Size,
  range: PlotRange,
): { x: number; y: number } {
  const plotWidth = size.width - PLOT_LEFT - PLOT_RIGHT;
  const plotHeight = size.height - PLOT_TOP - PLOT_BOTTOM;
  const share = Math.log(Math.max(point.durationNs, range.minNs) / range.minNs) / Math.log(range.maxNs / range.minNs);
  return {
    x: PLOT_LEFT + ((point.timeMs - range.fromMs) / (range.toMs - range.fromMs)) * plotWidth,
    y: PLOT_TOP + plotHeight * (1 - share),
  };
}

/** The duration at a height of the plot; the edges reach a little further, so that a full box leaves nothing out. */
function durationAt(y: number, height: number, minNs: number, maxNs: number): number {
  const share = 1 - (y - PLOT_TOP) / (height - PLOT_TOP - PLOT_BOTTOM);
  return minNs * (maxNs / minNs) ** Math.min(1, Math.max(0, share));
}

function durationBounds(points: readonly ScatterPoint[]): [number, number] {
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  for (const { durationNs } of points) {
    if (durationNs > 0 && durationNs < min) min = durationNs;
    if (durationNs > max) max = durationNs;
  }
  if (max === 0) return [1e6, 1e9];
  return [Math.max(1e3, min / 1.4), Math.max(max * 1.4, min * 10)];
}

function nearestPoint(
  points: readonly ScatterPoint[],
  place: (point: ScatterPoint) => { x: number; y: number },
  x: number,
  y: number,
): ScatterPoint | undefined {
  let best: ScatterPoint | undefined;
  let bestDistance = NEAR_PX ** 2;
  for (const point of points) {
    const at = place(point);
    const distance = (at.x - x) ** 2 + (at.y - y) ** 2 - (point.failed ? 4 : 0);
    if (distance >= bestDistance) continue;
    bestDistance = distance;
    best = point;
  }
  return best;
}
