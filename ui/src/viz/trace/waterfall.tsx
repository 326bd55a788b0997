/**
 * The waterfall: one line per span. The names at the left are elements (they can be read, found and selected), the
 * timeline at the right is one canvas. Both show the same window of lines and are moved in the same frame.
 */
import { memo, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { formatDuration, tickText } from '../../lib/format.ts';
import { useTheme } from '../../lib/theme.tsx';
import { rowOfSpan, spanIdOf } from '../../lib/trace-model.ts';
import { LOG_LINE } from '../../lib/waterfall-lines.ts';
import { type Draw, useDrag, useDraw, useSize } from '../../widgets/canvas.tsx';
import type { TraceView } from './view.ts';
import { drawWaterfall, gridMarks, LINE_HEIGHT, timeToX, xToTime } from './waterfall-draw.ts';
import { WaterfallLine } from './waterfall-line.tsx';

interface WaterfallProps {
  readonly view: TraceView;
  readonly nameWidth: number;
  readonly onNameWidth: (width: number) => void;
}

const WHEEL_ZOOM = 1.0015;
/** What stands above the lines, roughly. */
const ABOVE_PX = 220;
/** Names that have no more room than this need it more than the depth does. */
const NARROW_NAME_PX = 240;

export function Waterfall({ view, nameWidth, onNameWidth }: WaterfallProps) {
  const { tokens } = useTheme();
  const scroller = useRef<HTMLDivElement>(null);
  const timeline = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [scrollTop, setScrollTop] = useState(0);
  const [hoverLine, setHoverLine] = useState(-1);
  const [pointerX, setPointerX] = useState<number>();
  // The first lines come with the first drawing, not after the page was laid out once without them.
  const { height } = useSize(scroller, { width: 0, height: window.innerHeight - ABOVE_PX });
  const size = useSize(timeline);
  const { lines, viewNs, setViewNs, select, selected, scrollTarget } = view;

  const draw = useCallback<Draw>(
    (context, canvasSize) => {
      drawWaterfall(context, { view, tokens, ...canvasSize, scrollTop, hoverLine });
      if (performance.getEntriesByName('waterfall-drawn').length === 0) performance.mark('waterfall-drawn');
    },
    [view, tokens, scrollTop, hoverLine],
  );
  useDraw(canvas, size, draw);
  useSteadyScroll(scroller, view, scrollTop);
  useScrollIntoView(scroller, view, scrollTarget);

  const lineAt = (clientY: number): number => {
    const rect = scroller.current?.getBoundingClientRect();
    return rect ? Math.floor((clientY - rect.top + scrollTop) / LINE_HEIGHT) : -1;
  };
  const choose = (index: number): void => {
    const line = lines[index];
    if (line === undefined) return;
    if (line < 0) view.unfold(view.folds[-1 - line]!.firstRow);
    else if (line < LOG_LINE) select(line === selected ? -1 : line);
    else selectLogSpan(view, line - LOG_LINE);
  };
  const latestChoose = useRef(choose);
  latestChoose.current = choose;
  const onChoose = useCallback((index: number) => latestChoose.current(index), []);
  const dragged = useDrag(timeline, {
    onDone: ({ x0, x1 }) => setViewNs([xToTime(x0, viewNs, size.width), xToTime(x1, viewNs, size.width)]),
    onClick: (_x, y) => choose(Math.floor((y + scrollTop) / LINE_HEIGHT)),
  });
  useWheelZoom(timeline, view, size.width);

  const first = Math.max(0, Math.floor(scrollTop / LINE_HEIGHT) - 2);
  const last = Math.min(lines.length - 1, Math.ceil((scrollTop + height) / LINE_HEIGHT) + 2);
  const shown: number[] = [];
  for (let i = first; i <= last; i++) shown.push(i);
  const indented = nameWidth < NARROW_NAME_PX ? 0.25 : 0.45;
  const depthStep = Math.min(14, Math.max(4, (nameWidth * indented) / Math.max(1, view.model.maxDepth)));

  return (
    <div className="waterfall">
      <TimeHeader
        nameWidth={nameWidth}
        onNameWidth={onNameWidth}
        viewNs={viewNs}
        width={size.width}
        pointerX={pointerX}
      />
      <div
        className="waterfall-scroll"
        ref={scroller}
        onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
      >
        <div
          className="waterfall-window"
          style={{ height, marginBottom: -height }}
          onPointerMove={(event) => {
            setHoverLine(lineAt(event.clientY));
            const rect = timeline.current?.getBoundingClientRect();
            setPointerX(rect && event.clientX >= rect.left ? event.clientX - rect.left : undefined);
          }}
          onPointerLeave={() => {
            setHoverLine(-1);
            setPointerX(undefined);
          }}
        >
          <div className="waterfall-names" style={{ width: nameWidth }} role="tree" aria-label="Spans">
            {shown.map((index) => (
              <WaterfallLine
                key={index}
                view={view}
                index={index}
                line={lines[index]!}
                top={index * LINE_HEIGHT - scrollTop}
                depthStep={depthStep}
                hovered={index === hoverLine}
                onChoose={onChoose}
              />
            ))}
          </div>
          <div className="waterfall-timeline" ref={timeline}>
            <canvas ref={canvas} role="img" aria-label="Timeline" />
            {pointerX === undefined ? null : (
              <div className="crosshair" style={{ transform: `translateX(${pointerX}px)`, top: 0, bottom: 0 }} />
            )}
            {dragged ? (
              <div
                className="drag-box"
                style={{ left: dragged.x0, width: dragged.x1 - dragged.x0, top: 0, bottom: 0 }}
              />
            ) : null}
          </div>
        </div>
        <div style={{ height: lines.length * LINE_HEIGHT + LINE_HEIGHT }} />
      </div>
    </div>
  );
}

function selectLogSpan(view: TraceView, logIndex: number): void {
  const row = view.logs.rows[logIndex] ?? -1;
  if (row >= 0) view.select(row);
}

/** Of the longest label of a time. */
const LABEL_WIDTH = 64;

interface TimeHeaderProps {
  readonly nameWidth: number;
  readonly onNameWidth: (width: number) => void;
  readonly viewNs: readonly [number, number];
  readonly width: number;
  readonly pointerX: number | undefined;
}

const TimeHeader = memo(function TimeHeader({ nameWidth, onNameWidth, viewNs, width, pointerX }: TimeHeaderProps) {
  // A label that would be cut at the end is left out; its line stays.
  const marks = gridMarks(viewNs, Math.max(1, width)).filter((ns) => timeToX(ns, viewNs, width) <= width - LABEL_WIDTH);
  return (
    <div className="waterfall-head">
      <div className="waterfall-head-names" style={{ width: nameWidth }}>
        Service and operation
        <span
          className="column-grip"
          title="Drag to change the width"
          onPointerDown={(event) => {
            const startX = event.clientX - nameWidth;
            const grip = event.currentTarget;
            grip.setPointerCapture(event.pointerId);
            grip.onpointermove = (move) => onNameWidth(Math.max(180, Math.min(900, move.clientX - startX)));
            grip.onpointerup = () => {
              grip.onpointermove = null;
            };
          }}
        />
      </div>
      <div className="waterfall-head-time">
        {marks.map((ns) => (
          <span key={ns} style={{ left: timeToX(ns, viewNs, width) }}>
            {tickText(formatDuration(ns))}
          </span>
        ))}
        {pointerX === undefined ? null : (
          <b className="pointer-time" style={pointerX > width - 80 ? { right: width - pointerX } : { left: pointerX }}>
            {formatDuration(xToTime(pointerX, viewNs, width))}
          </b>
        )}
      </div>
    </div>
  );
});

/** Brings the target row into view when another one is asked for: to the middle if it was outside. */
function useScrollIntoView(
  scroller: React.RefObject<HTMLDivElement | null>,
  view: TraceView,
  target: TraceView['scrollTarget'],
): void {
  const { lines } = view;
  const done = useRef(0);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || target.row < 0 || done.current === target.serial || element.clientHeight === 0) return;
    const index = lines.indexOf(target.row);
    if (index < 0) return;
    done.current = target.serial;
    scrollToLine(element, index);
  }, [scroller, lines, target]);
}

