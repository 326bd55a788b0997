/** The whole trace in a strip. Dragging on it zooms the waterfall; the part in view is bright, the rest is veiled. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { serviceColour } from '../../lib/colour.ts';
import { formatDuration } from '../../lib/format.ts';
import { enumText } from '../../lib/frame.ts';
import { useTheme } from '../../lib/theme.tsx';
import { type Draw, useDrag, useDraw, useSize } from '../../widgets/canvas.tsx';
import type { TraceView } from './view.ts';
import { timeToX, xToTime } from './waterfall-draw.ts';

const HEIGHT = 48;
const NOT_YET = { width: 0, height: 0 };
/** More spans than this are sampled; failed ones are always drawn. */
const DRAWN_SPANS = 6_000;

/** False until the page was painted once: the waterfall comes first. */
function useIsPainted(): boolean {
  const [painted, setPainted] = useState(false);
  useEffect(() => {
    let timer = 0;
    const frame = requestAnimationFrame(() => {
      timer = window.setTimeout(() => setPainted(true));
    });
    return () => {
      cancelAnimationFrame(frame);
      window.clearTimeout(timer);
    };
  }, []);
  return painted;
}

export function Minimap({ view, left }: { readonly view: TraceView; readonly left: number }) {
  const { tokens } = useTheme();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(box);
  const { model, setViewNs, viewNs } = view;
  const wholeNs = Math.max(1, model.trace.durationNs);
  const whole = [0, wholeNs] as const;

  const draw = useCallback<Draw>(
    (context, { width, height }) => {
      const stride = Math.max(1, Math.ceil(model.count / DRAWN_SPANS));
      const rowHeight = Math.min(5, (height - 6) / Math.max(1, Math.min(model.count, height / 2)));
      const scaleY = (height - 4 - rowHeight) / Math.max(1, model.count - 1);
      const yOf = (place: number): number => (model.count < height / 4 ? 3 + place * rowHeight : 3 + place * scaleY);
      for (let i = 0; i < model.count; i++) {
        const row = model.order[i]!;
        const failed = model.isError[row] === 1;
        if (i % stride !== 0 && !failed) continue;
        const x0 = timeToX(model.startNs[row]!, [0, wholeNs], width);
        const x1 = timeToX(model.endNs[row]!, [0, wholeNs], width);
        context.fillStyle = failed ? tokens.error : serviceColour(enumText(model.service, row), tokens.name);
        context.globalAlpha = failed ? 1 : 0.75;
        context.fillRect(x0, yOf(i), Math.max(1, x1 - x0), Math.max(1, rowHeight - 1));
      }
      context.globalAlpha = 1;
    },
    [model, tokens, wholeNs],
  );
  useDraw(canvas, useIsPainted() ? size : NOT_YET, draw);
  const toView = (x0: number, x1: number): readonly [number, number] => [
    xToTime(x0, whole, size.width),
    xToTime(x1, whole, size.width),
  ];
  const dragged = useDrag(box, {
    onDone: ({ x0, x1 }) => setViewNs(toView(x0, x1)),
    // A click brings what is there into the middle, at the same zoom.
    onClick: (x) => {
      const spanNs = viewNs[1] - viewNs[0];
      const middleNs = Math.min(wholeNs - spanNs / 2, Math.max(spanNs / 2, xToTime(x, whole, size.width)));
      setViewNs([middleNs - spanNs / 2, middleNs + spanNs / 2]);
    },
  });
  const x0 = timeToX(viewNs[0], whole, size.width);
  const x1 = timeToX(viewNs[1], whole, size.width);
  const zoomed = viewNs[0] > 0 || viewNs[1] < wholeNs;
  return (
    <div className="minimap" style={{ paddingLeft: left, height: HEIGHT }}>
      <div className="minimap-info muted" style={{ width: left }}>
        {zoomed ? (
          <>
            <span>
              {formatDuration(viewNs[0])} – {formatDuration(viewNs[1])} of {formatDuration(wholeNs)}
            </span>
            <button type="button" className="link-button" onClick={() => setViewNs(undefined)}>
              Whole trace
            </button>
          </>
        ) : (
          <span>Drag on the strip or the timeline to zoom</span>
        )}
      </div>
      <div className="minimap-strip" ref={box}>
        <canvas ref={canvas} role="img" aria-label="The whole trace" />
        {zoomed ? (
          <>
            <div className="minimap-veil" style={{ left: 0, width: Math.max(0, x0) }} />
            <div className="minimap-veil" style={{ left: x1, right: 0 }} />
          </>
        ) : null}
        {dragged ? (
          <div className="drag-box" style={{ left: dragged.x0, width: dragged.x1 - dragged.x0, top: 0, bottom: 0 }} />
        ) : null}
      </div>
    </div>
  );
}
