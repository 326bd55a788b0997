/** Things and what goes between them: pipelines, services, and whatever else comes as a frame of nodes and one of edges. */
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { serviceColour } from '../../lib/colour.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { type Frame, fieldIfAny, fieldOf, type GraphFrames, type Numbers, textAt } from '../../lib/frame.ts';
import type { Target } from '../../lib/links.ts';
import { useTheme } from '../../lib/theme.tsx';
import { useSize } from '../../widgets/canvas.tsx';
import { type IconName, iconPath } from '../../widgets/icons.tsx';
import { To } from '../../widgets/to.tsx';
import { edgePath, type LabelSize, placeLabels } from './edge-geometry.ts';
import {
  type GraphLayout,
  layoutGraph,
  NODE_HEIGHT,
  NODE_WIDTH,
  type PlacedEdge,
  type PlacedNode,
  type Point,
} from './layout.ts';

export interface GraphProps {
  /** What a screen reader is told in place of the drawing. */
  readonly label: string;
  /**
   * Nodes: `id`, `title`; and where there are: `note` (a second line), `state` (`ok`, `warning`, `error`, anything else is unknown), `failed` (above
   * zero: the note is an error), `share` (percent: a bar), `about` (shown at the pointer), `layer` and `lane` (the place), `hue` (the service whose
   * colour it has), `icon` (the name of one).
   * Edges: `source`, `target`; and where there are: `id`, `rate` (the more, the thicker; zero is idle), `label` (a number that is written), `labelAt`
   * (the end whose number it is: `source` or `target`, else it stands in the middle), `text` (lines that are written on it, where there is room),
   * `tone` (`warning`, `error`, `gone`), `about` (shown at the pointer).
   */
  readonly frames: GraphFrames;
  /** Where a node leads. */
  readonly targetOf?: (id: string) => Target | undefined;
  /** Nodes and edges can be chosen instead. */
  readonly choice?: GraphChoice;
  /** Pixels between two layers, at least. */
  readonly gapX?: number;
  /** Where there is no room it is drawn smaller, down to this; then it scrolls. */
  readonly minScale?: number;
}

export interface GraphChoice {
  /** The id of a node or of an edge. */
  readonly chosen: string | undefined;
  readonly onChoose: (id: string) => void;
}

/** A share of this much is worth a warning. */
const FULL_PERCENT = 80;
const TITLE_CHARS = 21;
const CHAR_WIDTH = 6.1;
const LINE_HEIGHT = 13;
/** Of more edges only those in trouble are written on; the others at the pointer. */
const MANY_EDGES = 40;

export function Graph({ label, frames, targetOf, choice, gapX, minScale = 1 }: GraphProps) {
  const box = useRef<HTMLDivElement>(null);
  const { width } = useSize(box);
  const [near, setNear] = useState<string>();
  const layout = useMemo(() => layoutGraph(frames, width, gapX), [frames, width, gapX]);
  const scale = Math.min(1, Math.max(minScale, width / Math.max(1, layout.width)));
  const rates = fieldIfAny(frames.edges, 'rate', 'number')?.values;
  const lit = near ?? choice?.chosen;
  const labels = useMemo(() => labelPlaces(layout, frames.edges, lit), [layout, frames.edges, lit]);
  return (
    <div className="graph" ref={box}>
      {width > 0 ? (
        // biome-ignore lint/a11y/useSemanticElements: an SVG has no fieldset
        <svg
          width={layout.width * scale}
          height={layout.height * scale}
          viewBox={`0 0 ${layout.width} ${layout.height}`}
          role="group"
          aria-label={visibleText(label)}
        >
          {layout.edges.map((edge) => (
            <EdgeLine
              key={edge.id}
              frame={frames.edges}
              edge={edge}
              rates={rates}
              isLit={isOf(edge, lit)}
              choice={choice}
              onNear={setNear}
            />
          ))}
          {layout.nodes.map((node) => (
            <NodeBox
              key={node.id}
              frame={frames.nodes}
              node={node}
              target={targetOf?.(node.id)}
              choice={choice}
              onNear={choice ? setNear : undefined}
            />
          ))}
          {layout.edges.map((edge) => (
            <EdgeLabel key={edge.id} frame={frames.edges} edge={edge} />
          ))}
          {layout.edges.map((edge) => (
            <EdgeText key={edge.id} frame={frames.edges} edge={edge} at={labels.get(edge.row)} />
          ))}
        </svg>
      ) : null}
    </div>
  );
}

