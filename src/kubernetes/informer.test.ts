import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '#base';
import { eventually, turns } from '#base/testing.ts';
import { clientWith } from './access.ts';
import { KubernetesClient } from './client.ts';
import { Informer, type InformerOptions } from './informer.ts';
import type { KubernetesObject, Pod } from './objects.ts';
import { RESOURCES } from './resources.ts';
import { FakeKubernetesApi } from './testing/index.ts';

/** Waits are over a hundred times as soon; what lasts is measured as it is. */
const hasty: Clock = { ...systemClock, after: (ms, run) => systemClock.after(ms / 100, run) };
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let api: FakeKubernetesApi;
const closers: (() => unknown)[] = [];
beforeEach(async () => {
  api = await FakeKubernetesApi.start();
  closers.push(() => api.goAway());
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const pod = (name: string, namespace = 'shop', status: Pod['status'] = {}): Pod => ({
  metadata: { name, namespace, labels: { app: name } },
  spec: { nodeName: 'node-1' },
  status,
});

interface Watched {
  readonly informer: Informer<string>;
  /** `+key`, `~key` and `-key`, in order. */
  readonly seen: string[];
  readonly health: (string | undefined)[];
  names(): string[];
}

/** An informer that keeps the IP of pods. */
function watchPods(
  options: Partial<InformerOptions<string>> & { readonly selects?: object; readonly url?: string } = {},
): Watched {
  const { selects, url = api.url, ...rest } = options;
  const authorize = async (): Promise<Record<string, string>> => ({});
  const client = new KubernetesClient(
    { server: url, client: clientWith({}), isDirect: true, authorize },
    { path: 'test', userAgent: 'test', logger: quiet },
  );
  const seen: string[] = [];
  const health: (string | undefined)[] = [];
  const informer = new Informer<string>({
    client,
    clock: hasty,
    random: () => 0,
    selection: {
      resource: RESOURCES.pod,
      namespace: '',
      labelSelector: '',
      fieldSelector: '',
      isMetadataOnly: false,
      ...selects,
    },
    keep: (object: KubernetesObject) => (object as Pod).status?.podIP ?? '',
    handler: {
      changed: (now, before, key) => seen.push(`${before === undefined ? '+' : now === before ? '=' : '~'}${key}`),
      removed: (_, key) => seen.push(`-${key}`),
    },
    resyncMs: 0,
    onHealth: (problem) => health.push(problem),
    ...rest,
  });
  informer.start();
  closers.push(async () => {
    await informer.stop();
    client.close();
  });
  return { informer, seen, health, names: () => [...informer.objects.keys()].sort() };
}

const lists = (): number => api.asked.filter(({ query }) => query.get('watch') === null).length;
const watches = (): URLSearchParams[] => api.asked.map(({ query }) => query).filter((query) => query.has('watch'));
const watching = (count = 1): Promise<unknown> => eventually('a watch', () => api.watchCount === count);

describe('what is there and what happens', () => {
  test('a list in pages of one moment, then changes', async () => {
    api.pageLimit = 2;
    api.put('pod', pod('a'), pod('b'), pod('c'), pod('d'), pod('e'));
    const { informer, seen } = watchPods();
    await informer.synced;
    expect(seen).toEqual(['+shop/a', '+shop/b', '+shop/c', '+shop/d', '+shop/e']);
    expect(lists()).toBe(3);
    await watching();
    api.put('pod', pod('a', 'shop', { podIP: '10.0.0.1' }), pod('f'));
    api.remove('pod', 'shop/b');
    await eventually('all changes', () => seen.length === 8);
    expect(seen.slice(5)).toEqual(['~shop/a', '+shop/f', '-shop/b']);
    expect(informer.objects.get('shop/a')).toBe('10.0.0.1');
  });

  test('only what is selected, and what no longer is goes', async () => {
    api.put('pod', pod('a'), pod('b', 'other'), pod('c'));
    const { informer, names } = watchPods({
      selects: { namespace: 'shop', labelSelector: 'app=a', fieldSelector: 'spec.nodeName=node-1' },
    });
    await informer.synced;
    expect(names()).toEqual(['shop/a']);
    expect(api.asked[0]!.path).toBe('/api/v1/namespaces/shop/pods');
    await watching();
    api.put('pod', { metadata: { name: 'a', namespace: 'shop', labels: {} } });
    await eventually('the pod to be gone', () => names().length === 0);
  });

  test('metadata alone, where that is all that is wanted', async () => {
    api.put('pod', pod('a', 'shop', { podIP: '10.0.0.1' }));
    const { informer } = watchPods({ selects: { isMetadataOnly: true } });
    await informer.synced;
    expect(informer.objects.get('shop/a')).toBe('');
    await watching();
    api.put('pod', pod('b', 'shop', { podIP: '10.0.0.2' }));
    await eventually('the pod', () => informer.objects.get('shop/b') === '');
  });

  test('what keep leaves out is not there', async () => {
    api.put('pod', pod('a'), pod('b'));
    const keep = ({ metadata }: KubernetesObject): string | undefined => (metadata?.name === 'a' ? 'x' : undefined);
    const { informer, names } = watchPods({ keep });
    await informer.synced;
    expect(names()).toEqual(['shop/a']);
  });

  test('everything is shown again when its time has come', async () => {
    api.put('pod', pod('a'), pod('b'));
    const { seen } = watchPods({ resyncMs: 2000 });
    await eventually('two rounds', () => seen.length >= 6);
    expect(seen.slice(0, 6)).toEqual(['+shop/a', '+shop/b', '=shop/a', '=shop/b', '=shop/a', '=shop/b']);
  });

  test('no more than the limit is kept, and that is said', async () => {
    api.put('pod', pod('a'), pod('b'), pod('c'));
    const { informer, names, health } = watchPods({ limit: 2 });
    await informer.synced;
    expect(names()).toEqual(['shop/a', 'shop/b']);
    expect(health).toEqual(['more than 2 pods: others are not known']);
  });
});

describe('watches that end', () => {
  test('go on from the version of the last bookmark, without a list', async () => {
    const { informer } = watchPods();
    await informer.synced;
    await watching();
    api.put('node', { metadata: { name: 'n' } });
    api.bookmark();
    api.endWatches();
    await eventually('a second watch', () => watches().length === 2);
    expect(watches()[1]!.get('resourceVersion')).toBe(String(api.version));
    expect(lists()).toBe(1);
  });

  test('in the middle of an event: nothing is lost', async () => {
    const { informer, names, health } = watchPods();
    await informer.synced;
    await watching();
    api.cutWatches();
    await eventually('the watch to be gone', () => api.watchCount === 0);
    api.put('pod', pod('a'));
    await eventually('the pod', () => names().length === 1);
    expect(health[0]).toMatch(/watch|aborted|hang up|cut/);
    expect(health.at(-1)).toBeUndefined();
    expect(lists()).toBe(1);
  });

  test('410 Gone in the middle: a new list, at once, with what has gone meanwhile', async () => {
    api.put('pod', pod('a'), pod('b'));
    const { informer, seen, health } = watchPods();
    await informer.synced;
    await watching();
    api.expireWatches();
    api.remove('pod', 'shop/a');
    api.put('pod', pod('c'));
    api.compact();
    await eventually('what has changed', () => seen.length >= 5);
    expect(seen.slice(2).sort()).toEqual(['+shop/c', '-shop/a', '=shop/b']);
    expect(lists()).toBe(2);
    expect(health).toEqual([]);
  });

  test('410 Gone between two pages: all comes at once', async () => {
    api.put('pod', pod('a'), pod('b'), pod('c'));
    api.pageLimit = 1;
    const { informer, names } = watchPods({
      keep: () => {
        api.compact();
        api.put('node', { metadata: { name: 'n' } });
        api.compact();
        api.pageLimit = Number.POSITIVE_INFINITY;
        return 'x';
      },
    });
    await informer.synced;
    expect(names()).toEqual(['shop/a', 'shop/b', 'shop/c']);
    expect(api.asked.map(({ query }) => query.get('resourceVersion')).slice(0, 3)).toEqual([null, null, '0']);
  });
});

describe('an API that is not well', () => {
  test('gone for long: what is known stays, attempts are few, one line is said, and all is well again later', async () => {
    api.put('pod', pod('a'));
    const { informer, names, health } = watchPods();
    await informer.synced;
    await watching();
    await api.goAway();
    await eventually('the problem', () => health.length === 1);
    expect(health[0]).toMatch(/ECONNREFUSED|ECONNRESET|hang up|cut off|aborted/);
    expect(names()).toEqual(['shop/a']);
    await api.comeBack();
    api.put('pod', pod('b'));
    await eventually('the new pod', () => names().length === 2);
    expect(health.at(-1)).toBeUndefined();
    expect(lists()).toBe(1);
  });

  test('waits longer and longer, at most a minute', async () => {
    const waits: number[] = [];
    const clock: Clock = {
      ...systemClock,
      after: (ms, run) => {
        waits.push(ms);
        return systemClock.after(0, run);
      },
    };
    const url = api.url;
    await api.goAway();
    watchPods({ url, clock, random: () => 0.999 });
    await eventually('eight attempts', () => waits.length >= 8);
    expect(waits.slice(0, 8).map((ms) => Math.round(ms / 100) / 10)).toEqual([1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60, 60]);
  });

  test('who may not list is told which rule is missing', async () => {
    api.forbidden.add('pods');
    const { informer, health } = watchPods();
    await eventually('the problem', () => health.length === 1);
    expect(health[0]).toBe(
      'may not list pods: the service account otel of the namespace obs needs the rule {apiGroups: [""], resources: ["pods"], ' +
        'verbs: ["get", "list", "watch"]} from a ClusterRole with a ClusterRoleBinding',
    );
    api.forbidden.clear();
    await informer.synced;
    expect(health.at(-1)).toBeUndefined();
  });

  test('who may list but not watch in a namespace is told that', async () => {
    const { health } = watchPods({ selects: { namespace: 'shop', resource: RESOURCES.replicaset } });
    await watching();
    api.forbidden.add('replicasets');
    api.endWatches();
    const problem = await eventually('the problem', () =>
      health.find((one) => one?.startsWith('may not watch replicasets')),
    );
    expect(problem).toContain('{apiGroups: ["apps"], resources: ["replicasets"]');
    expect(problem).toContain('a Role in the namespace shop with a RoleBinding');
  });

  test('one that hangs does not keep it from stopping', async () => {
    api.isHanging = true;
    const { informer } = watchPods();
    await eventually('a request', () => api.asked.length === 1);
    await informer.stop();
    expect(informer.isSynced).toBe(false);
  });

  test('after stop nothing is said or done', async () => {
    const { informer, seen } = watchPods();
    await informer.synced;
    await watching();
    await informer.stop();
    api.put('pod', pod('a'));
    await turns();
    expect(seen).toEqual([]);
    await eventually('the end of the watch', () => api.watchCount === 0);
  });
});
