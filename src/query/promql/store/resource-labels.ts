import { prometheusLabelName } from '#pdata';
import { Labels } from '../labels.ts';

/** Labels that come from a series' resource. */

/**
 * The resource attributes that people group by: they are labels without any setting. All others are labels of `target_info`. Names that an
 * attribute had before stand behind it.
 */
const PROMOTED: readonly (readonly [key: string, ...olderKeys: string[]])[] = [
  ['service.name'],
  ['service.namespace'],
  ['service.version'],
  ['deployment.environment.name', 'deployment.environment'],
  ['k8s.cluster.name'],
  ['k8s.namespace.name'],
  ['k8s.node.name'],
  ['k8s.pod.name'],
  ['k8s.container.name'],
  ['k8s.deployment.name'],
  ['k8s.statefulset.name'],
  ['k8s.daemonset.name'],
  ['k8s.job.name'],
  ['k8s.cronjob.name'],
  ['host.name'],
  ['container.name'],
];
const BY_LABEL = new Map(PROMOTED.map((keys) => [prometheusLabelName(keys[0]), keys]));

/** The attributes that may be a label; none for one that isn't promoted. */
export function promotedKeys(label: string): readonly string[] {
  return BY_LABEL.get(label) ?? [];
}

/** Whether a label says which process a series is of. */
export function isResourceLabel(label: string): boolean {
  return label === 'job' || label === 'instance' || BY_LABEL.has(label);
}

/** What tells the processes of a service apart where it has no `service.instance.id`, the first that is there. */
const INSTANCES: readonly (readonly string[])[] = [
  ['k8s.pod.name', 'k8s.container.name'],
  ['container.id'],
  ['host.name', 'process.pid'],
  ['host.name'],
];

/** A resource's attributes as texts. */
export type ResourceTexts = ReadonlyMap<string, string>;

/** The labels of a series with those of its resource; its own win. */
export function withResource(own: Labels, resource: ResourceTexts): Labels {
  const added: [string, string][] = [];
  for (const [label, keys] of BY_LABEL) {
    const value = keys.map((key) => resource.get(key)).find((text) => text !== undefined && text !== '');
    if (value !== undefined && own.get(label) === '') added.push([label, value]);
  }
  if (own.get('instance') === '' && own.get('job') !== '') {
    const instance = instanceOf(resource);
    if (instance !== '') added.push(['instance', instance]);
  }
  return added.length === 0 ? own : Labels.of([...own.pairs, ...added]);
}

function instanceOf(resource: ResourceTexts): string {
  for (const keys of INSTANCES) {
    const values = keys.map((key) => resource.get(key) ?? '');
    if (values[0] !== '') return values.filter((value) => value !== '').join(':');
  }
  return '';
}

const IDENTITY = new Set(['service.name', 'service.namespace', 'service.instance.id']);

/** The labels of a resource's `target_info`; undefined for one that has no name, as Prometheus has it. */
export function targetInfo(resource: ResourceTexts): Labels | undefined {
  const service = resource.get('service.name') ?? '';
  if (service === '') return undefined;
  const namespace = resource.get('service.namespace') ?? '';
  const instance = resource.get('service.instance.id') || instanceOf(resource);
  const others = [...resource].filter(([key]) => !IDENTITY.has(key));
  if (others.length === 0) return undefined;
  return Labels.of(
    new Map([
      ...others.map(([key, value]) => [prometheusLabelName(key), value] as const),
      ['job', namespace === '' ? service : `${namespace}/${service}`],
      ['instance', instance],
      ['__name__', 'target_info'],
    ]),
  );
}