/** The edge itself, or one at the node. */
function isOf(edge: PlacedEdge, id: string | undefined): boolean {
  return id !== undefined && (edge.id === id || edge.from.id === id || edge.to.id === id);
}

function linesOf(frame: Frame, row: number): readonly string[] {
  const text = fieldIfAny(frame, 'text', 'text')?.values[row] ?? '';
  return text === '' ? [] : text.split('\n');
}

/** What is looked at comes first, then what is in trouble, then what has the most traffic. */
function labelPlaces(layout: GraphLayout, frame: Frame, lit: string | undefined): ReadonlyMap<number, Point> {
  const tones = fieldIfAny(frame, 'tone', 'text')?.values;
  const rates = fieldIfAny(frame, 'rate', 'number')?.values;
  const isTroubled = ({ row }: PlacedEdge): boolean => (tones?.[row] ?? '') !== '';
  const weight = (edge: PlacedEdge): number => (isOf(edge, lit) ? 2 : 0) + (isTroubled(edge) ? 1 : 0);
  const wanted = layout.edges.filter((edge) => layout.edges.length <= MANY_EDGES || weight(edge) > 0);
  const sorted = wanted.toSorted((a, b) => weight(b) - weight(a) || (rates?.[b.row] ?? 0) - (rates?.[a.row] ?? 0));
  return placeLabels(layout, sorted, ({ row }) => {
    const lines = linesOf(frame, row);
    return lines.length === 0 ? undefined : labelSize(lines);
  });
}

function labelSize(lines: readonly string[]): LabelSize {
  const chars = Math.max(...lines.map((line) => line.length));
  return { width: chars * CHAR_WIDTH + 6, height: lines.length * LINE_HEIGHT + 2 };
}

interface EdgeLineProps {
  readonly frame: Frame;
  readonly edge: PlacedEdge;
  readonly rates: Numbers | undefined;
  readonly isLit: boolean;
  readonly choice: GraphChoice | undefined;
  readonly onNear: (id: string | undefined) => void;
}

