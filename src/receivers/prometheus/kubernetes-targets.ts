import type {
  Container,
  EndpointSlice,
  Endpoints,
  Ingress,
  KubernetesNode,
  KubernetesObject,
  Pod,
  Service,
  TargetRef,
} from '#kubernetes';
import { keyOf } from '#kubernetes';
import type { TargetGroup } from './target.ts';

/** Objects that others refer to, by `namespace/name`; nodes and namespaces by their name. */
export interface KubernetesWorld {
  readonly pods: ReadonlyMap<string, Pod>;
  readonly services: ReadonlyMap<string, Service>;
  readonly nodes: ReadonlyMap<string, KubernetesNode>;
  readonly namespaces: ReadonlyMap<string, KubernetesObject>;
}

type Labels = Map<string, string>;
const META = '__meta_kubernetes_';

/** Labels and annotations of an object, and that they are there: their values may be empty. */
function addMetadata(labels: Labels, prefix: string, object: KubernetesObject | undefined): void {
  const { labels: own = {}, annotations = {} } = object?.metadata ?? {};
  for (const [kind, entries] of [
    ['label', own],
    ['annotation', annotations],
  ] as const) {
    for (const [key, value] of Object.entries(entries)) {
      const name = key.replace(/[^a-zA-Z0-9_]/g, '_');
      labels.set(`${META}${prefix}_${kind}_${name}`, value);
      labels.set(`${META}${prefix}_${kind}present_${name}`, 'true');
    }
  }
}

function set(labels: Labels, name: string, value: string | number | boolean | undefined): void {
  if (value !== undefined && value !== '') labels.set(META + name, String(value));
}

function address(host: string, port: number | undefined): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return port === undefined ? shown : `${shown}:${port}`;
}

function baseOf(object: KubernetesObject, kind: string, world: KubernetesWorld): Labels {
  const labels: Labels = new Map();
  const { namespace = '', name } = object.metadata ?? {};
  set(labels, 'namespace', namespace);
  set(labels, `${kind}_name`, name);
  addMetadata(labels, kind, object);
  addMetadata(labels, 'namespace', world.namespaces.get(namespace));
  return labels;
}

/** A target for each port of each container; a container without ports is one without. */
export function podGroup(pod: Pod, world: KubernetesWorld): TargetGroup | undefined {
  const ip = pod.status?.podIP ?? '';
  // One that has no address yet can't be asked.
  if (ip === '') return undefined;
  const targets: Labels[] = [];
  for (const [containers, isInit] of [
    [pod.spec?.containers ?? [], false],
    [pod.spec?.initContainers ?? [], true],
  ] as const) {
    for (const container of containers) {
      const ports = container.ports ?? [];
      if (ports.length === 0) targets.push(containerLabels(pod, container, isInit, address(ip, undefined)));
      for (const { containerPort, name, protocol = 'TCP' } of ports) {
        const labels = containerLabels(pod, container, isInit, address(ip, containerPort));
        set(labels, 'pod_container_port_name', name);
        set(labels, 'pod_container_port_number', containerPort);
        set(labels, 'pod_container_port_protocol', protocol);
        targets.push(labels);
      }
    }
  }
  return { targets, labels: podLabels(pod, world) };
}

function containerLabels(pod: Pod, container: Container, isInit: boolean, at: string): Labels {
  const labels: Labels = new Map([['__address__', at]]);
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const statuses = isInit ? initContainerStatuses : containerStatuses;
  set(labels, 'pod_container_name', container.name);
  set(labels, 'pod_container_image', container.image);
  set(labels, 'pod_container_id', statuses.find(({ name }) => name === container.name)?.containerID);
  set(labels, 'pod_container_init', isInit);
  return labels;
}

