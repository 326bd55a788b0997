import { type ConfigNode, placeAt } from '#config';
import type { Finding } from '../finding.ts';
import { itemsAt, type Manifest, textAt } from './companion.ts';

const WORKLOADS = ['DaemonSet', 'Deployment', 'StatefulSet'];
/** Where a workload has the description of its pods. */
export const POD: readonly string[] = ['spec', 'template', 'spec'];

/** A workload that runs the collector, and the container in it. */
export interface Workload {
  readonly manifest: Manifest;
  readonly container: ConfigNode;
  readonly path: readonly (string | number)[];
}

export function workloadsIn(manifests: readonly Manifest[]): Workload[] {
  return manifests
    .filter(({ kind }) => WORKLOADS.includes(kind))
    .flatMap((manifest) => {
      const containers = itemsAt(manifest.root, ...POD, 'containers');
      const index = containers.findIndex(isCollector);
      return index < 0 ? [] : [{ manifest, container: containers[index]!, path: [...POD, 'containers', index] }];
    });
}

function isCollector(container: ConfigNode): boolean {
  const words = [...itemsAt(container, 'args'), ...itemsAt(container, 'command')].map((item) => textAt(item) ?? '');
  return (
    /otelcol|opentelemetry-collector|signalbox/.test(textAt(container, 'image') ?? '') ||
    words.some((word) => word.startsWith('--config'))
  );
}

export function warn(manifest: Manifest, rule: string, path: readonly (string | number)[], text: string): Finding {
  const message = `${manifest.kind} ${manifest.name}: ${text}`;
  return { level: 'warning', rule, message, place: placeAt(manifest.root, path) };
}
