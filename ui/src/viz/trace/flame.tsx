/** A trace as a flame graph: calls through the same operations are one bar, as wide as the time of their own and of what they called. */
import { useCallback, useMemo, useRef, useState } from 'react';
import { serviceColour } from '../../lib/colour.ts';
import { cutText } from '../../lib/cut-text.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { formatDuration, formatPercent, plural } from '../../lib/format.ts';
import { enumText } from '../../lib/frame.ts';
import { useTheme } from '../../lib/theme.tsx';
import { type FlameModel, flameOf } from '../../lib/trace-operations.ts';
import { type Draw, useDraw, useSize } from '../../widgets/canvas.tsx';
import { Tip } from '../../widgets/tip.tsx';
import type { TraceView } from './view.ts';

const BAR_PX = 20;
const TEXT_FROM_PX = 34;
const LEAST_PX = 0.5;
/** A canvas has an end; what lies deeper is said. */
const MOST_DEPTH = 400;

export function Flame({ view }: { readonly view: TraceView }) {
  const { model } = view;
  const { tokens } = useTheme();
  const flame = useMemo(() => flameOf(model), [model]);
  /** The node that is as wide as the drawing; -1 for all. */
  const [zoomed, setZoomed] = useState(-1);
  const [hover, setHover] = useState<{ node: number; x: number }>();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(box);
  const [leftNs, widthNs] = rangeOf(flame, zoomed);
  const draw = useCallback<Draw>(
    (context, { width }) => {
      context.font = `11px ${tokens.font}`;
      context.textBaseline = 'middle';
      for (let node = 0; node < flame.count; node++) {
        const x = ((flame.leftNs[node]! - leftNs) / widthNs) * width;
        const barWidth = (flame.totalNs[node]! / widthNs) * width;
        const y = flame.depth[node]! * BAR_PX;
        if (barWidth < LEAST_PX || x > width || x + barWidth < 0 || flame.depth[node]! >= MOST_DEPTH) continue;
        const from = Math.max(0, x);
        const shown = Math.min(width, x + barWidth) - from;
        const row = flame.row[node]!;
        context.fillStyle = serviceColour(enumText(model.service, row), tokens.name);
        context.globalAlpha = 0.45;
        context.fillRect(from, y, Math.max(LEAST_PX, shown - 1), BAR_PX - 1);
        context.globalAlpha = 1;
        if (flame.errorCount[node]! > 0) {
          context.fillStyle = tokens.error;
          context.fillRect(from, y + BAR_PX - 3, Math.max(LEAST_PX, shown - 1), 2);
        }
        if (shown < TEXT_FROM_PX) continue;
        context.fillStyle = tokens.text;
        const name = cutText(context, visibleText(enumText(model.name, row)), shown - 10);
        context.fillText(name, from + 4, y + BAR_PX / 2);
      }
    },
    [flame, leftNs, widthNs, model, tokens],
  );
  useDraw(canvas, size, draw);
  const nodeAt = (event: React.MouseEvent<HTMLElement>): number => {
    const rect = event.currentTarget.getBoundingClientRect();
    const depth = Math.floor((event.clientY - rect.top) / BAR_PX);
    const ns = leftNs + ((event.clientX - rect.left) / rect.width) * widthNs;
    for (let node = 0; node < flame.count; node++) {
      const isThere = flame.depth[node] === depth && ns >= flame.leftNs[node]!;
      if (isThere && ns < flame.leftNs[node]! + flame.totalNs[node]!) return node;
    }
    return -1;
  };
  const shownDepth = Math.min(MOST_DEPTH, flame.maxDepth + 1);
  return (
    <div className="flame-scroll">
      <p className="muted small group-note">
        A bar is as wide as its own time and that of all it called. Click one to see it alone.
        {flame.maxDepth + 1 > MOST_DEPTH ? ` Only the first ${MOST_DEPTH} levels are drawn.` : ''}
        {zoomed >= 0 ? (
          <button type="button" className="button small" onClick={() => setZoomed(-1)}>
            Show all
          </button>
        ) : null}
      </p>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the same figures are in the table of operations, which has keys */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: as above */}
      <div
        ref={box}
        className="flame"
        style={{ height: shownDepth * BAR_PX }}
        onMouseMove={(event) => {
          const node = nodeAt(event);
          setHover(
            node < 0 ? undefined : { node, x: event.clientX - event.currentTarget.getBoundingClientRect().left },
          );
        }}
        onMouseLeave={() => setHover(undefined)}
        onClick={(event) => setZoomed(nodeAt(event))}
      >
        <canvas ref={canvas} role="img" aria-label={`Flame graph of ${plural(model.count, 'span')}`} />
        {hover && hover.node < flame.count ? (
          <Tip x={hover.x} top={Math.min(shownDepth * BAR_PX, (flame.depth[hover.node]! + 1) * BAR_PX)}>
            <b>{visibleText(enumText(model.service, flame.row[hover.node]!))}</b>
            <div className="truncate">{visibleText(enumText(model.name, flame.row[hover.node]!))}</div>
            <div className="muted">
              {plural(flame.spanCount[hover.node]!, 'span')}, {formatDuration(flame.totalNs[hover.node]!)} in all, its
              own {formatDuration(flame.selfNs[hover.node]!)} (
              {formatPercent(flame.totalNs[hover.node]! / Math.max(1, widthNs))})
            </div>
          </Tip>
        ) : null}
      </div>
    </div>
  );
}

function rangeOf(flame: FlameModel, zoomed: number): readonly [leftNs: number, widthNs: number] {
  if (zoomed >= 0 && zoomed < flame.count) return [flame.leftNs[zoomed]!, Math.max(1, flame.totalNs[zoomed]!)];
  let all = 0;
  for (let node = 0; node < flame.count; node++) if (flame.parent[node]! < 0) all += flame.totalNs[node]!;
  return [0, Math.max(1, all)];
}
