/** The map of services as frames: nodes and lines for the drawing, lines for the table. What is drawn is bounded. */
import type { MapEdge, MapNode } from '#api/types.ts';
import { formatDuration, formatPercent, formatRate } from '../format.ts';
import { type Frame, frameOfRows, type GraphFrames } from '../frame.ts';
import type { MapLine, MapView } from './changes.ts';

/** More nodes can't be read. */
const MAX_DRAWN = 60;

export interface DrawnMap {
  readonly nodes: readonly MapNode[];
  readonly lines: readonly MapLine[];
  readonly leftOut: number;
}

const WARNING_RATIO = 0.01;
const ERROR_RATIO = 0.05;

export function toneOfRatio(ratio: number | null): '' | 'warning' | 'error' {
  if (ratio === null || ratio < WARNING_RATIO) return '';
  return ratio < ERROR_RATIO ? 'warning' : 'error';
}

export function nodeTitle({ kind, name, system }: MapNode): string {
  return name || system || kind;
}

/** Nodes whose names have the text, with what they call and what calls them; all without a text. */
export function filteredView({ nodes, lines }: MapView, filter: string): MapView {
  const needle = filter.trim().toLowerCase();
  if (needle === '') return { nodes, lines };
  const found = new Set(
    nodes.filter((node) => `${nodeTitle(node)} ${node.system}`.toLowerCase().includes(needle)).map(({ id }) => id),
  );
  const kept = lines.filter(({ source, target }) => found.has(source.id) || found.has(target.id));
  const ids = new Set([...found, ...kept.flatMap(({ source, target }) => [source.id, target.id])]);
  return { nodes: nodes.filter(({ id }) => ids.has(id)), lines: kept };
}

/** Those in trouble first, then those that changed, then those with the most traffic; a node without a line is drawn while there is room. */
export function drawnMap({ nodes, lines }: MapView, most: number = MAX_DRAWN): DrawnMap {
  const weights = new Map(nodes.map((node) => [node.id, node.requestRate]));
  const raise = ({ id }: MapNode, by: number): void => void weights.set(id, (weights.get(id) ?? 0) + by);
  const busiest = Math.max(1, ...nodes.map(({ requestRate }) => requestRate));
  for (const line of lines) {
    const trouble = line.now === undefined ? '' : toneOfRatio(line.now.errorRatio);
    const isWorse = line.changes.some((change) => change.isWorse);
    const by = trouble === 'error' || isWorse ? 3 : trouble === 'warning' || line.changes.length > 0 ? 2 : 1;
    for (const end of [line.source, line.target]) raise(end, (by * busiest) / lines.length + (by > 1 ? busiest : 0));
  }
  const sorted = nodes.toSorted((a, b) => weights.get(b.id)! - weights.get(a.id)! || (a.id < b.id ? -1 : 1));
  const drawn = new Set(sorted.slice(0, most).map(({ id }) => id));
  return {
    // In the order of the names, so that a live map does not jump.
    nodes: nodes.filter(({ id }) => drawn.has(id)).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    lines: lines
      .filter(({ source, target }) => drawn.has(source.id) && drawn.has(target.id))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    leftOut: nodes.length - drawn.size,
  };
}

export function mapFrames({ nodes, lines }: DrawnMap): GraphFrames {
  return {
    nodes: frameOfRows('nodes', nodes, {
      id: { text: ({ id }) => id },
      title: { text: nodeTitle },
      note: { text: nodeNote },
      about: { text: nodeAbout },
      state: { text: ({ errorRatio }) => toneOfRatio(errorRatio) || 'ok' },
      failed: { number: ({ errorRatio }) => (toneOfRatio(errorRatio) === 'error' ? 1 : 0), unit: '1' },
      hue: { text: ({ kind, name }) => (kind === 'service' ? name : '') },
      icon: { text: ({ kind }) => ICONS[kind] },
    }),
    edges: frameOfRows('edges', lines, {
      id: { text: ({ id }) => id },
      source: { text: ({ source }) => source.id },
      target: { text: ({ target }) => target.id },
      rate: { number: ({ now }) => now?.rate ?? 0, unit: '{request}/s' },
      text: { text: lineText },
      tone: { text: lineTone },
      about: { text: lineAbout },
    }),
  };
}

