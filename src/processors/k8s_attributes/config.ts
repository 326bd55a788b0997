import { boolean, list, oneOf, positiveDuration, type Schema, strictObject, text } from '#config';
import { type KubernetesAuthConfig, kubernetesAuthMistakes, kubernetesAuthShape, toKubernetesAuth } from '#kubernetes';
import { Pattern } from '#lang/pattern';

/** Everything that `extract.metadata` can name, in the order of otelcol's documentation. */
const METADATA = [
  'k8s.namespace.name',
  'k8s.pod.name',
  'k8s.pod.uid',
  'k8s.pod.hostname',
  'k8s.pod.start_time',
  'k8s.pod.ip',
  'k8s.deployment.name',
  'k8s.deployment.uid',
  'k8s.replicaset.name',
  'k8s.replicaset.uid',
  'k8s.daemonset.name',
  'k8s.daemonset.uid',
  'k8s.statefulset.name',
  'k8s.statefulset.uid',
  'k8s.job.name',
  'k8s.job.uid',
  'k8s.cronjob.name',
  'k8s.cronjob.uid',
  'k8s.node.name',
  'k8s.node.uid',
  'k8s.cluster.uid',
  'k8s.container.name',
  'container.id',
  'container.image.name',
  'container.image.tag',
  'container.image.tags',
  'container.image.repo_digests',
  'service.namespace',
  'service.name',
  'service.version',
  'service.instance.id',
] as const;
export type Metadata = (typeof METADATA)[number];

const DEFAULT_METADATA: readonly Metadata[] = [
  'container.image.name',
  'container.image.tag',
  'k8s.deployment.name',
  'k8s.namespace.name',
  'k8s.node.name',
  'k8s.pod.name',
  'k8s.pod.start_time',
  'k8s.pod.uid',
];

/** Whose labels and annotations can be taken. */
const FIELD_SOURCES = [
  'pod',
  'namespace',
  'node',
  'deployment',
  'replicaset',
  'statefulset',
  'daemonset',
  'job',
  'cronjob',
] as const;
export type FieldSource = (typeof FIELD_SOURCES)[number];

export interface FieldConfig {
  /** '' for the usual name. */
  readonly tagName: string;
  /** One of the two is ''. */
  readonly key: string;
  readonly keyRegex: string;
  readonly from: FieldSource;
}

export interface FilterTerm {
  readonly key: string;
  readonly value: string;
  readonly op: '' | 'equals' | 'not-equals' | 'exists' | 'does-not-exist';
}

export interface AssociationSource {
  /** `connection` or `resource_attribute`; others are as good as nothing. */
  readonly from: string;
  /** Of the attribute; '' for the connection. */
  readonly name: string;
}

/** What users write under `k8s_attributes:` (otelcol-contrib processor/k8sattributesprocessor@v0.160.0). */
export interface K8sAttributesConfig {
  readonly auth: KubernetesAuthConfig;
  readonly isPassthrough: boolean;
  readonly metadata: readonly Metadata[];
  readonly labels: readonly FieldConfig[];
  readonly annotations: readonly FieldConfig[];
  readonly takesOtelAnnotations: boolean;
  readonly guessesDeployments: boolean;
  readonly filter: {
    readonly node: string;
    readonly nodeFromEnvVar: string;
    readonly namespace: string;
    readonly fields: readonly FilterTerm[];
    readonly labels: readonly FilterTerm[];
  };
  /** Empty: the usual ones. */
  readonly associations: readonly (readonly AssociationSource[])[];
  readonly excludedPods: readonly string[];
  readonly waitsForMetadata: boolean;
  readonly waitTimeoutMs: number;
  readonly resyncMs: number;
  readonly deleteGraceMs: number;
}

const pattern = text('').refine((source) => isPattern(source), { error: 'is no regular expression of RE2' });

function isPattern(source: string): boolean {
  try {
    new Pattern(`^(?:${source})$`);
    return true;
  } catch {
    return false;
  }
}

const field = strictObject({
  tag_name: text('').meta({
    description: 'the name of the attribute; with groups of `key_regex` as `$$1`',
    defaultText: '`k8s.pod.labels.<key>` and the like',
  }),
  key: text('').describe('the name of the label or annotation'),
  key_regex: pattern.describe('takes all whose whole name matches'),
  from: oneOf([...FIELD_SOURCES, ''], 'pod').describe('whose it is'),
}).transform((raw) => ({ tagName: raw.tag_name, key: raw.key, keyRegex: raw.key_regex, from: raw.from || 'pod' }));

const OPERATIONS = ['', 'equals', 'not-equals', 'exists', 'does-not-exist'] as const;
const labelFilter = strictObject({
  key: text('').describe('the name of the label'),
  value: text('').describe('for `equals` and `not-equals`'),
  op: oneOf(OPERATIONS, '').meta({ description: 'how it must be', defaultText: '`equals`' }),
});
const fieldFilter = strictObject({
  key: text('').describe('the path of the field, as the API can select by it: `spec.nodeName`'),
  value: text('').describe('what it is compared with'),
  op: oneOf(['', 'equals', 'not-equals'], '').meta({ description: 'how it must be', defaultText: '`equals`' }),
});

