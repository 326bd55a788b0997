/** Things and what goes between them: pipelines, and whatever else comes as a frame of nodes and one of edges. */
import { useMemo, useRef } from 'react';
import { visibleText } from '../../lib/foreign-text.ts';
import { type Frame, fieldIfAny, fieldOf, type GraphFrames, type Numbers, textAt } from '../../lib/frame.ts';
import type { Target } from '../../lib/links.ts';
import { useSize } from '../../widgets/canvas.tsx';
import { To } from '../../widgets/to.tsx';
import { layoutGraph, NODE_HEIGHT, NODE_WIDTH, type PlacedEdge, type PlacedNode } from './layout.ts';

export interface GraphProps {
  /** What a screen reader is told in place of the drawing. */
  readonly label: string;
  /**
   * Nodes: `id`, `title`; and where there are: `note` (a second line), `state` (`ok`, `warning`, `error`, anything else is unknown), `failed` (above
   * zero: the note is an error), `share` (percent: a bar), `about` (shown at the pointer), `layer` and `lane` (the place).
   * Edges: `source`, `target`; and where there are: `id`, `rate` (the more, the thicker; zero is idle), `label` (a number that is written), `labelAt`
   * (the end whose number it is: `source` or `target`, else it stands in the middle).
   */
  readonly frames: GraphFrames;
  /** Where a node leads. */
  readonly targetOf?: (id: string) => Target | undefined;
}

/** A share of this much is worth a warning. */
const FULL_PERCENT = 80;
const TITLE_CHARS = 21;

export function Graph({ label, frames, targetOf }: GraphProps) {
  const box = useRef<HTMLDivElement>(null);
  const { width } = useSize(box);
  const layout = useMemo(() => layoutGraph(frames, width), [frames, width]);
  const rates = fieldIfAny(frames.edges, 'rate', 'number')?.values;
  return (
    <div className="graph" ref={box}>
      {width > 0 ? (
        // biome-ignore lint/a11y/useSemanticElements: an SVG has no fieldset
        <svg width={layout.width} height={layout.height} role="group" aria-label={visibleText(label)}>
          {layout.edges.map((edge) => (
            <EdgeLine key={edge.id} edge={edge} rates={rates} />
          ))}
          {layout.nodes.map((node) => (
            <NodeBox key={node.id} frame={frames.nodes} node={node} target={targetOf?.(node.id)} />
          ))}
          {layout.edges.map((edge) => (
            <EdgeLabel key={edge.id} frame={frames.edges} edge={edge} />
          ))}
        </svg>
      ) : null}
    </div>
  );
}

function edgePath({ from, to }: PlacedEdge): string {
  const x0 = from.x + NODE_WIDTH;
  const y0 = from.y + NODE_HEIGHT / 2;
  const x1 = to.x;
  const y1 = to.y + NODE_HEIGHT / 2;
  const bend = (x1 - x0) / 2;
  return `M${x0} ${y0}C${x0 + bend} ${y0} ${x1 - bend} ${y1} ${x1} ${y1}`;
}

/** One more unit for each power of ten. */
function EdgeLine({ edge, rates }: { readonly edge: PlacedEdge; readonly rates: Numbers | undefined }) {
  const rate = rates?.[edge.row];
  const width = rate === undefined || rate === null || rate === 0 ? 1 : 1.2 + Math.max(0, Math.log10(rate)) * 0.9;
  return <path d={edgePath(edge)} className={rate === 0 ? 'edge idle' : 'edge'} strokeWidth={width} />;
}

/** Above the line; below it where another one comes from or goes above. */
function EdgeLabel({ frame, edge }: { readonly frame: Frame; readonly edge: PlacedEdge }) {
  const { row, from, to, labelAt, isCrowdedAbove } = edge;
  const value = fieldIfAny(frame, 'label', 'number')?.values[row];
  if (value === null || value === undefined) return null;
  const x0 = from.x + NODE_WIDTH;
  const x = { source: x0 + 8, target: to.x - 8, middle: (x0 + to.x) / 2 }[labelAt];
  const anchor = { source: 'start', target: 'end', middle: 'middle' } as const;
  const middleY = { source: from.y, target: to.y, middle: (from.y + to.y) / 2 }[labelAt] + NODE_HEIGHT / 2;
  return (
    <text x={x} y={middleY + (isCrowdedAbove ? 16 : -8)} className="edge-label" textAnchor={anchor[labelAt]}>
      {textAt(frame, 'label', row)}
    </text>
  );
}

interface NodeBoxProps {
  readonly frame: Frame;
  readonly node: PlacedNode;
  readonly target: Target | undefined;
}

function NodeBox({ frame, node, target }: NodeBoxProps) {
  const { row, x, y, id } = node;
  const text = (name: string): string => fieldIfAny(frame, name, 'text')?.values[row] ?? '';
  const number = (name: string): number | null => fieldIfAny(frame, name, 'number')?.values[row] ?? null;
  const state = text('state');
  const share = number('share');
  const title = visibleText(fieldOf(frame, 'title', 'text').values[row]!);
  const drawn = (
    <g
      transform={`translate(${x} ${y})`}
      className={state === 'warning' || state === 'error' ? 'node troubled' : 'node'}
    >
      <title>{visibleText(text('about') || id)}</title>
      <rect width={NODE_WIDTH} height={NODE_HEIGHT} rx="6" />
      <circle cx="14" cy="16" r="3.5" className={DOT_CLASSES[state] ?? 'node-dot'} />
      <text x="24" y="20" className="node-name">
        {title.length > TITLE_CHARS ? `${title.slice(0, TITLE_CHARS - 1)}…` : title}
      </text>
      <text x="14" y="37" className={(number('failed') ?? 0) > 0 ? 'node-note lossy' : 'node-note'}>
        {visibleText(text('note'))}
      </text>
      {share === null ? null : <ShareBar percent={share} />}
    </g>
  );
  return target ? <To target={target}>{drawn}</To> : drawn;
}

const DOT_CLASSES: Readonly<Record<string, string>> = {
  ok: 'node-dot node-dot-ok',
  warning: 'node-dot node-dot-warning',
  error: 'node-dot node-dot-error',
};

const BAR_WIDTH = 52;

function ShareBar({ percent }: { readonly percent: number }) {
  return (
    <g transform={`translate(${NODE_WIDTH - BAR_WIDTH - 10} 31)`}>
      <rect width={BAR_WIDTH} height="5" rx="2" className="share-room" />
      <rect
        width={Math.max(1, (percent / 100) * BAR_WIDTH)}
        height="5"
        rx="2"
        className={percent >= FULL_PERCENT ? 'share-fill full' : 'share-fill'}
      />
    </g>
  );
}
