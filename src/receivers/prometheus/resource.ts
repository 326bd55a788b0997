import { isIP } from 'node:net';
import type { LabelPair } from './labels.ts';
import type { Target } from './target.ts';

/** What the labels that a discovery finds are called in OpenTelemetry. */
const KUBERNETES: readonly (readonly [label: string, attribute: string])[] = [
  ['__meta_kubernetes_pod_name', 'k8s.pod.name'],
  ['__meta_kubernetes_pod_uid', 'k8s.pod.uid'],
  ['__meta_kubernetes_pod_container_name', 'k8s.container.name'],
  ['__meta_kubernetes_namespace', 'k8s.namespace.name'],
  ['__meta_kubernetes_pod_node_name', 'k8s.node.name'],
  ['__meta_kubernetes_node_name', 'k8s.node.name'],
  ['__meta_kubernetes_endpoint_node_name', 'k8s.node.name'],
];
const CONTROLLERS: Readonly<Record<string, string>> = {
  ReplicaSet: 'k8s.replicaset.name',
  DaemonSet: 'k8s.daemonset.name',
  StatefulSet: 'k8s.statefulset.name',
  Job: 'k8s.job.name',
  CronJob: 'k8s.cronjob.name',
};

/** The resource of a target's series (prometheusreceiver@v0.165.1 internal/prom_to_otlp.go). */
export function resourceOf(target: Target, job: string, instance: string): readonly LabelPair[] {
  const { discovered } = target;
  const attributes = new Map([
    ['service.name', job],
    ['service.instance.id', instance],
  ]);
  const { host, port } = splitInstance(instance);
  if (isDiscernible(host)) attributes.set('server.address', host);
  attributes.set('server.port', port);
  attributes.set('url.scheme', discovered.get('__scheme__') ?? '');
  for (const [label, attribute] of KUBERNETES) {
    const value = discovered.get(label);
    if (value) attributes.set(attribute, value);
  }
  const controller = CONTROLLERS[discovered.get('__meta_kubernetes_pod_controller_kind') ?? ''];
  const name = discovered.get('__meta_kubernetes_pod_controller_name') ?? '';
  if (controller !== undefined && name !== '') attributes.set(controller, name);
  return [...attributes];
}

/** As Go's net.SplitHostPort; where that fails all of it is the host. */
function splitInstance(instance: string): { readonly host: string; readonly port: string } {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(instance);
  return match === null ? { host: instance, port: '' } : { host: match[1] ?? match[2]!, port: match[3]! };
}

/** Whether others know the host by this name, too. */
function isDiscernible(host: string): boolean {
  const family = isIP(host);
  if (family === 4) return !host.startsWith('127.') && host !== '0.0.0.0';
  if (family === 6) return host !== '::1' && host !== '::';
  return host !== 'localhost';
}
