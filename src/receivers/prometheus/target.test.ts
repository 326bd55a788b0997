import { expect, test } from 'vitest';
import { parsePrometheusDuration, printPrometheusDuration } from '#config';
import { SampleLabels } from './labels.ts';
import { Relabeler } from './relabel.ts';
import { resourceOf } from './resource.ts';
import { makeTarget, offsetOf, type Target } from './target.ts';
import { jobOf } from './testing/jobs.ts';

function targetOf(block: object, found: Record<string, string> = { __address__: 'host:9100' }): Target | undefined {
  const job = jobOf(block);
  return makeTarget(new Map(Object.entries(found)), new Map([['zone', 'a']]), job, new Relabeler(job.relabel));
}

test('a target has the URL that labels and configuration say', () => {
  const target = targetOf({
    params: { module: ['http_2xx'], match: ['a', 'b'] },
    metrics_path: '/probe',
    scheme: 'https',
    relabel_configs: [{ source_labels: ['__address__'], target_label: '__param_target' }],
  })!;
  expect(target.url).toBe('https://host:9100/probe?match=a&match=b&module=http_2xx&target=host%3A9100');
  expect(target.labels).toEqual([
    ['instance', 'host:9100'],
    ['job', 'shop'],
    ['zone', 'a'],
  ]);
});

test('labels may say how often a target is asked', () => {
  const target = targetOf({}, { __address__: 'h:1', __scrape_interval__: '5s', __scrape_timeout__: '2s' })!;
  expect(target).toMatchObject({ intervalMs: 5000, timeoutMs: 2000 });
});

test.each([
  ['no address', {}],
  ['is not a valid hostname', { __address__: 'http://h/metrics' }],
  ['error parsing scrape interval', { __address__: 'h:1', __scrape_interval__: 'often' }],
  ['scrape timeout cannot be greater', { __address__: 'h:1', __scrape_timeout__: '2m' }],
])('%s', (message, found) => {
  expect(() => targetOf({}, found)).toThrow(message);
});

test('the relabelling can drop a target', () => {
  expect(targetOf({ relabel_configs: [{ source_labels: ['zone'], regex: 'a', action: 'drop' }] })).toBeUndefined();
});

test('targets are spread over the interval, each always at its point', () => {
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 5000; i++) {
    const target = targetOf({ scrape_interval: '10s' }, { __address__: `host-${i}:9100` })!;
    const offset = offsetOf(target, 'seed');
    expect(offsetOf(target, 'seed')).toBe(offset);
    counts[Math.floor(offset / 1000)]!++;
  }
  for (const count of counts) expect(count).toBeGreaterThan(350);
});

test.each([
  ['10.0.0.1:80', { 'server.address': '10.0.0.1', 'server.port': '80' }],
  ['localhost:80', { 'server.port': '80' }],
  ['[::1]:80', { 'server.port': '80' }],
  ['name', { 'server.address': 'name', 'server.port': '' }],
])('the resource of %s', (instance, want) => {
  const target = targetOf({}, { __address__: 'h:1', __meta_kubernetes_pod_name: 'p-1' })!;
  expect(Object.fromEntries(resourceOf(target, 'shop', instance))).toEqual({
    'service.name': 'shop',
    'service.instance.id': instance,
    'url.scheme': 'http',
    'k8s.pod.name': 'p-1',
    ...want,
  });
});

test('labels of a target win over those that it exposes, unless they are honored', () => {
  const resolve = (block: object) => {
    const job = jobOf(block);
    const labels = new SampleLabels(job, new Relabeler(job.metricRelabel), new Map([['region', 'eu']]), [
      ['instance', 'h:1'],
      ['job', 'shop'],
    ]);
    return Object.fromEntries(
      labels.resolve([
        ['__name__', 'x'],
        ['job', 'own'],
        ['empty', ''],
      ]) ?? [],
    );
  };
  expect(resolve({})).toEqual({ __name__: 'x', job: 'shop', exported_job: 'own', instance: 'h:1', region: 'eu' });
  expect(resolve({ honor_labels: true })).toEqual({ __name__: 'x', job: 'own', instance: 'h:1', region: 'eu' });
  expect(() => resolve({ label_limit: 2 })).toThrow('label_limit exceeded');
  expect(() => resolve({ label_value_length_limit: 3 })).toThrow('label_value_length_limit exceeded (label: "job"');
  expect(() => resolve({ metric_relabel_configs: [{ regex: '__name__', action: 'labeldrop' }] })).toThrow(
    'metric name',
  );
});

test.each(['1m', '15s', '1h30m', '1d', '2w', '90ms', '1m1s1ms'])('the duration %s is read and printed', (text) => {
  expect(printPrometheusDuration(parsePrometheusDuration(text)!)).toBe(text);
});

test.each(['', '1', '1.5s', '1s1m', '-1s', '1 s'])('"%s" is no duration', (text) => {
  expect(parsePrometheusDuration(text)).toBeUndefined();
});
