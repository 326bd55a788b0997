import { integer, number, oneOf, type ShapeOf, text } from '#config';

const AUTH_TYPES = ['serviceAccount', 'kubeConfig', 'none', 'tls'] as const;

/** Who asks the API, and where it is (otelcol-contrib internal/k8sconfig APIConfig). */
export interface KubernetesAuthConfig {
  readonly authType: (typeof AUTH_TYPES)[number];
  /** Of the kubeconfig; '' for its own current one. */
  readonly context: string;
}

/** What the YAML says, key by key. */
export interface RawKubernetesAuth {
  readonly auth_type: (typeof AUTH_TYPES)[number];
  readonly context: string;
  readonly kube_api_qps: number;
  readonly kube_api_burst: number;
}

const FEW_REQUESTS = 'a kind of objects costs one request each five minutes, and there is nothing to hold back';

/** The keys, for a component that asks the API. Read them with `toKubernetesAuth`. */
export const kubernetesAuthShape: ShapeOf<RawKubernetesAuth> = {
  auth_type: oneOf(AUTH_TYPES, 'serviceAccount').meta({
    description: 'who asks the API of the cluster',
    words: {
      serviceAccount: 'the service account of the pod that the collector runs in',
      kubeConfig: 'what the file of `KUBECONFIG`, or `~/.kube/config`, says',
      none: 'nobody: the API is asked without credentials, and its certificate is not checked',
      tls: 'not usable, and refused: no otelcol can start with it',
    },
  }),
  context: text('').meta({ description: 'of the kubeconfig', defaultText: 'its current one' }),
  kube_api_qps: number(0, { min: 0 }).meta({
    description: 'requests a second at most',
    idle: { why: FEW_REQUESTS, quiet: [0] },
  }),
  kube_api_burst: integer(0, { min: 0 }).meta({
    description: 'requests at once at most',
    idle: { why: FEW_REQUESTS, quiet: [0] },
  }),
};

export function toKubernetesAuth(raw: RawKubernetesAuth): KubernetesAuthConfig {
  return { authType: raw.auth_type, context: raw.context };
}

/** Mistakes over the keys of the shape, for the component's `validate`. */
export function kubernetesAuthMistakes({ authType }: KubernetesAuthConfig): { path: string[]; message: string }[] {
  if (authType !== 'tls') return [];
  return [
    { path: ['auth_type'], message: 'tls has never worked in otelcol; use kubeConfig with a client certificate' },
  ];
}
