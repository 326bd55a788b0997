import { describe, expect, test } from 'vitest';
import { ManualClock } from '#base';
import { readNotifyConfig } from './config/file.ts';
import { MemoryDocuments } from './engine/documents.ts';
import { DEFAULT_NOTIFY_LIMITS, type NotifyLimits } from './engine/limits.ts';
import { SilenceError } from './engine/silences.ts';
import { instantAt } from './instant.ts';
import { Matcher } from './matcher.ts';
import { Notifier, type ToldAlert } from './notifier.ts';
import type { JsonPost, JsonSender } from './receivers/http-sender.ts';

type Answer = Awaited<ReturnType<JsonSender['post']>>;
const OK: Answer = { status: 200, headers: {}, body: Buffer.from('ok') };
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

interface World {
  readonly clock: ManualClock;
  readonly notifier: Notifier;
  readonly documents: MemoryDocuments;
  /** Second, path and number of alerts of each request. */
  readonly sent: string[];
  /** Errors of the log. */
  readonly said: string[];
}

interface WorldOptions {
  readonly clock?: ManualClock;
  readonly documents?: MemoryDocuments;
  readonly limits?: Partial<NotifyLimits>;
  readonly answer?: (post: JsonPost) => Promise<Answer>;
  readonly allowsAbsent?: boolean;
}

const ROUTE = 'route: {receiver: a, group_by: [alertname], group_wait: 10s, group_interval: 1m, repeat_interval: 4h}\n';
const ONE = `${ROUTE}receivers: [{name: a, webhook_configs: [{url: http://sink/one}]}]`;

function world(config: string, options: WorldOptions = {}): World {
  const { clock = new ManualClock(), documents = new MemoryDocuments(), answer = async () => OK } = options;
  const startMs = clock.nowMs();
  const sent: string[] = [];
  const said: string[] = [];
  const text = config;
  const setup = {
    config: readNotifyConfig({ text, file: 'a.yml', allowsAbsent: options.allowsAbsent ?? false }),
    templates: [],
  };
  const notifier = new Notifier(setup, {
    clock,
    random: () => 0.5,
    logger: { ...SILENT, error: (message) => said.push(message) },
    documents,
    externalUrl: 'http://console',
    version: 'test',
    limits: { ...DEFAULT_NOTIFY_LIMITS, ...options.limits },
    transport: {
      post: (post) => {
        const { alerts, status } = post.body as { alerts: unknown[]; status: string };
        sent.push(`${(clock.nowMs() - startMs) / 1000}s ${new URL(post.url).pathname} ${status} ${alerts.length}`);
        return answer(post);
      },
    },
  });
  return { clock, notifier, documents, sent, said };
}

const alert = (name: string, more: Record<string, string> = {}): ToldAlert => ({
  labels: Object.entries({ alertname: name, ...more }),
  annotations: [],
});

