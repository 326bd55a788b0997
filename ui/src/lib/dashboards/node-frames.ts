/** What a graph of nodes shows of a panel's answers: series that name two ends are edges, those with an id are nodes. */
import { formatUnit, isObject, type Panel, reduceValues, showValue } from '#dashboards';
import { visibleText } from '../foreign-text.ts';
import { frameOfRows, type GraphFrames } from '../frame.ts';
import type { PanelData, PanelSeries } from './panel-data.ts';

interface Node {
  readonly id: string;
  title: string;
  readonly notes: string[];
}

interface Edge {
  readonly source: string;
  readonly target: string;
  readonly value: number | null;
}

const MAX_NODES = 150;

export function nodeFrames(panel: Panel, { series }: PanelData): GraphFrames {
  const nodes = new Map<string, Node>();
  const edges = new Map<string, Edge>();
  const node = (id: string): Node => {
    const known = nodes.get(id) ?? { id, title: id, notes: [] };
    nodes.set(id, known);
    return known;
  };
  for (const each of series) {
    const { labels } = each;
    const value = reduceValues(each.values, 'lastNotNull');
    const source = labels.source ?? labels.client;
    const target = labels.target ?? labels.server;
    if (source !== undefined && target !== undefined) {
      node(source);
      node(target);
      // A line from a node to itself has no room.
      if (source === target) continue;
      const key = labels.id ?? `${source} → ${target}`;
      if (!edges.has(key)) edges.set(key, { source, target, value });
    } else if (labels.id !== undefined) {
      const own = node(labels.id);
      own.title = labels.title ?? own.title;
      own.notes.push(...notesOf(panel, each, value));
    }
  }
  const shown = [...nodes.values()].slice(0, MAX_NODES);
  return {
    nodes: frameOfRows('nodes', shown, {
      id: { text: ({ id }) => id },
      title: { text: ({ title }) => visibleText(title) },
      note: { text: ({ notes }) => visibleText([...new Set(notes)].slice(0, 2).join(' · ')) },
      about: { text: ({ id, title, notes }) => visibleText([title || id, ...new Set(notes)].join('\n')) },
    }),
    edges: frameOfRows('edges', [...edges.values()], {
      source: { text: ({ source }) => source },
      target: { text: ({ target }) => target },
      rate: { number: ({ value }) => value, unit: '1' },
      label: { number: ({ value }) => value, unit: '1' },
    }),
  };
}

/** What is written below a node's name: its subtitle, and its figure, or what a label gives for it. */
function notesOf({ options }: Panel, { labels, options: field }: PanelSeries, value: number | null): string[] {
  const said = isObject(options.nodes) ? options.nodes.mainStatUnit : undefined;
  const label = (name: string): string | undefined =>
    Object.entries(labels).find(([key]) => key.toLowerCase() === name)?.[1];
  const figure =
    label('mainstat') ??
    (value === null ? undefined : typeof said === 'string' ? formatUnit(said, value) : showValue(value, field).text);
  return [label('subtitle'), figure, label('secondarystat')].filter(
    (text) => text !== undefined && text !== '',
  ) as string[];
}
