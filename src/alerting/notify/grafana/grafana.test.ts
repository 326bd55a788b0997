import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ConfigErrors } from '#base';
import { parseYaml } from '#config';
import { readSetup } from '../load.ts';
import { readGrafanaConfig } from './read.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-grafana-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string, options: { allowsAbsent?: boolean; environment?: Record<string, string> } = {}) {
  const { allowsAbsent = false, environment = {} } = options;
  return readGrafanaConfig({
    roots: [parseYaml({ text, file: 'g.yaml', keepsSpelling: true })],
    file: 'g.yaml',
    allowsAbsent,
    environment,
  });
}

function mistakes(text: string, environment: Record<string, string>): string[] {
  try {
    read(text, { environment });
  } catch (error) {
    if (error instanceof ConfigErrors) return error.errors.map(({ place, message }) => `${place?.line}: ${message}`);
    throw error;
  }
  return [];
}

const POINTS = `apiVersion: 1
contactPoints:
  - orgId: 1
    name: on-call
    receivers:
      - uid: a
        type: slack
        settings: {url: $SLACK_URL, recipient: '#alerts', title: '{{ template "default.title" . }}', mentionChannel: here}
      - uid: b
        type: pagerduty
        settings: {integrationKey: key, severity: critical}
        disableResolveMessage: true
  - name: mail
    receivers:
      - {uid: c, type: email, settings: {addresses: 'a@x.org; b@x.org', subject: Hey}}
      - {uid: d, type: webhook, settings: {url: http://hook, username: u, password: $$p, maxAlerts: 3}}
      - {uid: e, type: telegram, settings: {bottoken: t, chatid: "-42", parse_mode: None}}
      - {uid: f, type: teams, settings: {url: https://teams, message: hi}}
      - {uid: g, type: discord, settings: {url: https://discord}}
      - {uid: h, type: opsgenie, settings: {apiKey: k, apiUrl: https://api.opsgenie.com/v2/alerts}}
`;
const POLICIES = `policies:
  - orgId: 1
    receiver: mail
    routes:
      - receiver: on-call
        object_matchers: [[severity, '=', page], [team, '=~', 'a|b']]
        mute_time_intervals: [nights]
        group_wait: 10s
        routes:
          - matchers: ['env = dev']
            receiver: mail
muteTimes:
  - orgId: 1
    name: nights
    time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}], weekdays: ['monday:friday'], location: Europe/Berlin}]
`;
const ENVIRONMENT = {
  SLACK_URL: 'https://hooks.slack.com/x',
  GF_SMTP_HOST: 'smtp.x.org:25',
  GF_SMTP_FROM_ADDRESS: 'g@x.org',
};

test('contact points, policies and mute timings of Grafana become a configuration of Alertmanager', () => {
  const { config, templates } = read(POINTS + POLICIES, { environment: ENVIRONMENT });
  expect(config.receivers.map(({ name, ways }) => [name, ways.map(({ type }) => type.name)])).toEqual([
    ['on-call', ['pagerduty', 'slack']],
    ['mail', ['webhook', 'email', 'opsgenie', 'telegram', 'discord', 'msteamsv2']],
  ]);
  const wayOf = (name: string): unknown =>
    config.receivers.flatMap(({ ways }) => ways).find(({ type }) => type.name === name)!.config;
  expect(wayOf('email')).toMatchObject({ to: 'a@x.org, b@x.org', from: 'g@x.org' });
  expect(wayOf('telegram')).toMatchObject({ chatId: -42, parseMode: '' });
  expect(wayOf('opsgenie')).toMatchObject({ apiUrl: 'https://api.opsgenie.com/' });
  expect(config.warnings).toEqual(['g.yaml:8: slack: the setting mentionChannel does nothing here']);
  const { route } = config;
  expect(route).toMatchObject({ receiver: 'mail', groupBy: ['grafana_folder', 'alertname'] });
  const shown = (each: (typeof route)['routes'][number]): unknown[] => [
    each.receiver,
    each.matchers.map(String),
    each.muteTimeIntervals,
    each.groupWaitMs,
    each.routes.map(shown),
  ];
  expect(route.routes.map(shown)).toEqual([
    ['on-call', ['__grafana_receiver__="on-call"'], [], undefined, []],
    ['mail', ['__grafana_receiver__="mail"'], [], undefined, []],
    ['on-call', ['severity="page"', 'team=~"a|b"'], ['nights'], 10_000, [['mail', ['env="dev"'], [], undefined, []]]],
  ]);
  expect(config.timeIntervals.get('nights')).toMatchObject([{ location: 'Europe/Berlin' }]);
  expect(config.shown).not.toMatch(/hooks\\.slack|\$p|integrationKey: key/);
  expect(templates[0]!.text).toContain('default.title');
});

