import type { ProcessorFactory } from '#component';
import { type KubernetesSurroundings, ownSurroundings } from '#kubernetes';
import { Cluster } from './cluster.ts';
import { type K8sAttributesConfig, k8sAttributesSchema, validateK8sAttributes } from './config.ts';
import { K8sAttributesProcessor } from './k8s-attributes.ts';

/** A factory for the given surroundings. */
export function createK8sAttributesFactory(
  surroundings: KubernetesSurroundings,
): ProcessorFactory<K8sAttributesConfig> {
  // The pipelines that name the same processor share its configuration, and so what is known of the cluster.
  const clusters = new WeakMap<K8sAttributesConfig, Cluster>();
  return {
    kind: 'processor',
    type: 'k8s_attributes',
    aliases: ['k8sattributes'],
    description: 'Adds what the API of a Kubernetes cluster says of the pods that telemetry comes from',
    stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
    schema: k8sAttributesSchema,
    validate: validateK8sAttributes,
    create: (settings, config, signal, next) => {
      const cluster = clusters.get(config) ?? new Cluster(config, settings, surroundings);
      clusters.set(config, cluster);
      return new K8sAttributesProcessor(settings, config, signal, { cluster, next });
    },
  };
}

export const k8sAttributesFactory: ProcessorFactory<K8sAttributesConfig> = createK8sAttributesFactory(ownSurroundings);
