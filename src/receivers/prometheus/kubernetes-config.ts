import type { z } from 'zod';
import {
  boolean,
  list,
  oneOf,
  type PromHttpConfig,
  promHttpMistakes,
  promHttpShape,
  type RawPromHttp,
  strictObject,
  text,
  toPromHttp,
} from '#config';

const ROLES = ['node', 'pod', 'service', 'endpoints', 'endpointslice', 'ingress'] as const;
export type KubernetesRole = (typeof ROLES)[number];

export interface KubernetesDiscoveryConfig {
  readonly role: KubernetesRole;
  /** '' for the cluster that the collector runs in. */
  readonly apiServer: string;
  /** '' for none. */
  readonly kubeConfigFile: string;
  /** Empty: all of them. */
  readonly namespaces: readonly string[];
  readonly ownNamespace: boolean;
  readonly selectors: readonly { readonly role: KubernetesRole; readonly label: string; readonly field: string }[];
  readonly attachesNode: boolean;
  readonly attachesNamespace: boolean;
  readonly http: PromHttpConfig;
}

const selector = strictObject({
  role: oneOf(ROLES).describe('what it selects'),
  label: text('').describe('a label selector of Kubernetes'),
  field: text('').describe('a field selector of Kubernetes'),
});

/** One of `kubernetes_sd_configs` (prometheus/discovery/kubernetes@v0.316.0 SDConfig). */
export const kubernetesConfig: z.ZodType<KubernetesDiscoveryConfig> = strictObject({
  role: oneOf(ROLES).describe('what becomes a target'),
  api_server: text('').meta({ description: 'its URL', defaultText: 'that of the cluster that the collector runs in' }),
  kubeconfig_file: text('').describe('says where the API is, and who asks'),
  namespaces: strictObject({
    names: list(text()).describe('only what is in these'),
    own_namespace: boolean(false).describe("only what is in the collector's own"),
  }),
  selectors: list(selector).describe('only what these select'),
  attach_metadata: strictObject({
    node: boolean(false).describe('adds the labels and annotations of the node'),
    namespace: boolean(false).describe('adds the labels and annotations of the namespace'),
  }),
  ...promHttpShape,
})
  .superRefine((raw, context) => {
    const fail = (path: readonly string[], message: string): void =>
      context.addIssue({ code: 'custom', path: [...path], message });
    for (const { path, message } of promHttpMistakes(raw)) fail(path, message);
    if (raw.kubeconfig_file !== '') {
      if (raw.api_server !== '') fail(['api_server'], "cannot use 'kubeconfig_file' and 'api_server' simultaneously");
      if (raw.namespaces.own_namespace) {
        const path = ['namespaces', 'own_namespace'];
        fail(path, "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously");
      }
      if (!isDefaultHttp(raw)) {
        fail(['kubeconfig_file'], "cannot use a custom HTTP client configuration together with 'kubeconfig_file'");
      }
    }
    if (raw.api_server !== '' && !/^https?:\/\/[^/]/.test(raw.api_server))
      fail(['api_server'], 'must be an http or https URL');
  })
  .transform((raw) => ({
    role: raw.role,
    apiServer: raw.api_server.replace(/\/+$/, ''),
    kubeConfigFile: raw.kubeconfig_file,
    namespaces: raw.namespaces.names,
    ownNamespace: raw.namespaces.own_namespace,
    selectors: raw.selectors,
    attachesNode: raw.attach_metadata.node,
    attachesNamespace: raw.attach_metadata.namespace,
    http: toPromHttp(raw),
  }));

const DEFAULT_HTTP = JSON.stringify(strictObject(promHttpShape).parse({}));

/** Whether the block says nothing of how the API is asked. */
function isDefaultHttp(raw: RawPromHttp): boolean {
  const own = Object.fromEntries(Object.keys(promHttpShape).map((key) => [key, raw[key as keyof RawPromHttp]]));
  return JSON.stringify(own) === DEFAULT_HTTP;
}
