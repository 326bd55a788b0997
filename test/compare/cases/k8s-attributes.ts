import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesKind } from '#kubernetes';
import { FakeKubernetesApi } from '#kubernetes/testing.ts';
import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { atMs, i, id, list, pairs, SPAN_ID, s, TRACE_ID } from '../lib/samples.ts';
import { CLUSTER, PODS } from './k8s-cluster.ts';

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
];

type Attributes = Readonly<Record<string, ReferenceObject>>;

/** A pod that wants nothing to be added: in cases of its own. */
const IGNORED = 'ignored';
const TOLD = PODS.filter(({ metadata }) => metadata?.name !== IGNORED);

/** Resources that say in every way which pod they are from, and some that don't. */
const RESOURCES: readonly Attributes[] = [
  ...TOLD.filter(({ status }) => status?.podIP !== '').map(({ status }) => ({ 'k8s.pod.ip': s(status!.podIP!) })),
  ...TOLD.map(({ metadata }) => ({ 'k8s.pod.uid': s(metadata!.uid!) })),
  ...TOLD.map(({ metadata }) => ({
    'k8s.pod.name': s(metadata!.name!),
    'k8s.namespace.name': s(metadata!.namespace!),
  })),
  ...['app', 'side', 'setup', 'nobody'].flatMap((name) => [
    { 'k8s.pod.uid': s('uid-pod-two'), 'k8s.pod.ip': s('10.1.0.21'), 'k8s.container.name': s(name) },
    { 'container.id': s(`id-two-${name}`), 'k8s.pod.uid': s('uid-pod-two') },
  ]),
  ...['digest', 'bad', 'worse', 'empty', 'unusual', 'v6', 'waiting'].map((name) => ({
    'k8s.pod.uid': s('uid-pod-images'),
    'k8s.pod.ip': s('10.1.0.22'),
    'k8s.container.name': s(name),
  })),
  ...[s('2'), i(2), s('1'), i(0), s('x'), s(''), s('+2')].map((restarts) => ({
    'k8s.pod.uid': s('uid-pod-two'),
    'k8s.container.name': s('app'),
    'k8s.container.restart_count': restarts,
  })),
  { ip: s('10.1.0.10') },
  { 'host.name': s('10.1.0.10') },
  { 'host.name': s('cart-7d9f-x') },
  { 'host.name': s('fd00::5') },
  { 'k8s.pod.ip': i(5) },
  { 'k8s.pod.ip': s('') },
  { 'k8s.pod.ip': s('10.9.9.9') },
  { 'k8s.pod.ip': s('10.1.0.10'), 'k8s.pod.name': s('mine'), 'k8s.node.name': s(''), 'k8s.namespace.name': i(7) },
  {
    'k8s.pod.uid': s('uid-pod-cart-7d9f-x'),
    'k8s.deployment.name': list(),
    'service.name': s('own'),
    'container.id': s('own'),
  },
  { 'k8s.namespace.name': s('shop') },
  { 'k8s.node.name': s('node-2') },
  { 'k8s.deployment.uid': s('uid-deployment-cart') },
  { 'k8s.cronjob.uid': s('uid-cronjob-nightly-by-owner') },
  { 'k8s.pod.labels.app': s('cart') },
  { 'service.name': s('nobody') },
  {},
];

/** Each pod once, and containers: for cases that ask for one thing. */
const FEW: readonly Attributes[] = [
  ...TOLD.map(({ metadata }) => ({ 'k8s.pod.uid': s(metadata!.uid!) })),
  ...['app', 'side', 'setup'].map((name) => ({ 'k8s.pod.uid': s('uid-pod-two'), 'k8s.container.name': s(name) })),
  {},
];