const ICONS: Readonly<Record<MapNode['kind'], string>> = {
  service: '',
  database: 'sql',
  cache: 'cache',
  queue: 'queue',
  host: 'host',
};

function lineTone({ now, changes }: MapLine): string {
  if (now === undefined) return 'gone';
  const tone = toneOfRatio(now.errorRatio);
  return tone === '' && changes.some(({ isWorse }) => isWorse) ? 'warning' : tone;
}

/** Rate and errors, then how long it takes; then what changed. */
function lineText({ now, changes }: MapLine): string {
  const changed = changes.map(({ short }) => short);
  if (now === undefined) return changed.join(' ') || 'gone';
  const errors = now.errorCount > 0 ? ` · ${formatPercent(now.errorRatio)}` : '';
  const latency = now.p50Ns === null ? [] : [`${formatDuration(now.p50Ns)} / ${formatDuration(now.p95Ns)}`];
  return [`${formatRate(now.rate)}${errors}`, ...latency, ...(changed.length > 0 ? [changed.join(' ')] : [])].join(
    '\n',
  );
}

function figures({ rate, errorRatio, p50Ns, p95Ns }: MapEdge): readonly string[] {
  const latency = p50Ns === null ? [] : [`p50 ${formatDuration(p50Ns)}, p95 ${formatDuration(p95Ns)}`];
  return [formatRate(rate), `${formatPercent(errorRatio)} failed`, ...latency];
}

function lineAbout({ source, target, now, changes }: MapLine): string {
  return [
    `${nodeTitle(source)} → ${nodeTitle(target)}`,
    ...(now === undefined ? ['no calls now'] : figures(now)),
    ...changes.map(({ text }) => text),
  ].join('\n');
}

function nodeNote({ kind, system, requestRate, p95Ns, errorRatio }: MapNode): string {
  const errors = toneOfRatio(errorRatio) === '' ? '' : ` · ${formatPercent(errorRatio)}`;
  const rate = requestRate > 0 ? `${formatRate(requestRate)}${errors}` : 'no requests';
  const what = kind === 'service' ? '' : `${system || kind} · `;
  return `${what}${rate}${p95Ns === null || kind !== 'service' ? '' : ` · ${formatDuration(p95Ns)}`}`;
}

function nodeAbout(node: MapNode): string {
  const { kind, system, requestRate, errorRatio, p50Ns, p95Ns } = node;
  const latency = p50Ns === null ? [] : [`p50 ${formatDuration(p50Ns)}, p95 ${formatDuration(p95Ns)}`];
  const what = kind === 'service' ? 'service' : [system, kind].filter(Boolean).join(' ');
  const errors = errorRatio === null ? [] : [`${formatPercent(errorRatio)} failed`];
  return [nodeTitle(node), what, formatRate(requestRate), ...errors, ...latency].join('\n');
}

/** A row per line, the worst first where nothing else is chosen. */
export function linesFrame(lines: readonly MapLine[]): Frame {
  return frameOfRows('lines', lines, {
    key: { text: ({ id }) => id },
    from: { text: ({ source }) => nodeTitle(source) },
    to: { text: ({ target }) => nodeTitle(target) },
    kind: { text: ({ target, source }) => kindOf(target, source) },
    rate: { number: ({ now }) => now?.rate ?? 0, unit: '{request}/s' },
    errors: { number: ({ now }) => (now === undefined ? null : now.errorRatio * 100), unit: '%' },
    p50: { number: ({ now }) => now?.p50Ns ?? null, unit: 'ns' },
    p95: { number: ({ now }) => now?.p95Ns ?? null, unit: 'ns' },
    changes: { text: ({ changes }) => changes.map(({ short }) => short).join(' ') },
  });
}

/** What the end that is no service is. */
function kindOf(target: MapNode, source: MapNode): string {
  const other = target.kind === 'service' ? source : target;
  return other.kind === 'service' ? 'service' : other.system || other.kind;
}
