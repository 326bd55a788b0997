import { ConfigError } from '#base';
import type { ConnectorFactory } from '#component';
import type { CollectorDocument } from '#config';
import type { PlannedComponents, PlannedPipeline } from './planned.ts';

/** One use of a connector: data goes from the end of one pipeline into the start of another. */
export interface ConnectorEdge {
  readonly connector: string;
  readonly from: PlannedPipeline;
  readonly to: PlannedPipeline;
}

/** All edges that the connectors' factories support. */
export function connectorEdges(pipelines: readonly PlannedPipeline[], components: PlannedComponents): ConnectorEdge[] {
  const edges: ConnectorEdge[] = [];
  for (const [id, component] of components.connectors) {
    const factory = component.factory as ConnectorFactory<never>;
    for (const from of pipelines) {
      if (!from.exporters.includes(id)) continue;
      for (const to of pipelines) {
        if (to.receivers.includes(id) && supports(factory, from, to)) edges.push({ connector: id, from, to });
      }
    }
  }
  return edges;
}

function supports(factory: ConnectorFactory<never>, from: PlannedPipeline, to: PlannedPipeline): boolean {
  return factory.stability.some((pair) => pair.from === from.signal && pair.to === to.signal);
}

/** Checks how connectors are used, and returns the pipelines with every pipeline after those that it feeds. */
export function checkConnectors(
  document: CollectorDocument,
  components: PlannedComponents,
  pipelines: readonly PlannedPipeline[],
  errors: ConfigError[],
): readonly PlannedPipeline[] {
  for (const entry of document.components.connectors.values()) {
    const path = `connectors::${entry.id}`;
    const twin = (['receivers', 'exporters'] as const).find((section) => document.components[section].has(entry.id));
    if (twin !== undefined) {
      const kind = twin.slice(0, -1);
      const message =
        `${path}: ambiguous ID: Found both "${entry.id}" ${kind} and "${entry.id}" connector. ` +
        `Change one of the components' IDs to eliminate ambiguity (e.g. rename "${entry.id}" connector to "${entry.id}/connector")`;
      errors.push(new ConfigError(path, message, entry.place));
    }
  }
  const edges = connectorEdges(pipelines, components);
  for (const component of components.connectors.values()) {
    const { id, place } = component;
    const exporting = pipelines.filter((pipeline) => pipeline.exporters.includes(id));
    const receiving = pipelines.filter((pipeline) => pipeline.receivers.includes(id));
    const lostEnds = exporting.filter((from) => !edges.some((edge) => edge.connector === id && edge.from === from));
    const lostStarts = receiving.filter((to) => !edges.some((edge) => edge.connector === id && edge.to === to));
    const message = (use: string, other: string, lost: readonly PlannedPipeline[]): string =>
      `connectors::${id}: connector "${id}" used as ${use} in [${lost.map((p) => p.id).join(' ')}] pipeline but not used in any supported ${other} pipeline`;
    if (lostEnds.length > 0) errors.push(new ConfigError(id, message('exporter', 'receiver', lostEnds), place));
    if (lostStarts.length > 0) errors.push(new ConfigError(id, message('receiver', 'exporter', lostStarts), place));
  }
  return inOrder(pipelines, edges, components, errors);
}

/** Depth first; a pipeline that is met again on the way down closes a cycle. */
function inOrder(
  pipelines: readonly PlannedPipeline[],
  edges: readonly ConnectorEdge[],
  components: PlannedComponents,
  errors: ConfigError[],
): readonly PlannedPipeline[] {
  const done: PlannedPipeline[] = [];
  const visit = (pipeline: PlannedPipeline, way: readonly ConnectorEdge[]): boolean => {
    if (done.includes(pipeline)) return true;
    const start = way.findIndex((edge) => edge.from === pipeline);
    if (start >= 0) {
      const cycle = way.slice(start);
      const names = [...cycle, cycle[0]!].map(printEdge).join(' -> ');
      const place = components.connectors.get(cycle[0]!.connector)!.place;
      errors.push(new ConfigError('service::pipelines', `cycle detected: ${names}`, place));
      return false;
    }
    for (const edge of edges) if (edge.from === pipeline && !visit(edge.to, [...way, edge])) return false;
    done.push(pipeline);
    return true;
  };
  for (const pipeline of pipelines) if (!visit(pipeline, [])) break;
  return done;
}

function printEdge({ connector, from, to }: ConnectorEdge): string {
  return `connector "${connector}" (${from.signal} to ${to.signal})`;
}
