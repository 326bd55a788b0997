import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { planCollector } from '#collector';
import { loadConfig, printPlace } from '#config';
import { PLUGINS } from '../../src/api/plugins.ts';
import { components } from '../../src/main/components.ts';

const FOLDER = join(import.meta.dirname, '../../examples/backends');
/** What a user sets. */
const ENV: Readonly<Record<string, string>> = {
  HONEYCOMB_API_KEY: 'key',
  GRAFANA_CLOUD_ENDPOINT: 'https://otlp-gateway-prod-eu-west-2.grafana.net/otlp',
  GRAFANA_CLOUD_INSTANCE_ID: '12345',
  GRAFANA_CLOUD_API_KEY: 'key',
  DD_API_KEY: 'key',
};

async function planned(file: string) {
  const { root } = await loadConfig({
    uris: [join(FOLDER, file)],
    environment: {
      env: ENV,
      readFile: (path) => Promise.resolve(readFileSync(path)),
      fetchText: () => Promise.reject(new Error('no network in tests')),
    },
  });
  return planCollector(root, components);
}

describe('configurations for other backends', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

  test.each(files)('%s loads without a mistake or a warning', async (file) => {
    const { plan, errors, warnings } = await planned(file);
    expect(errors.map(({ message, place }) => `${place && printPlace(place)} ${message}`)).toEqual([]);
    expect(warnings).toEqual([]);
    // Each has something besides the store in a pipeline of traces.
    const traces = plan!.pipelines.find(({ id }) => id === 'traces')!;
    expect(traces.exporters.length).toBe(2);
  });

  test('the list of files is whole', () => {
    const readme = readFileSync(join(FOLDER, 'README.md'), 'utf8');
    for (const file of files) {
      expect(readme).toContain(`[${file}](${file})`);
      for (const [, name] of readFileSync(join(FOLDER, file), 'utf8').matchAll(/\$\{env:(\w+)/g)) {
        if (/^(SIGNALBOX_QUEUE_FOLDER|\w+_ENDPOINT|DD_OTLP_SOURCE)$/.test(name!)) continue;
        expect(readme).toContain(`\`${name}\``);
      }
    }
  });
});

test("Grafana's data sources ask the APIs that the server has", () => {
  const text = readFileSync(join(import.meta.dirname, '../../examples/grafana/datasources.yaml'), 'utf8');
  const { datasources } = parse(text) as {
    readonly datasources: readonly { type: string; url: string; uid: string; jsonData: object }[];
  };
  const paths = datasources.map(({ type, url }) => [type, url.replace(/^\$\{SIGNALBOX_URL\}/, '')]);
  expect(Object.fromEntries(paths)).toEqual({
    prometheus: '/prometheus',
    loki: '',
    tempo: '/tempo',
    jaeger: '/jaeger',
    zipkin: '/zipkin',
    alertmanager: '/alertmanager',
  });
  const prefixes = PLUGINS.flatMap((plugin) => plugin.prefixes);
  for (const [type, path] of paths) expect(prefixes).toContain(type === 'loki' ? '/loki' : path);
  for (const { jsonData } of datasources.filter(({ type }) => /^(tempo|jaeger|zipkin)$/.test(type)))
    expect(jsonData).toMatchObject({
      tracesToLogsV2: { datasourceUid: 'signalbox-logs' },
      tracesToMetrics: { datasourceUid: 'signalbox-metrics' },
      nodeGraph: { enabled: true },
    });
  const uids = new Set(datasources.map(({ uid }) => uid));
  for (const [, uid] of text.matchAll(/datasourceUid: (\S+)/g)) expect(uids).toContain(uid);
});