const filter = strictObject({
  node: text('').describe('pods of other nodes are not known'),
  node_from_env_var: text('').describe('the same, with the name of the node in a variable of the environment'),
  namespace: text('').describe('pods of other namespaces are not known'),
  fields: list(fieldFilter).describe('only pods whose fields are like this are known'),
  labels: list(labelFilter).describe('only pods whose labels are like this are known'),
});

const extract = strictObject({
  metadata: list(oneOf(METADATA), DEFAULT_METADATA).meta({
    description: 'the attributes to add',
    defaultText: DEFAULT_METADATA.map((name) => `\`${name}\``).join(', '),
  }),
  labels: list(field).describe('labels to add as attributes'),
  annotations: list(field).describe('annotations to add as attributes'),
  otel_annotations: boolean(false).describe(
    'adds `NAME` for each annotation `resource.opentelemetry.io/NAME` of the pod',
  ),
  deployment_name_from_replicaset: boolean(true).describe(
    'the name of a deployment is that of its ReplicaSet without the hash, as it always is from otelcol 0.155 on; false asks the API for all ReplicaSets',
  ),
});

const association = strictObject({
  sources: list(
    strictObject({
      from: text('').describe('`connection`, the address of the sender, or `resource_attribute`'),
      name: text('').describe('of the attribute'),
    }),
  ).describe('up to four, which must all be there'),
}).transform(({ sources }) => sources.map(({ from, name }) => ({ from, name: from === 'connection' ? '' : name })));

const EXCLUDED = ['jaeger-agent', 'jaeger-collector'];

export const k8sAttributesSchema: Schema<K8sAttributesConfig> = strictObject({
  ...kubernetesAuthShape,
  passthrough: boolean(false).describe('adds only `k8s.pod.ip` from the connection, and asks no API'),
  extract: extract.describe('what is added'),
  filter: filter.describe('which pods are known'),
  pod_association: list(association).meta({
    description: 'how a pod is found: the first rule whose sources are all there decides',
    defaultText: '`k8s.pod.ip`, `ip`, the connection, `host.name` if it is an address',
  }),
  exclude: strictObject({
    pods: list(strictObject({ name: pattern.describe('a regular expression for a part of the name') })).meta({
      description: 'pods that nothing is added for',
      defaultText: '`jaeger-agent`, `jaeger-collector`',
    }),
  }),
  wait_for_metadata: boolean(false).describe('starts when all pods are known'),
  wait_for_metadata_timeout: positiveDuration(10_000).describe('the collector does not start where that takes longer'),
  watch_sync_period: positiveDuration(300_000).describe('what is known is worked out again so often; 0 for never'),
  pod_delete_grace_period: positiveDuration(120_000).describe('a pod is known for so long after its end'),
}).transform((raw) => ({
  auth: toKubernetesAuth(raw),
  isPassthrough: raw.passthrough,
  metadata: raw.extract.metadata,
  labels: raw.extract.labels,
  annotations: raw.extract.annotations,
  takesOtelAnnotations: raw.extract.otel_annotations,
  guessesDeployments: raw.extract.deployment_name_from_replicaset,
  filter: {
    node: raw.filter.node,
    nodeFromEnvVar: raw.filter.node_from_env_var,
    namespace: raw.filter.namespace,
    fields: raw.filter.fields,
    labels: raw.filter.labels,
  },
  associations: raw.pod_association,
  excludedPods: raw.exclude.pods.length === 0 ? EXCLUDED : raw.exclude.pods.map(({ name }) => name),
  waitsForMetadata: raw.wait_for_metadata,
  waitTimeoutMs: raw.wait_for_metadata_timeout,
  resyncMs: raw.watch_sync_period,
  deleteGraceMs: raw.pod_delete_grace_period,
}));

const SOURCES_LIMIT = 4;

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateK8sAttributes(config: K8sAttributesConfig): readonly Mistake[] {
  const mistakes: Mistake[] = kubernetesAuthMistakes(config.auth);
  const seen = new Set<string>();
  config.associations.forEach((sources, i) => {
    const path = ['pod_association', i];
    if (sources.length > SOURCES_LIMIT)
      mistakes.push({ path, message: `too many association sources, the limit is ${SOURCES_LIMIT}` });
    const key = sources
      .map(({ from, name }) => `${from}/${name}`)
      .sort()
      .join(',');
    if (seen.has(key)) mistakes.push({ path, message: `duplicate pod association: ${key}` });
    seen.add(key);
  });
  for (const kind of ['labels', 'annotations'] as const) {
    config[kind].forEach(({ key, keyRegex }, i) => {
      if (key === '' || keyRegex === '') return;
      mistakes.push({ path: ['extract', kind, i], message: 'takes either key or key_regex, not both' });
    });
  }
  return mistakes;
}
