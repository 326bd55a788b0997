/** The pipelines as a drawing: what flows where, how fast, where it queues and where it fails. */
import { useMemo, useRef } from 'react';
import type { ComponentView, SignalName, SystemResponse } from '#api/types.ts';
import { formatCompact, formatCount, formatRate } from '../lib/format.ts';
import { useLinks } from '../lib/links.ts';
import { componentMetrics } from '../lib/own-metrics.ts';
import {
  type LayoutEdge,
  type LayoutNode,
  lastValue,
  layoutPipelines,
  NODE_HEIGHT,
  NODE_WIDTH,
} from '../lib/pipeline-layout.ts';
import { useSize } from '../widgets/canvas.tsx';
import { To } from '../widgets/to.tsx';

/** A queue that is this full is worth a warning. */
const QUEUE_WARNING = 0.8;
/** The lanes are in the order of the page's other parts. */
const SIGNALS: readonly SignalName[] = ['traces', 'logs', 'metrics'];

export function PipelineGraph({ data }: { readonly data: Pick<SystemResponse, 'pipelines' | 'components'> }) {
  const box = useRef<HTMLDivElement>(null);
  const { width } = useSize(box);
  const layout = useMemo(() => {
    const bySignal = data.pipelines.toSorted((a, b) => SIGNALS.indexOf(a.signal) - SIGNALS.indexOf(b.signal));
    return layoutPipelines(bySignal, data.components, width);
  }, [data.pipelines, data.components, width]);
  return (
    <div className="pipeline-graph" ref={box}>
      {width > 0 ? (
        // biome-ignore lint/a11y/useSemanticElements: an SVG has no fieldset
        <svg width={layout.width} height={layout.height} role="group" aria-label={describe(data)}>
          {layout.edges.map((edge) => (
            <Edge key={edge.key} edge={edge} />
          ))}
          {layout.nodes.map((node) => (
            <Node key={node.id} node={node} />
          ))}
          {layout.edges.map((edge) => (
            <EdgeLabel key={edge.key} edge={edge} />
          ))}
        </svg>
      ) : null}
    </div>
  );
}

function describe({ pipelines }: Pick<SystemResponse, 'pipelines'>): string {
  return pipelines
    .map(
      ({ id, receivers, processors, exporters, rate }) =>
        `${id}: ${[...receivers, ...processors, ...exporters].join(', ')}, ${formatRate(lastValue(rate) ?? 0)}`,
    )
    .join('; ');
}

function edgePath({ from, to }: LayoutEdge): string {
  const x0 = from.x + NODE_WIDTH;
  const y0 = from.y + NODE_HEIGHT / 2;
  const x1 = to.x;
  const y1 = to.y + NODE_HEIGHT / 2;
  const bend = (x1 - x0) / 2;
  return `M${x0} ${y0}C${x0 + bend} ${y0} ${x1 - bend} ${y1} ${x1} ${y1}`;
}

/** The wider the line, the more flows: one more unit for each power of ten. */
function Edge({ edge }: { readonly edge: LayoutEdge }) {
  const { rate } = edge;
  const width = rate === undefined ? 1 : rate === 0 ? 1 : 1.2 + Math.max(0, Math.log10(rate)) * 0.9;
  return <path d={edgePath(edge)} className={rate === 0 ? 'edge idle' : 'edge'} strokeWidth={width} />;
}

/**
 * A label stands at the end that is a pipeline's own, above the line; below it where the curve comes from or goes above,
 * so that shared parts' edges do not run through it.
 */
function EdgeLabel({ edge }: { readonly edge: LayoutEdge }) {
  const { from, to, rate, labelled, crowdedAbove } = edge;
  if (!labelled || rate === undefined) return null;
  const ownFrom = from.component?.kind === 'processor';
  const between = ownFrom && to.component?.kind === 'processor';
  const x0 = from.x + NODE_WIDTH;
  const x = between ? (x0 + to.x) / 2 : ownFrom ? x0 + 8 : to.x - 8;
  const y = (ownFrom ? from.y : to.y) + NODE_HEIGHT / 2 + (crowdedAbove ? 16 : -8);
  return (
    <text x={x} y={y} className="edge-label" textAnchor={between ? 'middle' : ownFrom ? 'start' : 'end'}>
      {formatRate(rate)}
    </text>
  );
}

function Node({ node }: { readonly node: LayoutNode }) {
  const { component, x, y, id } = node;
  const troubled = component && component.status !== 'ok';
  const links = useLinks();
  const lost = component ? component.refusedCount + component.failedCount : 0;
  const drawn = (
    <g transform={`translate(${x} ${y})`} className={troubled ? 'node troubled' : 'node'}>
      <title>{component ? nodeTitle(component) : id}</title>
      <rect width={NODE_WIDTH} height={NODE_HEIGHT} rx="6" />
      <circle cx="14" cy="16" r="3.5" className={`status status-${component?.status ?? 'unknown'}`} />
      <text x="24" y="20" className="node-name">
        {clip(component?.componentId ?? id, 21)}
      </text>
      <text x="14" y="37" className={lost > 0 ? 'node-note lossy' : 'node-note'}>
        {nodeNote(component, lost)}
      </text>
      {component?.queueCapacity ? (
        <QueueBar size={component.queueSize ?? 0} capacity={component.queueCapacity} />
      ) : null}
    </g>
  );
  return component ? <To target={componentMetrics(links, component.kind, component.componentId)}>{drawn}</To> : drawn;
}

const QUEUE_WIDTH = 52;

function QueueBar({ size, capacity }: { readonly size: number; readonly capacity: number }) {
  const share = Math.min(1, size / capacity);
  return (
    <g transform={`translate(${NODE_WIDTH - QUEUE_WIDTH - 10} 31)`}>
      <rect width={QUEUE_WIDTH} height="5" rx="2" className="queue-room" />
      <rect
        width={Math.max(1, share * QUEUE_WIDTH)}
        height="5"
        rx="2"
        className={share >= QUEUE_WARNING ? 'queue-fill full' : 'queue-fill'}
      />
    </g>
  );
}

function nodeNote(component: ComponentView | undefined, lost: number): string {
  if (!component) return 'not reported';
  if (component.failedCount > 0) return `${formatCompact(component.failedCount)} failed`;
  if (lost > 0) return `${formatCompact(lost)} refused`;
  return component.kind;
}

function nodeTitle(component: ComponentView): string {
  const lines = [
    `${component.kind} ${component.componentId}: ${component.status.replaceAll('_', ' ')}`,
    component.statusMessage,
    `in ${formatRate(lastValue(component.inRate) ?? 0)}, out ${formatRate(lastValue(component.outRate) ?? 0)}`,
    component.queueCapacity
      ? `queue ${formatCount(component.queueSize ?? 0)} of ${formatCount(component.queueCapacity)}`
      : '',
    component.refusedCount > 0 ? `${formatCount(component.refusedCount)} refused` : '',
    component.failedCount > 0 ? `${formatCount(component.failedCount)} failed` : '',
  ];
  return lines.filter(Boolean).join('\n');
}

function clip(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