test.each<{ name: string; text: string; want: RegExp; environment?: Record<string, string> }>([
  {
    name: 'a type that is not there',
    text: POINTS.replace('type: teams', 'type: googlechat') + POLICIES,
    want: /^18: contact point "mail": there are none of the type googlechat, only email, slack, .*--allow-unsupported-receivers/,
  },
  {
    name: 'a missing variable',
    text: POINTS + POLICIES,
    environment: { GF_SMTP_HOST: 'smtp:25' },
    want: /^8: the environment has no variable SLACK_URL$/,
  },
  {
    name: 'mail without a server',
    text: POINTS + POLICIES,
    environment: { SLACK_URL: 'https://x' },
    want: /^15: email: set GF_SMTP_HOST/,
  },
  {
    name: 'a contact point that is not there',
    text: (POINTS + POLICIES).replace('receiver: mail\n    routes', 'receiver: mial\n    routes'),
    want: /^23: .*undefined receiver "mial" used in route \(did you mean "mail"\?\)/,
  },
  {
    name: 'a mute timing that is not there',
    text: (POINTS + POLICIES).replace('[nights]', '[night]'),
    want: /^27: .*undefined time interval "night"/,
  },
  {
    name: 'a matcher',
    text: (POINTS + POLICIES).replace("'env = dev'", "'env ~ dev'"),
    want: /^30: .*matchers/,
  },
  { name: 'no policies', text: POINTS, want: /^1: policies is missing/ },
  {
    name: 'a key that is not known',
    text: (POINTS + POLICIES).replace('group_wait', 'groupwait'),
    want: /^28: policies: groupwait is not known$/,
  },
  { name: 'no address', text: (POINTS + POLICIES).replace('url: $SLACK_URL, ', ''), want: /^6: .*Slack|^6: .*slack/i },
])('names the place of a mistake: $name', ({ text, want, environment = ENVIRONMENT }) => {
  expect(mistakes(text, environment)[0]).toMatch(want);
});

test('a type that is not there is kept where that is allowed, and told of', () => {
  const text = POINTS.replace('type: teams', 'type: googlechat') + POLICIES;
  const { config } = read(text, { allowsAbsent: true, environment: ENVIRONMENT });
  expect(config.receivers.map(({ name, absent }) => [name, absent])).toEqual([
    ['on-call', []],
    ['mail', ['googlechat']],
  ]);
});

test('a folder of provisioning is read as one, and its files are known', () => {
  mkdirSync(join(folder, 'alerting'));
  const points = join(folder, 'alerting', 'points.yaml');
  writeFileSync(
    points,
    'apiVersion: 1\ncontactPoints:\n  - name: a\n    receivers: [{type: webhook, settings: {url: http://x}}]\ntemplates:\n  - {name: t, template: \'{{ define "own" }}{{ len .Alerts }}{{ end }}\'}\n',
  );
  const policies = join(folder, 'alerting', 'policies.json');
  writeFileSync(policies, '{"apiVersion": 1, "policies": [{"receiver": "a"}]}');
  writeFileSync(join(folder, 'alerting', 'other.yaml'), 'datasources: []\n');
  const setup = readSetup(join(folder, 'alerting'));
  expect(setup.files).toEqual([points, policies]);
  // A file alone, also one of JSON.
  expect(() => readSetup(policies)).toThrow(/undefined receiver "a"/);
  expect(setup.config.route.receiver).toBe('a');
  expect(setup.templates[1]!.text).toContain('own');
  writeFileSync(policies, '{"apiVersion": 1, "policies": [{"receiver": "b"}]}');
  expect(() => readSetup(join(folder, 'alerting'))).toThrow(/undefined receiver "b"/);
});
