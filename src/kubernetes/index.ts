export {
  clusterServer,
  type KubernetesAccess,
  type KubernetesSurroundings,
  ownNamespace,
  ownSurroundings,
  serviceAccountAuthorization,
  serviceAccountTls,
} from './access.ts';
export * from './auth.ts';
export { KubernetesClient, type KubernetesClientSettings, type ObjectSelection } from './client.ts';
export * from './config.ts';
export { KubernetesFailure } from './failure.ts';
export * from './informer.ts';
export * from './keep-fields.ts';
export { type KubeConfigChoice, kubeConfigAccess } from './kube-config.ts';
export * from './objects.ts';
export * from './resources.ts';
