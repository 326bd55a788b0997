import { StartError } from '#base';
import {
  clientWith,
  clusterServer,
  type KubernetesAccess,
  type KubernetesSurroundings,
  ownSurroundings,
  serviceAccountAccess,
} from './access.ts';
import type { KubernetesAuthConfig } from './config.ts';
import { kubeConfigAccess } from './kube-config.ts';

/**
 * Where nothing is configured: a kubeconfig that is named, the cluster around, or the kubeconfig at home (controller-runtime GetConfig). Throws a
 * StartError where there is none of them.
 */
export async function foundAccess(surroundings: KubernetesSurroundings = ownSurroundings): Promise<KubernetesAccess> {
  const { KUBECONFIG: named = '', KUBERNETES_SERVICE_HOST: host = '' } = surroundings.env;
  return named === '' && host !== '' ? serviceAccountAccess(surroundings) : kubeConfigAccess({}, surroundings);
}

/** Throws a StartError that says what is missing. */
export async function accessOf(
  config: KubernetesAuthConfig,
  surroundings: KubernetesSurroundings = ownSurroundings,
): Promise<KubernetesAccess> {
  switch (config.authType) {
    case 'kubeConfig':
      return kubeConfigAccess({ context: config.context }, surroundings);
    case 'none':
      return {
        server: clusterServer(surroundings),
        client: clientWith({ insecure_skip_verify: true }),
        isDirect: true,
        authorize: async () => ({}),
      };
    case 'serviceAccount':
      return serviceAccountAccess(surroundings);
    case 'tls':
      throw new StartError('auth_type tls is not usable', 'use kubeConfig with a client certificate');
  }
}
