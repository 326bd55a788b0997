/** What state each of several things was in over time: a band per thing, in the colours of its states. */
import { useCallback, useMemo, useState } from 'react';
import type { TimeGrid } from '#api/types.ts';
import { cutText } from '../../lib/cut-text.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { formatClock } from '../../lib/format.ts';
import { bucketOf, type EnumField, type Frame, gridOf } from '../../lib/frame.ts';
import { useTheme } from '../../lib/theme.tsx';
import type { Draw } from '../../widgets/canvas.tsx';
import { dragTimes, drawTimeAxis, PLOT_BOTTOM, PLOT_RIGHT, PLOT_TOP, TimePlot } from '../../widgets/time-plot.tsx';
import { Tip } from '../../widgets/tip.tsx';

export interface StatesProps {
  readonly label: string;
  /** Buckets of time, and for each thing a field of the states that it can be in; an empty text is none. */
  readonly frame: Frame;
  /** CSS, for each field one per text. */
  readonly colours: readonly (readonly string[])[];
  /** Each bucket is a cell of its own; else what stays the same is one band. */
  readonly isCells: boolean;
  readonly writesStates: boolean;
  /** How much of its line a band takes, 0 to 1. */
  readonly thickness: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly height: number;
  readonly onZoom: (fromMs: number, toMs: number) => void;
  readonly onPoint?: (fromMs: number, toMs: number) => void;
}

const CHARACTER_PX = 6.2;
/** Names take no more than this share of a screen. */
const NAME_SHARE = 0.24;
/** More can't be told apart. */
const LEAST_ROW_PX = 6;

/** A part of a band: buckets [from, to) in one state. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly index: number;
}

export function States(props: StatesProps) {
  const { label, frame, colours, isCells, writesStates, thickness, fromMs, toMs, height, onZoom, onPoint } = props;
  const { tokens } = useTheme();
  const grid = useMemo(() => gridOf(frame), [frame]);
  const rows = useMemo(() => frame.fields.filter((field) => field.type === 'enum'), [frame]);
  const runs = useMemo(() => rows.map((row) => (isCells ? cellsOf(row) : runsOf(row))), [rows, isCells]);
  const [hover, setHover] = useState<{ x: number; row: number; timeMs: number }>();
  const left = Math.min(
    window.innerWidth * NAME_SHARE,
    Math.max(30, ...rows.map(({ name }) => name.length * CHARACTER_PX + 16)),
  );
  const rowHeight = Math.max(LEAST_ROW_PX, (height - PLOT_TOP - PLOT_BOTTOM) / Math.max(1, rows.length));

  const draw = useCallback<Draw>(
    (context, size) => {
      drawTimeAxis(context, size, fromMs, toMs, tokens, left);
      const width = size.width - left - PLOT_RIGHT;
      const xOf = (bucket: number): number => {
        const at = left + ((grid.startMs + bucket * grid.stepMs - fromMs) / (toMs - fromMs)) * width;
        return Math.min(left + width, Math.max(left, at));
      };
      context.font = `11px ${tokens.font}`;
      context.textBaseline = 'middle';
      for (const [row, { name, texts }] of rows.entries()) {
        const top = PLOT_TOP + row * rowHeight;
        context.textAlign = 'right';
        context.fillStyle = tokens.muted;
        if (rowHeight >= 11)
          context.fillText(cutText(context, visibleText(name), left - 12), left - 8, top + rowHeight / 2);
        const bandHeight = Math.max(2, rowHeight * thickness - 1);
        const bandTop = top + (rowHeight - bandHeight) / 2;
        context.textAlign = 'left';
        for (const { from, to, index } of runs[row]!) {
          const x0 = xOf(from);
          const x1 = xOf(to);
          if (x1 <= x0 || texts[index] === '') continue;
          const bandWidth = Math.max(1, x1 - x0 - (x1 - x0 > 3 ? 1 : 0));
          context.globalAlpha = 0.72;
          context.fillStyle = colours[row]![index]!;
          context.fillRect(x0, bandTop, bandWidth, bandHeight);
          context.globalAlpha = 1;
          if (!writesStates || bandHeight < 12) continue;
          const text = visibleText(texts[index]!);
          if (context.measureText(text).width + 8 > bandWidth) continue;
          context.fillStyle = tokens.text;
          context.fillText(text, x0 + 4, bandTop + bandHeight / 2);
        }
      }
    },
    [rows, runs, colours, grid, fromMs, toMs, tokens, left, rowHeight, thickness, writesStates],
  );
  const pointed = hover ? rows[hover.row] : undefined;
  const bucket = bucketOf(grid, hover?.timeMs);
  const run =
    hover && bucket !== undefined ? runs[hover.row]?.find(({ from, to }) => bucket >= from && bucket < to) : undefined;
  return (
    <TimePlot
      label={`${visibleText(label)}: ${rows.map(({ name }) => visibleText(name)).join(', ')}`}
      height={Math.max(height, rows.length * LEAST_ROW_PX + PLOT_TOP + PLOT_BOTTOM)}
      fromMs={fromMs}
      toMs={toMs}
      left={left}
      draw={draw}
      drag="time"
      onDrag={(box, size) => onZoom(...dragTimes(box, size.width, fromMs, toMs, left))}
      onClick={() => {
        if (bucket !== undefined) onPoint?.(...timesOf(grid, { from: bucket, to: bucket + 1 }));
      }}
      onHover={(x, y, timeMs) => {
        const row = Math.floor((y - PLOT_TOP) / rowHeight);
        setHover(row >= 0 && row < rows.length ? { x, row, timeMs } : undefined);
      }}
      onLeave={() => setHover(undefined)}
    >
      {hover && pointed && run && pointed.texts[run.index] !== '' ? (
        <Tip x={hover.x}>
          <div className="muted">
            {timesOf(grid, run)
              .map((at) => formatClock(at))
              .join(' – ')}
          </div>
          <div className="tip-row">
            <i className="swatch" style={{ background: colours[hover.row]![run.index] }} />
            {visibleText(pointed.name)}
            <b>{visibleText(pointed.texts[run.index]!)}</b>
          </div>
        </Tip>
      ) : null}
    </TimePlot>
  );
}

function timesOf({ startMs, stepMs }: TimeGrid, { from, to }: Pick<Run, 'from' | 'to'>): [number, number] {
  return [startMs + from * stepMs, startMs + to * stepMs];
}

function runsOf({ indices }: EnumField): readonly Run[] {
  const runs: Run[] = [];
  let from = 0;
  for (let i = 1; i <= indices.length; i++) {
    if (i < indices.length && indices[i] === indices[from]) continue;
    runs.push({ from, to: i, index: indices[from]! });
    from = i;
  }
  return runs;
}

function cellsOf({ indices }: EnumField): readonly Run[] {
  return indices.map((index, from) => ({ from, to: from + 1, index }));
}