const spansOf = (resources: readonly Attributes[]) => ({
  resourceSpans: resources.map((attributes) => ({
    resource: { attributes: pairs(attributes) },
    scopeSpans: [
      {
        spans: [
          {
            traceId: id(TRACE_ID),
            spanId: id(SPAN_ID),
            name: 'a',
            startTimeUnixNano: atMs(0),
            endTimeUnixNano: atMs(1),
          },
        ],
      },
    ],
  })),
});
const spans = spansOf(RESOURCES);
const logs = {
  resourceLogs: RESOURCES.map((attributes) => ({
    resource: { attributes: pairs(attributes) },
    scopeLogs: [{ logRecords: [{ timeUnixNano: atMs(0), body: s('a') }] }],
  })),
};
const metrics = {
  resourceMetrics: RESOURCES.map((attributes) => ({
    resource: { attributes: pairs(attributes) },
    scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: [{ timeUnixNano: atMs(0), asInt: '1' }] } }] }],
  })),
};
const INPUTS = { traces: spans, logs, metrics } as const;

function one(name: string, block: object, signal: keyof typeof INPUTS = 'traces'): CompareCase {
  const config = { auth_type: 'kubeConfig', wait_for_metadata: true, ...block };
  const input = [INPUTS[signal] as ReferenceObject];
  return { name, kind: 'processor', type: 'k8s_attributes', config, signal, input, hasSender: true, beside: CLUSTER };
}

/** With each pod once, found by its UID. */
function few(name: string, extract: object): CompareCase {
  return { ...one(name, { extract, pod_association: [attribute('k8s.pod.uid')] }), input: [spansOf(FEW)] };
}

/** The same for the pod that wants nothing. */
function ignored(name: string, block: object): CompareCase {
  const [first] = spans.resourceSpans;
  const resource = { attributes: pairs({ 'k8s.pod.uid': s(`uid-pod-${IGNORED}`) }) };
  const pod_association = [attribute('k8s.pod.uid')];
  return { ...one(name, { ...block, pod_association }), input: [{ resourceSpans: [{ ...first, resource }] }] };
}

const attribute = (...names: readonly string[]): object => ({
  sources: names.map((name) => (name === 'connection' ? { from: name } : { from: 'resource_attribute', name })),
});
const FROM = ['pod', 'namespace', 'node', 'deployment', 'replicaset', 'statefulset', 'daemonset', 'job', 'cronjob'];
const RULES: readonly object[] = [
  ...FROM.flatMap((from) => [
    { from, key: 'app' },
    { from, key: 'tier', tag_name: `${from}.tier` },
    { from, key_regex: '(?P<scope>[a-z.]+)/(?P<what>.*)', tag_name: '${scope}: ${what} $1' },
    { from, key_regex: 'a.*|t.*' },
    { from, key_regex: 'no(.)e', tag_name: '' },
  ]),
  { key: 'note', tag_name: 'note' },
  { key: 'empty' },
  { key: 'absent' },
  { key_regex: 'note', tag_name: 'not used' },
];
const ASSOCIATIONS: readonly (readonly object[])[] = [
  [attribute('k8s.pod.uid')],
  [attribute('k8s.pod.name', 'k8s.namespace.name'), attribute('k8s.pod.ip'), attribute('connection')],
  [attribute('container.id'), attribute('k8s.pod.uid', 'connection')],
  [attribute('container.id', 'k8s.pod.uid')],
  [attribute('host.name'), attribute('k8s.pod.labels.app')],
  [attribute('k8s.deployment.name', 'k8s.pod.name'), attribute('service.name')],
  [attribute('k8s.container.name', 'container.image.name'), attribute('connection')],
  [{ sources: [] }, attribute('connection')],
  [{ sources: [{ from: 'somewhere', name: 'x' }] }, attribute('connection')],
  [attribute('k8s.node.name'), attribute('k8s.namespace.name')],
];

