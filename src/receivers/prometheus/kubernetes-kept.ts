import { type FieldShape, type KubernetesKind, METADATA_SHAPE } from '#kubernetes';

const CONTAINERS = { name: true, image: true, ports: { name: true, containerPort: true, protocol: true } } as const;
const STATUSES = { name: true, containerID: true } as const;
const ENDPOINT = { ip: true, hostname: true, nodeName: true, targetRef: true } as const;

/** What targets are made of; everything else of an object is not kept in memory. */
export const KEPT: Readonly<Partial<Record<KubernetesKind, FieldShape>>> = {
  namespace: { metadata: METADATA_SHAPE },
  node: {
    metadata: METADATA_SHAPE,
    spec: { providerID: true },
    status: { addresses: true, daemonEndpoints: true },
  },
  pod: {
    metadata: METADATA_SHAPE,
    spec: { nodeName: true, containers: CONTAINERS, initContainers: CONTAINERS },
    status: {
      podIP: true,
      hostIP: true,
      phase: true,
      conditions: { type: true, status: true },
      containerStatuses: STATUSES,
      initContainerStatuses: STATUSES,
    },
  },
  service: {
    metadata: METADATA_SHAPE,
    spec: { type: true, clusterIP: true, externalName: true, ports: true },
  },
  endpoints: {
    metadata: METADATA_SHAPE,
    subsets: { ports: true, addresses: ENDPOINT, notReadyAddresses: ENDPOINT },
  },
  endpointslice: { metadata: METADATA_SHAPE, addressType: true, ports: true, endpoints: true },
  ingress: {
    metadata: METADATA_SHAPE,
    spec: { ingressClassName: true, tls: { hosts: true }, rules: true },
  },
};
