import { expect, test } from 'vitest';
import { instantAt, Matcher, MemoryDocuments, Notifier, readNotifyConfig } from '#alerting/notify';
import { ManualClock } from '#base';
import type { Batch } from '#pdata';
import { encodeOtlpJson } from '#wire';
import { notifyMetrics } from './notify-metrics.ts';
import { ServerMetrics } from './server-metrics.ts';

interface Json {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly JsonMetric[] }[];
  }[];
}
interface JsonMetric {
  readonly name: string;
  readonly sum?: { readonly dataPoints: readonly JsonPoint[]; readonly isMonotonic?: boolean };
  readonly gauge?: { readonly dataPoints: readonly JsonPoint[] };
}
interface JsonPoint {
  readonly attributes?: readonly { readonly value: { readonly stringValue: string } }[];
  readonly asDouble?: number;
  readonly asInt?: string;
}

/** `name label… = value` of each point. */
function linesOf(batch: Batch): string[] {
  const json = JSON.parse(encodeOtlpJson(batch).toString()) as Json;
  const metrics = json.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: all }) => all));
  return metrics.flatMap(({ name, sum, gauge }) =>
    (sum ?? gauge)!.dataPoints.map(({ attributes = [], asDouble, asInt }) =>
      [
        name.replace('signalbox_alertmanager_', ''),
        ...attributes.map(({ value }) => value.stringValue),
        '=',
        asDouble ?? Number(asInt),
      ].join(' '),
    ),
  );
}

const CONFIG = `
route: {receiver: pager, group_by: [alertname], group_wait: 1s, group_interval: 1m}
receivers:
  - {name: pager, webhook_configs: [{url: 'http://sink/broken'}]}
  - {name: mail, webhook_configs: [{url: 'http://sink/unused'}]}
`;

test('a broken pager, alerts, silences and the configuration are written as metrics', async () => {
  const clock = new ManualClock();
  const startMs = clock.nowMs();
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const notifier = new Notifier(
    { config: readNotifyConfig({ text: CONFIG, file: 'a.yml' }), templates: [] },
    {
      clock,
      random: () => 0.5,
      logger,
      documents: new MemoryDocuments(),
      externalUrl: 'http://console',
      version: 'test',
      transport: { post: async () => ({ status: 400, headers: {}, body: Buffer.from('no') }) },
    },
  );
  const batches: Batch[] = [];
  const reads = { isLastSuccessful: false, lastSuccessMs: 1_700_000_000_000 };
  const metrics = new ServerMetrics({
    metrics: notifyMetrics(notifier, reads),
    sink: { write: async (batch) => void batches.push(batch) },
    clock,
    instance: 'host:4300',
    version: 'test',
  });
  metrics.start();
  await notifier.start();
  const silence = (value: string, startsAfterMs: number): Promise<string> =>
    notifier.silences.set(
      {
        id: '',
        matchers: [new Matcher('=', 'alertname', value)],
        startsAt: instantAt(startMs + startsAfterMs),
        endsAt: instantAt(startMs + 3_600_000),
        createdBy: 'me',
        comment: 'c',
        annotations: new Map(),
      },
      startMs,
    );
  await silence('Quiet', 0);
  await silence('Later', 60_000);
  notifier.receive(['A', 'B', 'Quiet'].map((name) => ({ labels: [['alertname', name]], annotations: [] })));
  await clock.advance(5000);
  metrics.stop();
  await clock.advance(60_000);
  notifier.stop();
  expect(batches).toHaveLength(1);
  expect(linesOf(batches[0]!)).toEqual([
    'notifications webhook pager = 2',
    'notifications webhook mail = 0',
    'notifications_failed webhook pager = 2',
    'notifications_failed webhook mail = 0',
    'notification_requests webhook pager = 2',
    'notification_requests webhook mail = 0',
    'notification_requests_failed webhook pager = 2',
    'notification_requests_failed webhook mail = 0',
    'alerts active = 2',
    'alerts suppressed = 1',
    'silences active = 1',
    'silences pending = 1',
    'silences expired = 0',
    'config_last_reload_successful = 0',
    'config_last_reload_success_timestamp = 1700000000',
  ]);
});