function podLabels(pod: Pod, world: KubernetesWorld): Labels {
  const labels = baseOf(pod, 'pod', world);
  const { podIP, hostIP, phase, conditions = [] } = pod.status ?? {};
  const ready = conditions.find(({ type }) => type === 'Ready')?.status ?? 'unknown';
  set(labels, 'pod_ip', podIP);
  set(labels, 'pod_ready', ready.toLowerCase());
  set(labels, 'pod_phase', phase);
  set(labels, 'pod_node_name', pod.spec?.nodeName);
  set(labels, 'pod_host_ip', hostIP);
  set(labels, 'pod_uid', pod.metadata?.uid);
  const owner = pod.metadata?.ownerReferences?.find(({ controller }) => controller === true);
  set(labels, 'pod_controller_kind', owner?.kind);
  set(labels, 'pod_controller_name', owner?.name);
  addNode(labels, world.nodes.get(pod.spec?.nodeName ?? ''));
  return labels;
}

function addNode(labels: Labels, node: KubernetesNode | undefined): void {
  if (node === undefined) return;
  set(labels, 'node_name', node.metadata?.name);
  addMetadata(labels, 'node', node);
}

/** The kubelet of a node. */
export function nodeGroup(node: KubernetesNode): TargetGroup | undefined {
  const addresses = node.status?.addresses ?? [];
  const preferred = ['InternalIP', 'InternalDNS', 'ExternalIP', 'ExternalDNS', 'LegacyHostIP', 'Hostname'];
  const found = preferred.map((kind) => addresses.find(({ type }) => type === kind)).find((one) => one !== undefined);
  if (found?.address === undefined) return undefined;
  const labels: Labels = new Map();
  addNode(labels, node);
  set(labels, 'node_provider_id', node.spec?.providerID);
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port;
  const target: Labels = new Map([
    ['__address__', address(found.address, port)],
    ['instance', node.metadata?.name ?? ''],
  ]);
  const seen = new Set<string>();
  for (const { type = '', address: at } of addresses) {
    if (seen.has(type)) continue;
    seen.add(type);
    set(target, `node_address_${type.replace(/[^a-zA-Z0-9_]/g, '_')}`, at);
  }
  return { targets: [target], labels };
}

/** A target for each port of a service, by its name in the cluster. */
export function serviceGroup(service: Service, world: KubernetesWorld): TargetGroup {
  const { name = '', namespace = '' } = service.metadata ?? {};
  const targets = (service.spec?.ports ?? []).map(({ port, name: portName, protocol = 'TCP' }) => {
    const labels: Labels = new Map([['__address__', address(`${name}.${namespace}.svc`, port)]]);
    set(labels, 'service_port_name', portName);
    set(labels, 'service_port_number', port);
    set(labels, 'service_port_protocol', protocol);
    set(labels, 'service_type', service.spec?.type);
    if (service.spec?.type === 'ExternalName') set(labels, 'service_external_name', service.spec.externalName);
    else set(labels, 'service_cluster_ip', service.spec?.clusterIP);
    return labels;
  });
  return { targets, labels: baseOf(service, 'service', world) };
}

function addService(labels: Labels, service: Service | undefined): void {
  if (service === undefined) return;
  set(labels, 'service_name', service.metadata?.name);
  addMetadata(labels, 'service', service);
}

/** A target for each address and port behind a service, with what is known of the pod. */
export function endpointsGroup(endpoints: Endpoints, world: KubernetesWorld): TargetGroup {
  const labels = baseOf(endpoints, 'endpoints', world);
  addService(labels, world.services.get(keyOf(endpoints)));
  const targets: Labels[] = [];
  for (const { ports = [], addresses = [], notReadyAddresses = [] } of endpoints.subsets ?? []) {
    for (const port of ports.length === 0 ? [{}] : ports) {
      for (const [list, isReady] of [
        [addresses, true],
        [notReadyAddresses, false],
      ] as const) {
        for (const { ip = '', hostname, nodeName, targetRef } of list) {
          const target = pointLabels('endpoint', address(ip, port.port), port);
          set(target, 'endpoint_ready', isReady);
          set(target, 'endpoint_hostname', hostname);
          set(target, 'endpoint_node_name', nodeName);
          set(target, 'endpoint_address_target_kind', targetRef?.kind);
          set(target, 'endpoint_address_target_name', targetRef?.name);
          addTarget(target, targetRef, endpoints, port.port, nodeName, world);
          targets.push(target);
        }
      }
    }
  }
  return { targets, labels };
}