describe('the notifier', () => {
  test('a receiver that hangs holds up no other, nor the next round', async () => {
    const hanging = new Promise<Answer>(() => {});
    const { clock, notifier, sent, said } = world(
      `${ROUTE}receivers: [{name: a, webhook_configs: [{url: http://sink/hangs}, {url: http://sink/works}]}]`,
      { answer: ({ url }) => (url.endsWith('hangs') ? hanging : Promise.resolve(OK)) },
    );
    await notifier.start();
    notifier.receive([alert('A')]);
    await clock.advance(20_000);
    notifier.receive([alert('A', { i: '2' }), alert('B')]);
    await clock.advance(60_000);
    // The attempt that hangs is given up when the group is due again, and made once more.
    expect(sent).toEqual([
      '10s /hangs firing 1',
      '10s /works firing 1',
      '30s /hangs firing 1',
      '30s /works firing 1',
      '70s /hangs firing 2',
      '70s /works firing 2',
    ]);
    expect(said).toEqual(['a/webhook[0]: not told after 1 attempt: timed out: no answer within 1m']);
  });

  test('the attempt before one that hangs is said, and what each receiver was told is counted', async () => {
    let tries = 0;
    const hanging = new Promise<Answer>(() => {});
    const { clock, notifier, said } = world(ONE, {
      answer: () =>
        ++tries === 1 ? Promise.resolve({ ...OK, status: 503 }) : tries === 2 ? hanging : Promise.resolve(OK),
    });
    const counts = { receiver: 'a', integration: 'webhook' };
    expect(notifier.counts).toEqual([{ ...counts, notifications: 0, failed: 0, requests: 0, failedRequests: 0 }]);
    await notifier.start();
    notifier.receive([alert('A')]);
    await clock.advance(71_000);
    expect(said).toEqual([
      'a/webhook[0]: not told after 2 attempts: timed out: no answer within 1m; the attempt before: unexpected status code 503: ok',
    ]);
    expect(notifier.counts).toEqual([{ ...counts, notifications: 2, failed: 1, requests: 3, failedRequests: 1 }]);
    const next = ONE.replaceAll('name: a,', 'name: b,').replace('receiver: a', 'receiver: b');
    notifier.reload({ config: readNotifyConfig({ text: next, file: 'b.yml' }), templates: [] });
    expect(notifier.counts).toMatchObject([{ receiver: 'b', notifications: 0 }]);
  });

  test('an attempt that may succeed is made again, each time later, until the group is due again', async () => {
    let tries = 0;
    const answer = async (): Promise<Answer> => (++tries <= 3 ? { ...OK, status: 503 } : OK);
    const { clock, notifier, sent } = world(ONE, { answer });
    await notifier.start();
    notifier.receive([alert('A')]);
    await clock.advance(70_000);
    expect(sent).toEqual(['10s', '10.5s', '11.25s', '12.375s'].map((at) => `${at} /one firing 1`));
  });

  test('who was told before a restart is not told again, and silences go on', async () => {
    const { clock, notifier, documents, sent } = world(ONE);
    await notifier.start();
    const id = await notifier.silences.set(
      {
        id: '',
        matchers: [new Matcher('=', 'alertname', 'quiet')],
        startsAt: instantAt(clock.nowMs()),
        endsAt: instantAt(clock.nowMs() + 3_600_000),
        createdBy: 'me',
        comment: 'c',
        annotations: new Map(),
      },
      clock.nowMs(),
    );
    notifier.receive([alert('A'), alert('quiet')]);
    await clock.advance(11_000);
    expect(sent).toEqual(['10s /one firing 1']);
    notifier.stop();

    const after = world(ONE, { clock, documents });
    after.notifier.receive([alert('A'), alert('quiet')]);
    await after.notifier.start();
    await clock.advance(600_000);
    expect(after.notifier.silences.get(id)?.matchers.map(String)).toEqual(['alertname="quiet"']);
    // After resolve_timeout without a word it is over, which is told by whom the first notification was.
    expect(after.sent).toEqual(['310s /one resolved 1']);
  });

  test('one that was killed between sending and keeping it tells again, with the same key', async () => {
    const { clock, notifier, sent } = world(ONE);
    await notifier.start();
    notifier.receive([alert('A')]);
    await clock.advance(11_000);
    notifier.stop();
    const keys: unknown[] = [];
    const again = world(ONE, {
      clock,
      answer: async ({ body }) => {
        keys.push((body as { groupKey: string }).groupKey);
        return OK;
      },
    });
    await again.notifier.start();
    again.notifier.receive([alert('A')]);
    await clock.advance(11_000);
    expect([sent.length, again.sent.length]).toEqual([1, 1]);
    expect(keys).toEqual(['{}:{alertname="A"}']);
  });

  test('alerts, groups and silences are bounded', async () => {
    const { clock, notifier, sent } = world(ONE, { limits: { alerts: 3, groups: 2, silences: 1 } });
    await notifier.start();
    expect(notifier.receive([alert('A'), alert('B'), alert('C'), alert('D')])).toEqual([
      'there are more than 3 alerts',
    ]);
    await clock.advance(11_000);
    expect(sent).toEqual(['10s /one firing 1', '10s /one firing 1']);
    const silence = {
      id: '',
      matchers: [new Matcher('=', 'a', 'b')],
      startsAt: instantAt(clock.nowMs()),
      endsAt: instantAt(clock.nowMs() + 1000),
      createdBy: '',
      comment: '',
      annotations: new Map(),
    };
    await notifier.silences.set(silence, clock.nowMs());
    await expect(notifier.silences.set(silence, clock.nowMs())).rejects.toThrow(SilenceError);
  });

  test('what is wrong with one alert doesn’t hold up the others', async () => {
    const { notifier } = world(ONE);
    await notifier.start();
    const mistakes = notifier.receive([
      { labels: [], annotations: [] },
      { ...alert('A'), startsAt: instantAt(2000), endsAt: instantAt(1000) },
      alert('B'),
    ]);
    expect(mistakes).toEqual(['at least one label pair required', 'start time must be before end time']);
    expect(notifier.alerts().map(({ labels }) => labels.get('alertname'))).toEqual(['B']);
  });

  test('another configuration takes over: what was told stays told', async () => {
    const { clock, notifier, sent } = world(ONE);
    await notifier.start();
    notifier.receive([alert('A'), alert('B')]);
    await clock.advance(11_000);
    const next = ONE.replace('http://sink/one', 'http://sink/two');
    notifier.reload({ config: readNotifyConfig({ text: next, file: 'b.yml' }), templates: [] });
    notifier.receive([alert('B', { i: '2' })]);
    await clock.advance(60_000);
    expect(sent).toEqual(['10s /one firing 1', '10s /one firing 1', expect.stringMatching(/ \/two firing 2$/)]);
  });

  test('a receiver of a type that is not there raises an alert of its own', async () => {
    const { clock, notifier, sent } = world(
      `${ROUTE}receivers: [{name: a, webhook_configs: [{url: http://sink/one}], pushover_configs: [{user_key: u, token: t}]}]`,
      { allowsAbsent: true },
    );
    await notifier.start();
    await clock.advance(600_000);
    expect(sent).toEqual(['10s /one firing 1']);
    expect(Object.fromEntries(notifier.alerts()[0]!.labels)).toMatchObject({
      alertname: 'UnsupportedReceiver',
      receiver: 'a',
      type: 'pushover',
    });
  });

  test('a template that loops or grows without end is stopped, and said; others are told', async () => {
    const bomb = `{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}`;
    const big = `{{ range 1000000000 }}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{{ end }}`;
    const { clock, notifier, sent } = world(
      `${ROUTE}receivers: [{name: a, webhook_configs: [{url: http://sink/1, payload: {alerts: '${bomb}'}}, {url: http://sink/2, payload: {alerts: '${big}'}}, {url: http://sink/3}]}]`,
    );
    await notifier.start();
    notifier.receive([alert('A')]);
    await clock.advance(11_000);
    expect(sent).toEqual(['10s /3 firing 1']);
  });
});
