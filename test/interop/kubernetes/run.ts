import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '#base/testing.ts';
import { fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { Batch } from '#pdata';
import { decodeOtlp, TracesBuilder } from '#wire';
import { systemClock } from '../../../src/base/clock.ts';
import { createK8sAttributesFactory } from '../../../src/processors/k8s_attributes/factory.ts';
import { assertThat, Report } from '../report.ts';
import { ApiServer, buildApiServer } from './api-server.ts';

/** The processor k8s_attributes against a real kube-apiserver with etcd and RBAC: see ../README.md. */

const WORK = join(import.meta.dirname, '../.work/kubernetes');
/** Two pages of a list. */
const MANY = 600;

async function check(api: ApiServer, report: Report): Promise<void> {
  const account = join(api.folder, 'serviceaccount');
  mkdirSync(account);
  for (const name of ['shop', 'obs']) await api.make('/api/v1/namespaces', { metadata: { name } });
  await api.make('/api/v1/namespaces/obs/serviceaccounts', { metadata: { name: 'otel' } });
  const { status } = await api.make('/api/v1/namespaces/obs/serviceaccounts/otel/token', { spec: {} });
  writeFileSync(join(account, 'token'), (status as { token: string }).token);
  copyFileSync(api.caFile, join(account, 'ca.crt'));

  const makePod = async (name: string, ip: string, labels: object = {}): Promise<void> => {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'cart-7d9f', uid: 'uid-rs', controller: true };
    const metadata = { name, labels: { 'pod-template-hash': '7d9f', ...labels }, ownerReferences: [owner] };
    const spec = { nodeName: 'node-1', containers: [{ name: 'app', image: 'shop/cart:1.2' }] };
    await api.make('/api/v1/namespaces/shop/pods', { metadata, spec });
    await api.ask('PATCH', `/api/v1/namespaces/shop/pods/${name}/status`, {
      status: { podIP: ip, podIPs: [{ ip }], startTime: new Date().toISOString(), phase: 'Running' },
    });
  };
  await makePod('cart-1', '10.0.0.1');
  for (let n = 0; n < MANY; n++) await makePod(`many-${n}`, `10.1.${n >> 8}.${n & 255}`);

  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(api.port) };
  const factory = createK8sAttributesFactory({ env, serviceAccountFolder: account });
  const settings = { ...fakeSettings({ id: 'k8s_attributes' }), clock: systemClock };
  const next = new RecordingConsumer(true);
  const config = factory.schema.parse({
    extract: { metadata: ['k8s.pod.name', 'k8s.deployment.name', 'k8s.pod.uid'], labels: [{ key: 'team' }] },
  });
  const processor = factory.create(settings, config, 'traces', next);
  const enrich = async (ip: string): Promise<Readonly<Record<string, unknown>>> => {
    const traces = new TracesBuilder();
    const span = { traceId: new Uint8Array(16).fill(1), spanId: new Uint8Array(8).fill(1), startNs: 1n, endNs: 2n };
    traces.group({ resource: {} }).add({ ...span, name: 'a' });
    await processor.consume(new Batch('traces', [decodeOtlp('traces', traces.body()).chunk], { peer: `${ip}:1` }));
    return next.batches.at(-1)!.chunks[0]!.resourceAttributes.of(0).toObject();
  };
  const problem = (): string | undefined =>
    settings.statuses.findLast(({ status: one }) => one === 'recoverable_error')?.message;
  const isWell = (): boolean => settings.statuses.at(-1)?.status === 'ok';
  try {
    await processor.start(fakeHost());
    await report.check('who may not list is told which rule is missing, and who lacks it', async () => {
      const said = await eventually('the problem', problem);
      const rule = '{apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"]}';
      assertThat(said.includes(`the service account otel of the namespace obs needs the rule ${rule}`), said);
    });
    await report.check(`${MANY + 1} pods are known once the rule is there, in pages`, async () => {
      const rbac = '/apis/rbac.authorization.k8s.io/v1';
      const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }];
      await api.make(`${rbac}/clusterroles`, { metadata: { name: 'otel' }, rules });
      await api.make(`${rbac}/clusterrolebindings`, {
        metadata: { name: 'otel' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'otel' },
        subjects: [{ kind: 'ServiceAccount', name: 'otel', namespace: 'obs' }],
      });
      await eventually('all pods', () => isWell() && settings.meter.sum('k8s.watcher.pod.added') === MANY + 1, 120_000);
      const found = await enrich('10.0.0.1');
      assertThat(found['k8s.pod.name'] === 'cart-1' && found['k8s.deployment.name'] === 'cart', JSON.stringify(found));
    });
    await report.check('a label that changes is heard of', async () => {
      await api.ask('PATCH', '/api/v1/namespaces/shop/pods/cart-1', { metadata: { labels: { team: 'blue' } } });
      await eventually('the label', async () => (await enrich('10.0.0.1'))['k8s.pod.labels.team'] === 'blue');
    });
    await report.check('a pod that comes is heard of', async () => {
      await makePod('cart-2', '10.0.0.2');
      await eventually('the pod', async () => (await enrich('10.0.0.2'))['k8s.pod.name'] === 'cart-2');
    });
    await report.check('what is known stays while the API is away', async () => {
      await api.goAway();
      await eventually('the problem', () => !isWell());
      assertThat((await enrich('10.0.0.2'))['k8s.pod.name'] === 'cart-2', 'the pod is not known any more');
    });
    await report.check(
      'after the store has forgotten what came meanwhile (410 Gone), all is listed again',
      async () => {
        await api.comeBack();
        await api.ask('DELETE', '/api/v1/namespaces/shop/pods/cart-2?gracePeriodSeconds=0');
        await makePod('cart-3', '10.0.0.3');
        await api.compact();
        await api.goAway();
        await api.comeBack();
        await eventually('the new pod', async () => (await enrich('10.0.0.3'))['k8s.pod.name'] === 'cart-3', 120_000);
        await eventually('the end of the other', () => settings.meter.sum('k8s.watcher.pod.deleted') === 1);
      },
    );
  } finally {
    await processor.shutdown(5000);
  }
}

const reason = buildApiServer(WORK);
if (reason !== undefined) {
  console.log(`kubernetes: skipped: ${reason}`);
  process.exit(0);
}
const report = new Report();
const folder = mkdtempSync(join(tmpdir(), 'signalbox-kubernetes-'));
const api = await ApiServer.start(WORK, folder);
try {
  await check(api, report);
} catch (error) {
  report.fail('the checks run to their end', error);
} finally {
  await api.stop();
}
console.log(report.summary);
if (report.failed === 0) api.remove();
else console.log(`kubernetes: the logs are in ${folder}`);
process.exit(report.failed === 0 ? 0 : 1);
