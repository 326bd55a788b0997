import { hostname } from 'node:os';
import { arch, pid, platform, versions } from 'node:process';
import { defaultResource, type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { Random } from './random.ts';

export interface Deployment {
  readonly service: string;
  readonly version: string;
  readonly region: string;
}

/**
 * Who an instance is: the service, its version, and the place in a Kubernetes cluster where it would run. The
 * cluster is made up, the host and the runtime are the real ones.
 */
export function describeInstance({ service, version, region }: Deployment, random: Random): Resource {
  const pod = `${service}-${letters(random, 9)}-${letters(random, 5)}`;
  return defaultResource().merge(
    resourceFromAttributes({
      'service.name': service,
      'service.namespace': 'shop',
      'service.version': version,
      'service.instance.id': pod,
      'deployment.environment.name': 'demo',
      'cloud.region': region,
      'host.name': hostname(),
      'host.arch': arch === 'x64' ? 'amd64' : arch,
      'os.type': platform,
      'process.pid': pid,
      'process.runtime.name': 'nodejs',
      'process.runtime.version': versions.node,
      'k8s.cluster.name': 'shop-demo',
      'k8s.namespace.name': 'shop',
      'k8s.deployment.name': service,
      'k8s.pod.name': pod,
      'k8s.node.name': `node-${random.integer(1, 3)}.${region}`,
      'container.image.name': `shop/${service}`,
      'container.image.tags': [version, 'stable'],
    }),
  );
}

function letters(random: Random, count: number): string {
  return Array.from({ length: count }, () => random.pick([...'bcdfghjklmnpqrstvwxz2456789'])).join('');
}