export function endpointSliceGroup(slice: EndpointSlice, world: KubernetesWorld): TargetGroup {
  const labels = baseOf(slice, 'endpointslice', world);
  set(labels, 'endpointslice_address_type', slice.addressType);
  const { namespace = '', labels: own = {} } = slice.metadata ?? {};
  addService(labels, world.services.get(`${namespace}/${own['kubernetes.io/service-name'] ?? ''}`));
  const targets: Labels[] = [];
  for (const port of slice.ports ?? []) {
    for (const endpoint of slice.endpoints ?? []) {
      for (const ip of endpoint.addresses ?? []) {
        const target = pointLabels('endpointslice', address(ip, port.port), port);
        set(target, 'endpointslice_port', port.port);
        const { ready, serving, terminating } = endpoint.conditions ?? {};
        set(target, 'endpointslice_endpoint_conditions_ready', ready);
        set(target, 'endpointslice_endpoint_conditions_serving', serving);
        set(target, 'endpointslice_endpoint_conditions_terminating', terminating);
        set(target, 'endpointslice_endpoint_hostname', endpoint.hostname);
        set(target, 'endpointslice_endpoint_node_name', endpoint.nodeName);
        set(target, 'endpointslice_address_target_kind', endpoint.targetRef?.kind);
        set(target, 'endpointslice_address_target_name', endpoint.targetRef?.name);
        addTarget(target, endpoint.targetRef, slice, port.port, endpoint.nodeName, world);
        targets.push(target);
      }
    }
  }
  return { targets, labels };
}

function pointLabels(
  kind: 'endpoint' | 'endpointslice',
  at: string,
  port: { readonly name?: string; readonly protocol?: string; readonly appProtocol?: string },
): Labels {
  const labels: Labels = new Map([['__address__', at]]);
  set(labels, `${kind}_port_name`, port.name);
  set(labels, `${kind}_port_protocol`, port.protocol);
  set(labels, `${kind}_port_app_protocol`, port.appProtocol);
  return labels;
}

/** What is known of the pod or node that an address belongs to. */
function addTarget(
  labels: Labels,
  reference: TargetRef | undefined,
  from: KubernetesObject,
  port: number | undefined,
  nodeName: string | undefined,
  world: KubernetesWorld,
): void {
  addNode(labels, world.nodes.get((reference?.kind === 'Node' ? reference.name : nodeName) ?? ''));
  if (reference?.kind !== 'Pod') return;
  const pod = world.pods.get(`${reference.namespace ?? from.metadata?.namespace ?? ''}/${reference.name ?? ''}`);
  if (pod === undefined) return;
  for (const [name, value] of podLabels(pod, world)) labels.set(name, value);
  for (const container of pod.spec?.containers ?? []) {
    const own = container.ports?.find(({ containerPort }) => containerPort === port);
    if (own === undefined) continue;
    set(labels, 'pod_container_name', container.name);
    set(labels, 'pod_container_image', container.image);
    set(labels, 'pod_container_port_name', own.name);
    set(labels, 'pod_container_port_number', own.containerPort);
    set(labels, 'pod_container_port_protocol', own.protocol ?? 'TCP');
  }
}

/** A target for each path of an ingress. */
export function ingressGroup(ingress: Ingress, world: KubernetesWorld): TargetGroup {
  const labels = baseOf(ingress, 'ingress', world);
  set(labels, 'ingress_class_name', ingress.spec?.ingressClassName);
  const secure = new Set((ingress.spec?.tls ?? []).flatMap(({ hosts = [] }) => hosts));
  const isSecure = (host: string): boolean => secure.has(host) || secure.has(host.replace(/^[^.]*/, '*'));
  const targets = (ingress.spec?.rules ?? []).flatMap(({ host = '', http }) => {
    const paths = http?.paths?.map(({ path }) => path || '/') ?? ['/'];
    return paths.map((path) => {
      const target: Labels = new Map([['__address__', host]]);
      set(target, 'ingress_scheme', isSecure(host) ? 'https' : 'http');
      set(target, 'ingress_host', host);
      set(target, 'ingress_path', path);
      return target;
    });
  });
  return { targets, labels };
}
