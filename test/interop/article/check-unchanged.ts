import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCompanion } from '../../../src/main/lint/with/companion.ts';
import { assertEqual, assertThat, type Report, until } from '../report.ts';
import { resourceAttributesIn, tracesIn } from './arrived.ts';
import type { Setting } from './setting.ts';
import { SECRET } from './traffic.ts';

const WAIT_MS = 60_000;
/** What the article's processor asks the Kubernetes API for. */
export const POD: Readonly<Record<string, string>> = {
  'k8s.pod.name': 'orders-7d9f-abcde',
  'k8s.pod.uid': 'uid-pod',
  'k8s.deployment.name': 'orders',
  'k8s.namespace.name': 'shop',
  'k8s.node.name': 'node-1',
};

/** The panels of the dashboard and the alerts, as expressions. */
export function expressionsIn(folder: string): { readonly owner: string; readonly text: string }[] {
  return ['grafana-dashboard.json', 'otel-rules.yaml'].flatMap((name) => [
    ...readCompanion(join(folder, name)).expressions,
  ]);
}

/** Every trace that a policy wants is there, and of the others only some. */
export async function checkSampled(report: Report, { jaeger, traces }: Setting): Promise<void> {
  await report.check('Jaeger has every trace that a policy keeps, and of the others a share', async () => {
    const wanted = traces.filter(({ isWanted }) => isWanted).map(({ traceId }) => traceId);
    await until(
      WAIT_MS,
      () => Promise.resolve(tracesIn(jaeger)),
      (found) => wanted.every((id) => found.has(id)),
    );
    const found = tracesIn(jaeger);
    assertEqual(wanted.filter((id) => !found.has(id)).length, 0, 'wanted traces that are missing');
    const others = traces.filter(({ traceId, isWanted }) => !isWanted && found.has(traceId)).length;
    assertThat(others < 10, `${others} of 20 other traces are there, where 5 % should be`);
  });
  await report.check('each of its resources names the pod, deployment, namespace and node', () => {
    for (const attributes of resourceAttributesIn(jaeger.requests)) {
      for (const [key, value] of Object.entries(POD)) assertEqual(attributes[key], value, key);
    }
  });
}

/** What is outdated in the article's file, or does nothing. */
const SAID = [
  '"otlp" alias is deprecated; use "otlp_grpc"',
  '"k8sattributes" alias is deprecated; use "k8s_attributes"',
  'processor "transform" is defined but does nothing',
  '"http.url" is the old name',
  'the exporter loki is gone from otelcol',
  '"labels" is gone',
  'every series begins with otel_',
  'by (service_name) finds nothing',
];

/** As otelcol runs it, to the letter: warnings, a redaction that does not run, a prefix. */
export async function checkUnchanged(report: Report, setting: Setting): Promise<void> {
  const { folder, config, collector, jaeger, loki, series } = setting;
  await report.check('the file is the article’s, letter by letter', () => {
    assertEqual(
      readFileSync(config, 'utf8'),
      readFileSync(join(import.meta.dirname, '../../../../shared/article/otel-collector-config.yaml'), 'utf8'),
      'the file',
    );
  });
  await report.check('what is outdated or inert is said at the start, in one line each with its place', () => {
    const said = collector
      .output()
      .split('\n')
      .filter((line) => line.includes('otel-collector-config.yaml:'));
    for (const words of SAID)
      assertThat(
        said.some((line) => line.includes(words)),
        `nothing says: ${words}`,
      );
    for (const line of said)
      assertThat(/\twarn\t.*otel-collector-config\.yaml:\d+:\d+"\}$/.test(line), `no place: ${line}`);
  });
  await checkSampled(report, setting);
  await report.check('the redaction stands in no pipeline, so the token is in Jaeger', () => {
    assertThat(
      jaeger.bodies.some((body) => body.includes(SECRET)),
      'it is not',
    );
  });
  await report.check('Loki has the lines under the labels that the block names', async () => {
    await until(
      WAIT_MS,
      () => Promise.resolve(loki.streams),
      (streams) => streams.flatMap(({ lines }) => lines).length >= 2,
    );
    assertEqual(
      [...new Set(loki.streams.map(({ labels }) => labels))],
      ['{service_name="orders", severity="INFO"}'],
      'labels',
    );
    assertEqual(loki.streams.flatMap(({ lines }) => lines).length, 2, 'lines');
  });
  await report.check(
    'metrics of services and of the scraped target are read on port 8889, with the prefix',
    async () => {
      for (const name of ['otel_http_server_request_duration_seconds_count', 'otel_legacy_requests_total']) {
        const count = await until(
          WAIT_MS,
          () => series.count(name),
          (found) => found > 0,
        );
        assertThat(count > 0, `${name} has no series`);
      }
    },
  );
  await report.check('so no panel and no alert of the article has a series', async () => {
    for (const { owner, text } of expressionsIn(folder)) assertEqual(await series.count(text), 0, owner);
  });
}
