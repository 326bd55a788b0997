/** What stands beside the pointer over a chart: the time and the value of the line that is nearest, and the event there. */
import { type RefObject, useLayoutEffect, useState } from 'react';
import uPlot from 'uplot';
import type { TimeGrid } from '#api/types.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { formatClock, formatDateTime } from '../../lib/format.ts';
import { isPartial } from '../../lib/frame.ts';
import { Tip } from '../../widgets/tip.tsx';
import type { Line } from './lines.ts';
import { type ChartEvent, eventAt, nearestLine } from './overlays.ts';

export interface Pointed {
  readonly x: number;
  readonly event: ChartEvent | undefined;
  readonly at: PointedValue | undefined;
}

interface PointedValue {
  readonly line: Line;
  readonly index: number;
  readonly timeMs: number;
  readonly isFilling: boolean;
}

interface Shown {
  readonly events: readonly ChartEvent[];
  readonly lines: readonly Line[];
  readonly grid: TimeGrid;
  readonly nowMs: number;
}

export function pointedAt(chart: uPlot, { events, lines, grid, nowMs }: Shown): Pointed | undefined {
  const { left = -1, top = -1, idx: index } = chart.cursor;
  if (left < 0) return undefined;
  const event = eventAt(chart, events, left);
  const line = typeof index === 'number' ? nearestLine(chart, lines, index, top) : undefined;
  const isFilling = isPartial(grid, nowMs) && index === grid.count - 1;
  const at =
    line === undefined || typeof index !== 'number'
      ? undefined
      : { line, index, timeMs: grid.startMs + index * grid.stepMs, isFilling };
  if (event === undefined && at === undefined) return undefined;
  return { x: left + chart.bbox.left / uPlot.pxRatio, event, at };
}

interface PointTipProps {
  readonly latest: RefObject<{ onTip: (pointed: Pointed | undefined) => void }>;
}

/** Apart from the plot, which is not rendered anew with each move of the pointer. */
export function PointTip({ latest }: PointTipProps) {
  const [pointed, setPointed] = useState<Pointed>();
  useLayoutEffect(() => {
    latest.current.onTip = setPointed;
  }, [latest]);
  if (pointed === undefined) return null;
  const { x, event, at } = pointed;
  return (
    <Tip x={x}>
      {at === undefined ? null : <ValueRows {...at} />}
      {event === undefined ? null : <EventRows event={event} />}
    </Tip>
  );
}

function ValueRows({ line, index, timeMs, isFilling }: PointedValue) {
  const value = (line.own ?? line.values)[index];
  return (
    <>
      <div className="muted">
        {formatDateTime(timeMs)}
        {isFilling ? ' so far' : ''}
      </div>
      <div className="tip-row">
        <i className="swatch" style={{ background: line.colour }} />
        <span className="truncate">{line.label}</span>
        <b>{typeof value === 'number' ? line.format(value) : ''}</b>
      </div>
    </>
  );
}

function EventRows({ event: { timeMs, endMs, colour, title, text } }: { readonly event: ChartEvent }) {
  return (
    <>
      <div className="muted">
        {[timeMs, ...(endMs > timeMs ? [endMs] : [])].map((at) => formatClock(at)).join(' – ')}
      </div>
      <div className="tip-row">
        <i className="swatch" style={{ background: colour }} />
        {visibleText(title)}
      </div>
      {text === '' ? null : <div className="tip-text">{visibleText(text)}</div>}
    </>
  );
}
