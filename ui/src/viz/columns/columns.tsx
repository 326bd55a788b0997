/** Values of things side by side: columns, or bars that lie. Where they touch, the things are ranges that follow each other, as those of a histogram. */
import { useCallback, useMemo, useRef, useState } from 'react';
import { cutText } from '../../lib/cut-text.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { ABSENT, tickText } from '../../lib/format.ts';
import { type Frame, fieldOf, formatOf, type NumberField, numberFields } from '../../lib/frame.ts';
import { type ThemeTokens, useTheme } from '../../lib/theme.tsx';
import { linearTicks } from '../../lib/ticks.ts';
import { toneColour } from '../../lib/tone.ts';
import { type Draw, type Size, useDraw, useSize } from '../../widgets/canvas.tsx';
import { Tip } from '../../widgets/tip.tsx';

export interface ColumnsProps {
  readonly label: string;
  /** `name` (text) and a field of numbers for each colour. */
  readonly frame: Frame;
  readonly isLying?: boolean;
  readonly isStacked?: boolean;
  readonly isTouching?: boolean;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const AXIS_LEFT = 56;
const AXIS_BOTTOM = 18;
const TOP = 6;
const RIGHT = 12;
/** Of a character. */
const CHARACTER_PX = 6.6;
const GROUP_GAP = 0.18;

export function Columns({ label, frame, isLying = false, isStacked = false, isTouching = false }: ColumnsProps) {
  const { tokens } = useTheme();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(box);
  const [hover, setHover] = useState<{ x: number; row: number }>();
  const names = fieldOf(frame, 'name', 'text').values;
  const fields = useMemo(() => numberFields(frame), [frame]);
  const draw = useCallback<Draw>(
    (context, at) => drawColumns(context, at, { names, fields, isLying, isStacked, isTouching, tokens }),
    [names, fields, isLying, isStacked, isTouching, tokens],
  );
  useDraw(canvas, size, draw);
  const rowAt = (x: number, y: number): number => {
    const plot = plotOf(size, names, isLying);
    const share = isLying ? (y - plot.top) / plot.height : (x - plot.left) / plot.width;
    return Math.floor(share * frame.length);
  };
  const row = hover?.row ?? -1;
  return (
    <div className="columns-box">
      <div
        className="columns-plot"
        ref={box}
        onPointerMove={(event) => {
          const rect = event.currentTarget.getBoundingClientRect();
          const x = event.clientX - rect.left;
          const found = rowAt(x, event.clientY - rect.top);
          setHover(found >= 0 && found < frame.length ? { x, row: found } : undefined);
        }}
        onPointerLeave={() => setHover(undefined)}
      >
        <canvas ref={canvas} role="img" aria-label={spoken(label, names, fields)} />
        {hover && row >= 0 ? (
          <Tip x={hover.x}>
            <div className="muted">{visibleText(names[row]!)}</div>
            {fields.map((field, series) => (
              <div key={field.name} className="tip-row">
                <i className="swatch" style={{ background: toneColour(field.tone ?? { series }, tokens) }} />
                {visibleText(field.name)}
                <b>{written(field, row)}</b>
              </div>
            ))}
          </Tip>
        ) : null}
      </div>
      {fields.length > 1 ? (
        <div className="legend legend-inline">
          {fields.map((field, series) => (
            <span key={field.name} className="legend-row">
              <i className="swatch" style={{ background: toneColour(field.tone ?? { series }, tokens) }} />
              <span className="truncate legend-label">{visibleText(field.name)}</span>
            </span>
          ))}
        </div>
      ) : null}
    </div>
  );
}

const SPOKEN_ROWS = 12;

function spoken(label: string, names: readonly string[], fields: readonly NumberField[]): string {
  const rows = names
    .slice(0, SPOKEN_ROWS)
    .map((name, row) => `${visibleText(name)} ${fields.map((field) => written(field, row)).join(', ')}`);
  return `${visibleText(label)}: ${rows.join('; ')}`;
}

function written(field: NumberField, row: number): string {
  const value = field.values[row];
  return value === null || value === undefined ? ABSENT : visibleText(formatOf(field).format(value));
}

/** Lying bars have their names at the left, which takes what the longest needs. */
function plotOf(size: Size, names: readonly string[], isLying: boolean): Box {
  const longest = Math.max(0, ...names.map(({ length }) => length)) * CHARACTER_PX + 20;
  const left = isLying ? Math.min(size.width * 0.4, Math.max(30, longest)) : AXIS_LEFT;
  return {
    left,
    top: TOP,
    width: Math.max(1, size.width - left - RIGHT),
    height: Math.max(1, size.height - TOP - AXIS_BOTTOM),
  };
}

interface Drawn extends Required<Pick<ColumnsProps, 'isLying' | 'isStacked' | 'isTouching'>> {
  readonly names: readonly string[];
  readonly fields: readonly NumberField[];
  readonly tokens: ThemeTokens;
}

function drawColumns(context: CanvasRenderingContext2D, size: Size, drawn: Drawn): void {
  const { names, fields, isLying, isStacked, isTouching, tokens } = drawn;
  const plot = plotOf(size, names, isLying);
  const { most, least } = endsOf(fields, names.length, isStacked);
  const along = isLying ? plot.width : plot.height;
  const placeOf = (value: number): number => ((value - least) / (most - least || 1)) * along;
  context.font = `11px ${tokens.font}`;
  context.lineWidth = 1;
  drawValueAxis(context, plot, { placeOf, most, isLying, tokens, field: fields[0] });
  const room = (isLying ? plot.height : plot.width) / Math.max(1, names.length);
  const gap = isTouching ? Math.min(1, room * 0.1) : room * GROUP_GAP;
  const each = isStacked ? room - gap : (room - gap) / Math.max(1, fields.length);
  for (let row = 0; row < names.length; row++) {
    let [up, down] = [0, 0];
    for (const [series, field] of fields.entries()) {
      const value = field.values[row];
      if (value === null || value === undefined) continue;
      const base = isStacked ? (value < 0 ? down : up) : 0;
      if (value < 0) down += value;
      else up += value;
      const [a, b] = [placeOf(base), placeOf(base + value)];
      const start = row * room + gap / 2 + (isStacked ? 0 : series * each);
      context.fillStyle = toneColour(field.tone ?? { series }, tokens);
      const length = Math.max(value === 0 ? 0 : 1, Math.abs(b - a));
      if (isLying) context.fillRect(plot.left + Math.min(a, b), plot.top + start, length, Math.max(1, each));
      else
        context.fillRect(
          plot.left + start,
          plot.top + plot.height - Math.max(a, b, Math.min(a, b) + length),
          Math.max(1, each),
          length,
        );
    }
  }
  drawNames(context, plot, { names, room, isLying, isTouching, tokens });
}

function endsOf(fields: readonly NumberField[], count: number, isStacked: boolean): { most: number; least: number } {
  let [most, least] = [0, 0];
  for (let row = 0; row < count; row++) {
    let [up, down] = [0, 0];
    for (const { values } of fields) {
      const value = values[row] ?? 0;
      if (isStacked) {
        if (value < 0) down += value;
        else up += value;
      } else {
        up = Math.max(up, value);
        down = Math.min(down, value);
      }
    }
    most = Math.max(most, up);
    least = Math.min(least, down);
  }
  return { most: most === 0 && least === 0 ? 1 : most * 1.05, least: least * 1.05 };
}

interface ValueAxis {
  readonly placeOf: (value: number) => number;
  readonly most: number;
  readonly isLying: boolean;
  readonly tokens: ThemeTokens;
  readonly field: NumberField | undefined;
}

function drawValueAxis(context: CanvasRenderingContext2D, plot: Box, axis: ValueAxis): void {
  const { placeOf, most, isLying, tokens, field } = axis;
  const write = field === undefined ? String : formatOf(field).tick;
  const ticks = linearTicks(most, Math.max(2, (isLying ? plot.width / 90 : plot.height / 44) | 0)).filter(
    (tick) => tick <= most,
  );
  context.strokeStyle = tokens.line;
  context.fillStyle = tokens.muted;
  for (const tick of ticks) {
    const text = tickText(write(tick));
    context.beginPath();
    if (isLying) {
      const x = Math.round(plot.left + placeOf(tick)) + 0.5;
      context.moveTo(x, plot.top);
      context.lineTo(x, plot.top + plot.height);
      context.textAlign = 'center';
      context.textBaseline = 'alphabetic';
      context.fillText(text, x, plot.top + plot.height + AXIS_BOTTOM - 5);
    } else {
      const y = Math.round(plot.top + plot.height - placeOf(tick)) + 0.5;
      context.moveTo(plot.left, y);
      context.lineTo(plot.left + plot.width, y);
      context.textAlign = 'right';
      context.textBaseline = 'middle';
      context.fillText(text, plot.left - 8, y);
    }
    context.stroke();
  }
}

interface NameAxis {
  readonly names: readonly string[];
  /** Of one thing, in pixels. */
  readonly room: number;
  readonly isLying: boolean;
  readonly isTouching: boolean;
  readonly tokens: ThemeTokens;
}

/** As many names as have room; of ranges that touch, where each begins. */
function drawNames(context: CanvasRenderingContext2D, plot: Box, axis: NameAxis): void {
  const { names, room, isLying, isTouching, tokens } = axis;
  context.fillStyle = tokens.muted;
  context.textBaseline = isLying ? 'middle' : 'alphabetic';
  context.textAlign = isLying ? 'right' : 'center';
  const longest = Math.max(1, ...names.map(({ length }) => Math.min(length, 18))) * CHARACTER_PX + 10;
  const every = Math.max(1, Math.ceil((isLying ? 13 : longest) / room));
  for (let row = 0; row < names.length; row += every) {
    const space = isLying ? plot.left - 10 : room * every - 6;
    const text = cutText(context, visibleText(names[row]!), space);
    if (isLying) context.fillText(text, plot.left - 8, plot.top + (row + 0.5) * room);
    else
      context.fillText(
        text,
        plot.left + (row + (isTouching ? 0 : 0.5)) * room,
        plot.top + plot.height + AXIS_BOTTOM - 5,
      );
  }
}