/** Late spans come in between other lines: the one at the top stays where it is. */
function useSteadyScroll(scroller: React.RefObject<HTMLDivElement | null>, view: TraceView, scrollTop: number): void {
  const { model, lines } = view;
  const shown = useRef({ model, lines, scrollTop });
  useLayoutEffect(() => {
    const before = shown.current;
    shown.current = { model, lines, scrollTop };
    if (before.model === model || before.scrollTop === 0 || !scroller.current) return;
    const top = Math.floor(before.scrollTop / LINE_HEIGHT);
    const at = before.lines.findIndex((line, index) => index >= top && line >= 0 && line < LOG_LINE);
    if (at < 0) return;
    const now = lines.indexOf(rowOfSpan(model, spanIdOf(before.model, before.lines[at]!)));
    if (now >= 0) scroller.current.scrollTop = before.scrollTop + (now - at) * LINE_HEIGHT;
  }, [scroller, model, lines, scrollTop]);
}

export function scrollToLine(element: HTMLElement, index: number): void {
  const top = index * LINE_HEIGHT;
  const { scrollTop, clientHeight } = element;
  if (top >= scrollTop && top + LINE_HEIGHT * 2 <= scrollTop + clientHeight) return;
  element.scrollTop = Math.max(0, top - clientHeight / 2);
}

/** Ctrl and wheel zooms around the pointer, shift and wheel moves sideways. */
function useWheelZoom(timeline: React.RefObject<HTMLDivElement | null>, view: TraceView, width: number): void {
  const latest = useRef({ view, width });
  latest.current = { view, width };
  useEffect(() => {
    const element = timeline.current;
    if (!element) return;
    const onWheel = (event: WheelEvent): void => {
      const { view: now, width: nowWidth } = latest.current;
      const [from, to] = now.viewNs;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const at = xToTime(event.clientX - element.getBoundingClientRect().left, now.viewNs, nowWidth);
        const scale = WHEEL_ZOOM ** event.deltaY;
        now.setViewNs([at - (at - from) * scale, at + (to - at) * scale]);
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        const wanted = ((event.deltaX || event.deltaY) / nowWidth) * (to - from);
        const byNs = Math.max(-from, Math.min(now.model.trace.durationNs - to, wanted));
        now.setViewNs([from + byNs, to + byNs]);
      }
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [timeline]);
}