/** One more unit for each power of ten. */
function EdgeLine({ frame, edge, rates, isLit, choice, onNear }: EdgeLineProps) {
  const rate = rates?.[edge.row];
  const width = rate === undefined || rate === null || rate === 0 ? 1 : 1.2 + Math.max(0, Math.log10(rate)) * 0.9;
  const tone = fieldIfAny(frame, 'tone', 'text')?.values[edge.row] ?? '';
  const isChosen = choice?.chosen === edge.id;
  const classes = ['edge', rate === 0 ? 'idle' : '', tone === '' ? '' : `edge-${tone}`, isLit || isChosen ? 'lit' : ''];
  const path = edgePath(edge);
  const line = <path d={path} className={classes.filter(Boolean).join(' ')} strokeWidth={width} />;
  if (choice === undefined) return line;
  return (
    // Its end nodes list it for the keyboard.
    // biome-ignore lint/a11y/noStaticElementInteractions: reached from its nodes
    <g
      className="edge-choice"
      onClick={() => choice.onChoose(edge.id)}
      onPointerEnter={() => onNear(edge.id)}
      onPointerLeave={() => onNear(undefined)}
    >
      <title>{visibleText(fieldIfAny(frame, 'about', 'text')?.values[edge.row] ?? edge.id)}</title>
      {line}
      <path d={path} className="edge-reach" />
    </g>
  );
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

function EdgeText({
  frame,
  edge,
  at,
}: {
  readonly frame: Frame;
  readonly edge: PlacedEdge;
  readonly at: Point | undefined;
}) {
  if (at === undefined) return null;
  const lines = linesOf(frame, edge.row);
  const tone = fieldIfAny(frame, 'tone', 'text')?.values[edge.row] ?? '';
  const top = at.y - (lines.length * LINE_HEIGHT) / 2 + 10;
  const { width, height } = labelSize(lines);
  return (
    <g className="edge-text">
      <rect x={at.x - width / 2} y={at.y - height / 2} width={width} height={height} rx="3" />
      <text
        x={at.x}
        y={top}
        className={tone === '' ? 'edge-label' : `edge-label edge-label-${tone}`}
        textAnchor="middle"
      >
        {lines.map((line, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
          <tspan key={i} x={at.x} dy={i === 0 ? 0 : LINE_HEIGHT}>
            {visibleText(line)}
          </tspan>
        ))}
      </text>
    </g>
  );
}

interface NodeBoxProps {
  readonly frame: Frame;
  readonly node: PlacedNode;
  readonly target: Target | undefined;
  readonly choice: GraphChoice | undefined;
  readonly onNear: ((id: string | undefined) => void) | undefined;
}

function NodeBox({ frame, node, target, choice, onNear }: NodeBoxProps) {
  const { tokens } = useTheme();
  const { row, x, y, id } = node;
  const text = (name: string): string => fieldIfAny(frame, name, 'text')?.values[row] ?? '';
  const number = (name: string): number | null => fieldIfAny(frame, name, 'number')?.values[row] ?? null;
  const state = text('state');
  const share = number('share');
  const hue = text('hue');
  const icon = text('icon');
  const title = visibleText(fieldOf(frame, 'title', 'text').values[row]!);
  const isChosen = choice?.chosen === id;
  const classes = ['node', state === 'warning' || state === 'error' ? 'troubled' : '', isChosen ? 'chosen' : ''];
  const chars = icon === '' ? TITLE_CHARS : TITLE_CHARS - 2;
  const drawn = (
    <g transform={`translate(${x} ${y})`} className={classes.filter(Boolean).join(' ')}>
      <title>{visibleText(text('about') || id)}</title>
      <rect width={NODE_WIDTH} height={NODE_HEIGHT} rx={icon === '' ? 6 : 14} />
      {hue === '' ? null : (
        <rect
          className="node-hue"
          width="4"
          height={NODE_HEIGHT}
          rx="2"
          style={{ fill: serviceColour(hue, tokens.name) }}
        />
      )}
      <circle cx="14" cy="16" r="3.5" className={DOT_CLASSES[state] ?? 'node-dot'} />
      <text x="24" y="20" className="node-name">
        {title.length > chars ? `${title.slice(0, chars - 1)}…` : title}
      </text>
      {icon === '' ? null : (
        <path
          className="node-icon"
          transform={`translate(${NODE_WIDTH - 24} 8) scale(0.85)`}
          d={iconPath(icon as IconName)}
        />
      )}
      <text x="14" y="37" className={(number('failed') ?? 0) > 0 ? 'node-note lossy' : 'node-note'}>
        {visibleText(text('note'))}
      </text>
      {share === null ? null : <ShareBar percent={share} />}
    </g>
  );
  if (choice !== undefined)
    return (
      // biome-ignore lint/a11y/useSemanticElements: an SVG has no buttons
      <g
        role="button"
        tabIndex={0}
        aria-pressed={isChosen}
        aria-label={visibleText(text('about') || title)}
        data-node={id}
        className="node-choice"
        onClick={() => choice.onChoose(id)}
        onKeyDown={(event) => onPress(event, () => choice.onChoose(id))}
        onPointerEnter={() => onNear?.(id)}
        onPointerLeave={() => onNear?.(undefined)}
      >
        {drawn}
      </g>
    );
  return target ? <To target={target}>{drawn}</To> : drawn;
}

function onPress(event: KeyboardEvent, run: () => void): void {
  if (event.key !== 'Enter' && event.key !== ' ') return;
  event.preventDefault();
  event.stopPropagation();
  run();
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
