import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Scratch, scratchFolder } from '../lib/cli.ts';
import { eventually, type RunningSignalbox, startSignalbox } from '../lib/signalbox.ts';
import { getJson } from './ask.ts';

/** Rules in a whole Signalbox: files are read, series come into the store, alerts reach an Alertmanager, a change is noticed, a kill survived. */

interface SentAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
}

const RULES = (extra = ''): string => `groups:
- name: always
  interval: 1s
  rules:
  - record: answer
    expr: vector(42)
    labels: {team: x}
  - record: answer:twice
    expr: 2 * answer
  - alert: Answered
    expr: answer:twice == 84
    for: 2s
    labels: {severity: page}
    annotations: {summary: 'it is {{ $value }} for {{ $labels.team }}'}
${extra}`;

let scratch: Scratch;
let box: RunningSignalbox;
let rulesFile: string;
let alertmanagerUrl: string;
const sent: SentAlert[] = [];
const receiver = createServer(async (request, response) => {
  let text = '';
  for await (const piece of request) text += String(piece);
  sent.push(...(JSON.parse(text) as SentAlert[]));
  response.end();
});

const start = (dataDir: string): Promise<RunningSignalbox> =>
  startSignalbox({
    dataDir,
    args: ['--rules', rulesFile, '--alertmanager', alertmanagerUrl, '--external-url', 'https://obs.example.com/'],
  });

beforeAll(async () => {
  scratch = scratchFolder();
  rulesFile = scratch.file('rules.yml', RULES());
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  alertmanagerUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  box = await start(`${scratch.path}/data`);
}, 120_000);
afterAll(async () => {
  await box?.stop();
  receiver.close();
  scratch?.remove();
});

interface RulesAnswer {
  readonly data: {
    readonly groups: readonly {
      readonly name: string;
      readonly file: string;
      readonly rules: readonly { readonly name: string; readonly health: string; readonly state?: string }[];
    }[];
  };
}
const rules = (): Promise<RulesAnswer> => getJson<RulesAnswer>(`${box.consoleUrl}/prometheus/api/v1/rules`);

interface Vector {
  readonly data: { readonly result: readonly { readonly metric: object; readonly value: readonly [number, string] }[] };
}
const query = async (text: string): Promise<Vector['data']['result']> =>
  (await getJson<Vector>(`${box.consoleUrl}/api/v1/query?query=${encodeURIComponent(text)}`)).data.result;

describe('rules of a whole Signalbox', () => {
  test('are evaluated, and their series are in the store', async () => {
    const group = await eventually('healthy rules', async () => {
      const [found] = (await rules()).data.groups;
      return found?.rules.every(({ health }) => health === 'ok') ? found : undefined;
    });
    expect(group.name).toBe('always');
    expect(group.file).toBe(rulesFile);
    const [answer] = await eventually('the series', async () => {
      const found = await query('answer:twice');
      return found.length > 0 ? found : undefined;
    });
    expect(answer).toMatchObject({ metric: { __name__: 'answer:twice', team: 'x' }, value: [expect.anything(), '84'] });
  });

  test('alerts reach the Alertmanager with all their fields', async () => {
    const alert = await eventually('an alert', async () => sent[0]);
    expect(alert).toEqual({
      labels: { alertname: 'Answered', severity: 'page', team: 'x' },
      annotations: { summary: 'it is 84 for x' },
      startsAt: expect.any(String),
      endsAt: expect.any(String),
      generatorURL: 'https://obs.example.com/graph?g0.expr=answer%3Atwice+%3D%3D+84&g0.tab=1',
    });
    expect(Date.parse(alert.endsAt)).toBeGreaterThan(Date.now());
    const { data } = await getJson<{ data: { alerts: object[] } }>(`${box.consoleUrl}/api/v1/alerts`);
    expect(data.alerts).toEqual([
      {
        labels: alert.labels,
        annotations: alert.annotations,
        state: 'firing',
        activeAt: expect.any(String),
        value: '8.4e+01',
      },
    ]);
    await eventually('the state', async () => (await query('ALERTS{alertstate="firing"}'))[0]);
    // The Alertmanager of the same process has it, too.
    const [own] = await getJson<SentAlert[]>(`${box.consoleUrl}/alertmanager/api/v2/alerts`);
    expect(own).toMatchObject({ labels: alert.labels, annotations: alert.annotations, status: { state: 'active' } });
  });

  test('they say of themselves how they do', async () => {
    const evaluations = `signalbox_rule_evaluations_total{job="signalbox",rule_group="${rulesFile};always"} > 0`;
    await eventually('own metrics', async () => (await query(evaluations))[0]);
    const sentTo = `signalbox_alerts_sent_total{job="signalbox",alertmanager="${alertmanagerUrl}/api/v2/alerts"}`;
    await eventually('sent alerts', async () => (await query(sentTo))[0]);
    const alerts = 'signalbox_alertmanager_alerts{job="signalbox",state="active"} > 0';
    await eventually('alerts of the Alertmanager inside', async () => (await query(alerts))[0]);
    const sinceRead =
      'time() - signalbox_alertmanager_config_last_reload_success_timestamp_seconds{job="signalbox"} < 600';
    await eventually('the time of the configuration', async () => (await query(sinceRead))[0]);
    const isRead = 'signalbox_alertmanager_config_last_reload_successful{job="signalbox"} == 1';
    await eventually('that the configuration was read', async () => (await query(isRead))[0]);
    const { data } = await getJson<{ data: object }>(`${box.consoleUrl}/api/v1/alertmanagers`);
    expect(data).toEqual({
      activeAlertmanagers: [
        { url: 'https://obs.example.com/alertmanager/api/v2/alerts' },
        { url: `${alertmanagerUrl}/api/v2/alerts` },
      ],
      droppedAlertmanagers: [],
    });
  });

  test('a change of the file is noticed, and one with a mistake leaves the group as it was', async () => {
    writeFileSync(rulesFile, RULES('- name: more\n  rules: [{record: x, expr: "1"}]\n'));
    await eventually('the new group', async () => (await rules()).data.groups.length === 2 || undefined);
    writeFileSync(rulesFile, RULES('- name: more\n  rules: [{record: x, expr: "sum("}]\n'));
    await eventually(
      'the mistake',
      async () => /group "more", rule 1, "x": could not parse/.test(box.output()) || undefined,
    );
    expect((await rules()).data.groups.map(({ name }) => name)).toEqual(['always', 'more']);
  });

  test('an alert fires on after all processes were killed', async () => {
    await box.kill();
    const before = sent.length;
    box = await start(`${scratch.path}/data`);
    const again = await eventually('the alert again', async () => sent[before]);
    expect(again.labels.alertname).toBe('Answered');
    expect((await rules()).data.groups[0]!.rules.at(-1)!.state).toBe('firing');
  });
});
