/**
 * The box that histogram and scatter share: a canvas with a time axis, the common crosshair, and dragging.
 * The left margin is the same in both, so that charts above each other line up.
 */
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { publishCrosshair, useCrosshair } from '../lib/crosshair.ts';
import { formatAxisTime } from '../lib/format.ts';
import type { ThemeTokens } from '../lib/theme.tsx';
import { timeTicks } from '../lib/ticks.ts';
import { type DragBox, type Draw, useDrag, useDraw, useSize } from './canvas.tsx';

export const PLOT_LEFT = 56;
export const PLOT_RIGHT = 12;
export const PLOT_TOP = 6;
export const PLOT_BOTTOM = 18;

interface TimePlotProps {
  readonly label: string;
  readonly height: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Of the plot, where names stand before it. */
  readonly left?: number;
  readonly draw: Draw;
  /** `time` drags a full-height band, `box` a free box. */
  readonly drag: 'time' | 'box';
  readonly onDrag: (box: DragBox, size: { width: number; height: number }) => void;
  /** `width` is that of the whole box. */
  readonly onClick?: (x: number, y: number, width: number) => void;
  /** Also called when another range comes under a pointer that rests. */
  readonly onHover?: (x: number, y: number, timeMs: number) => void;
  readonly onLeave?: () => void;
  readonly children?: ReactNode;
}

export function TimePlot(props: TimePlotProps) {
  const { label, height, fromMs, toMs, left = PLOT_LEFT, draw, drag, onDrag, onClick, onHover, onLeave } = props;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const line = useRef<HTMLDivElement>(null);
  const [self] = useState(() => ({}));
  const size = useSize(box);
  useDraw(canvas, size, draw);
  const dragged = useDrag(box, {
    onDone: (done) => onDrag(done, size),
    ...(onClick ? { onClick: (x: number, y: number) => onClick(x, y, size.width) } : {}),
  });
  const plotWidth = size.width - left - PLOT_RIGHT;

  const showLine = useCallback(
    (timeMs: number | undefined) => {
      if (!line.current) return;
      const x = timeMs === undefined ? -1 : left + ((timeMs - fromMs) / (toMs - fromMs)) * plotWidth;
      const visible = x >= left && x <= left + plotWidth;
      line.current.style.transform = `translateX(${x}px)`;
      line.current.style.visibility = visible ? 'visible' : 'hidden';
    },
    [fromMs, toMs, left, plotWidth],
  );
  useCrosshair(showLine);

  const pointer = useRef<{ x: number; y: number }>(undefined);
  const point = (): void => {
    if (pointer.current === undefined) return;
    const { x, y } = pointer.current;
    const timeMs = fromMs + ((x - left) / plotWidth) * (toMs - fromMs);
    publishCrosshair(timeMs, self);
    onHover?.(x, y, timeMs);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the functions are new at each drawing; what moves the times under the pointer is this
  useEffect(point, [fromMs, toMs, left, plotWidth]);

  return (
    <div
      className="time-plot"
      ref={box}
      style={{ height }}
      onPointerMove={(event) => {
        const rect = event.currentTarget.getBoundingClientRect();
        pointer.current = { x: event.clientX - rect.left, y: event.clientY - rect.top };
        point();
      }}
      onPointerLeave={() => {
        pointer.current = undefined;
        publishCrosshair(undefined, self);
        onLeave?.();
      }}
    >
      <canvas ref={canvas} role="img" aria-label={label} />
      <div className="crosshair" ref={line} style={{ top: PLOT_TOP, bottom: PLOT_BOTTOM, visibility: 'hidden' }} />
      {dragged ? <div className="drag-box" style={dragStyle(dragged, drag, size, left)} /> : null}
      {props.children}
    </div>
  );
}

function dragStyle(box: DragBox, drag: 'time' | 'box', size: { width: number; height: number }, plotLeft: number) {
  const left = Math.max(plotLeft, box.x0);
  const width = Math.min(size.width - PLOT_RIGHT, box.x1) - left;
  if (drag === 'time') return { left, width, top: PLOT_TOP, bottom: PLOT_BOTTOM };
  const top = Math.max(PLOT_TOP, box.y0);
  return { left, width, top, height: Math.min(size.height - PLOT_BOTTOM, box.y1) - top };
}

/** Times at the edges of a dragged box. */
export function dragTimes(
  box: DragBox,
  width: number,
  fromMs: number,
  toMs: number,
  left: number = PLOT_LEFT,
): [number, number] {
  const plotWidth = width - left - PLOT_RIGHT;
  const at = (x: number): number => fromMs + Math.min(1, Math.max(0, (x - left) / plotWidth)) * (toMs - fromMs);
  return [at(box.x0), at(box.x1)];
}

/** Draws the time axis: faint lines and labels below. */
export function drawTimeAxis(
  context: CanvasRenderingContext2D,
  size: { width: number; height: number },
  fromMs: number,
  toMs: number,
  tokens: ThemeTokens,
  left: number = PLOT_LEFT,
): void {
  const plotWidth = size.width - left - PLOT_RIGHT;
  context.font = `11px ${tokens.font}`;
  context.fillStyle = tokens.muted;
  context.strokeStyle = tokens.line;
  context.lineWidth = 1;
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  for (const tick of timeTicks(fromMs, toMs, Math.max(2, plotWidth / 84))) {
    const x = Math.round(left + ((tick - fromMs) / (toMs - fromMs)) * plotWidth) + 0.5;
    context.beginPath();
    context.moveTo(x, PLOT_TOP);
    context.lineTo(x, size.height - PLOT_BOTTOM);
    context.stroke();
    const label = formatAxisTime(tick, toMs - fromMs);
    // A label that the edge would cut could be read as another time.
    if (x > left + 14 && x + context.measureText(label).width / 2 < size.width)
      context.fillText(label, x, size.height - 5);
  }
}

/** Draws one mark of the value axis: a faint line and its label at the left. */
export function drawValueTick(
  context: CanvasRenderingContext2D,
  width: number,
  y: number,
  label: string,
  tokens: ThemeTokens,
): void {
  context.font = `11px ${tokens.font}`;
  context.fillStyle = tokens.muted;
  context.strokeStyle = tokens.line;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.beginPath();
  context.moveTo(PLOT_LEFT, Math.round(y) + 0.5);
  context.lineTo(width - PLOT_RIGHT, Math.round(y) + 0.5);
  context.stroke();
  context.fillText(label, PLOT_LEFT - 8, y);
}
