// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how rules are written
import { expect, test } from 'vitest';
import { loadConfig, toPlain } from '#config';
import { prometheusReceiverFactory } from './index.ts';

const { schema, validate } = prometheusReceiverFactory;

function mistakesOf(block: unknown): readonly string[] {
  const result = schema.safeParse(block);
  if (!result.success) return result.error.issues.map(({ path, message }) => `${path.join('::')}: ${message}`);
  return validate!(result.data).map(({ path, message }) => `${path.join('::')}: ${message}`);
}

test('a usual configuration is read, with the defaults of global', () => {
  const config = schema.parse({
    config: {
      global: { scrape_interval: '30s', external_labels: { shard: 1 } },
      scrape_configs: [
        { job_name: 'a', static_configs: [{ targets: ['h:1'], labels: { n: 5 } }] },
        { job_name: 'b', scrape_interval: '5s', body_size_limit: '10MB', basic_auth: { username: 'u', password: 'p' } },
      ],
    },
  });
  expect(config.jobs.map(({ intervalMs, timeoutMs }) => [intervalMs, timeoutMs])).toEqual([
    [30_000, 10_000],
    [5000, 5000],
  ]);
  expect(config.jobs[1]).toMatchObject({ bodyLimitBytes: 10 * 1024 * 1024, http: { credentials: { kind: 'basic' } } });
  expect([...config.externalLabels]).toEqual([['shard', '1']]);
  expect(config.jobs[0]!.discovery.groups[0]!.labels.get('n')).toBe('5');
});

const JOB = { job_name: 'a', static_configs: [{ targets: ['h:1'] }] };
test.each([
  [{}, 'no Prometheus scrape_configs or target_allocator set'],
  [
    { config: { scrape_configs: [JOB], rule_files: ['x'], remote_write: [{ url: 'x' }] } },
    'unsupported features:\n\tremote_write\n\trule_files',
  ],
  [{ config: { scrape_configs: [JOB, JOB] } }, 'found multiple scrape configs with job name "a"'],
  [{ config: { scrape_configs: [{ ...JOB, scrape_timeout: '2m' }] } }, 'scrape timeout greater than scrape interval'],
  [
    { config: { scrape_configs: [{ ...JOB, consul_sd_configs: [{}] }] } },
    'config::scrape_configs::0::consul_sd_configs: targets are not found by consul here',
  ],
  [
    { config: { scrape_configs: [{ ...JOB, metric_relabel_config: [] }] } },
    'has invalid keys: metric_relabel_config (did you mean "metric_relabel_configs"?)',
  ],
  [
    { config: { scrape_configs: [{ job_name: 'a', static_configs: [{ targets: ['http://h/x'] }] }] } },
    '"http://h/x" is not a valid hostname',
  ],
  [{ config: { scrape_configs: [{ ...JOB, basic_auth: {}, bearer_token: 'x' }] } }, 'at most one of basic_auth'],
  [
    { config: { scrape_configs: [{ ...JOB, file_sd_configs: [{ files: ['a.txt'] }] }] } },
    'path name "a.txt" is not valid for file discovery',
  ],
  [{ config: { scrape_configs: [{ ...JOB, dns_sd_configs: [{ names: ['x'], type: 'A' }] }] } }, 'a port is required'],
  [{ config: { scrape_configs: [JOB] }, target_allocator: { endpoint: 'x' } }, 'not taken from a target allocator'],
])('%j is refused', (block, message) => {
  expect(mistakesOf(block).join('\n')).toContain(message);
});

test('in the file of a collector a dollar of a rule is written twice', async () => {
  const rule = { action: 'replace', regex: '(.*)', target_label: 'x', replacement: '$$1-$${1}' };
  const file = { config: { scrape_configs: [{ ...JOB, relabel_configs: [rule] }] } };
  const { root } = await loadConfig({
    uris: ['a.yaml'],
    environment: {
      env: {},
      readFile: () => Promise.resolve(Buffer.from(JSON.stringify(file))),
      fetchText: () => Promise.reject(new Error('no network in tests')),
    },
  });
  const [job] = schema.parse(toPlain(root, new Set())).jobs;
  expect(job!.relabel[0]!.replacement).toBe('$1-${1}');
});
