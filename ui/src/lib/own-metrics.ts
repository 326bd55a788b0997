/** What the collector says of one component: its metrics carry the component's id as a label called as its kind. */
import { withTerm } from './filter-text.ts';
import type { Links, Target } from './links.ts';

export function componentMetrics(links: Links, kind: string, componentId: string): Target {
  return links.metrics({ own: true, find: `otelcol_${kind}_`, q: withTerm('', kind, '=', componentId) });
}

/** Of what the list of losses names: `exporter/otlp`; undefined for what is no component. */
export function lossMetrics(links: Links, component: string): Target | undefined {
  const [, kind, id] = /^(receiver|processor|exporter)[/ ](.+)$/s.exec(component) ?? [];
  return kind === undefined ? undefined : componentMetrics(links, kind, id!);
}