/** The same numbers each time (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function generated(seed: number): CompareCase {
  const random = randomFrom(seed);
  const some = <T>(all: readonly T[], share: number): T[] => all.filter(() => random() < share);
  const signal = (['traces', 'logs', 'metrics'] as const)[seed % 3]!;
  const extract = {
    metadata: some(METADATA, 0.2 + 0.6 * random()),
    labels: some(RULES, 0.1),
    annotations: some(RULES, 0.1),
    otel_annotations: random() < 0.3,
  };
  const association =
    random() < 0.7 ? { pod_association: ASSOCIATIONS[Math.floor(random() * ASSOCIATIONS.length)] } : {};
  return one(`generated ${seed}`, { extract, ...association }, signal);
}

const all = { metadata: METADATA };
const cases: readonly CompareCase[] = [
  ...(['traces', 'logs', 'metrics'] as const).flatMap((signal) => [
    one(`${signal}: nothing said`, {}, signal),
    one(`${signal}: all metadata`, { extract: all }, signal),
  ]),
  ...METADATA.map((name) => few(`metadata ${name}`, { metadata: [name] })),
  one('no metadata', { extract: { metadata: [] } }),
  one('passthrough', { passthrough: true }),
  ...RULES.flatMap((rule) => [
    few(`label ${JSON.stringify(rule)}`, { metadata: ['k8s.pod.name', 'k8s.deployment.uid'], labels: [rule] }),
    few(`annotation ${JSON.stringify(rule)}`, { metadata: ['k8s.replicaset.uid'], annotations: [rule] }),
  ]),
  one('annotations of OpenTelemetry', { extract: { ...all, otel_annotations: true } }),
  ...ASSOCIATIONS.map((rules, n) => one(`association ${n}`, { extract: all, pod_association: rules })),
  ignored('ignored by an annotation', {}),
  ignored('ignored by an annotation, where annotations are wanted', { extract: { annotations: [{ key: 'note' }] } }),
  one('excluded by a part of the name', { exclude: { pods: [{ name: 'car' }, { name: '^two$' }] } }),
  one('one node', { filter: { node: 'node-2' }, extract: all }),
  one('one namespace', { filter: { namespace: 'other' }, extract: all }),
  one('labels', {
    filter: {
      labels: [
        { key: 'app', op: 'exists' },
        { key: 'app', value: 'here', op: 'not-equals' },
      ],
    },
  }),
  one('a label that is not there', { filter: { labels: [{ key: 'app', op: 'does-not-exist' }] } }),
  one('fields', {
    filter: {
      fields: [
        { key: 'metadata.name', value: 'two' },
        { key: 'spec.nodeName', value: 'node-2', op: 'not-equals' },
      ],
    },
  }),
  ...Array.from({ length: 36 }, (_, seed) => generated(seed + 1)),
  // What is refused.
  one('refused: an unknown type of authentication', { auth_type: 'password' }),
  one('refused: unknown metadata', { extract: { metadata: ['k8s.pod.colour'] } }),
  one('refused: a key and a pattern', { extract: { labels: [{ key: 'a', key_regex: 'b' }] } }),
  one('refused: a pattern', { extract: { labels: [{ key_regex: '(' }] } }),
  one('refused: an unknown source', { extract: { annotations: [{ key: 'a', from: 'service' }] } }),
  one('refused: an unknown operation', { filter: { labels: [{ key: 'a', op: 'like' }] } }),
  one('refused: an operation that is not for fields', { filter: { fields: [{ key: 'a', op: 'exists' }] } }),
  one('refused: five sources', { pod_association: [attribute('a', 'b', 'c', 'd', 'e')] }),
  one('refused: twice the same', { pod_association: [attribute('a', 'b'), attribute('b', 'a')] }),
  one('refused: a negative time', { watch_sync_period: '-1s' }),
  one('refused: an unknown key', { extract: { colour: true } }),
];

/** Starts the stand-in for the API with the cluster in it, and names it in `KUBECONFIG`. */
async function around(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-compare-'));
  const api = await FakeKubernetesApi.start();
  for (const [kind, objects] of Object.entries(CLUSTER)) api.put(kind as KubernetesKind, ...objects);
  const before = process.env.KUBECONFIG;
  process.env.KUBECONFIG = join(folder, 'config');
  writeFileSync(process.env.KUBECONFIG, api.kubeConfig());
  return async () => {
    if (before === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = before;
    await api.goAway();
    rmSync(folder, { recursive: true });
  };
}

/** With the processor of otelcol-contrib 0.160: that of 0.161 is not served as a module. */
export const k8sAttributesSuite: CompareSuite = { name: 'k8s-attributes', cases, casesAtOnce: 50, around };
