import { describe, expect, test } from 'vitest';
import { ConfigErrors } from '#base';
import { readNotifyConfig } from './file.ts';

const read = (text: string, allowsAbsent = false): ReturnType<typeof readNotifyConfig> =>
  readNotifyConfig({ text, file: '/etc/am.yml', allowsAbsent });

function mistakes(text: string): string[] {
  try {
    read(text);
  } catch (error) {
    if (error instanceof ConfigErrors) return error.errors.map(({ place, message }) => `${place?.line}: ${message}`);
    throw error;
  }
  return [];
}

const SMALL = 'route: {receiver: a}\nreceivers: [{name: a}]\n';

describe('the configuration file', () => {
  test('the smallest one has the defaults of Alertmanager', () => {
    const config = read(SMALL);
    expect(config.global.resolveTimeoutMs).toBe(300_000);
    expect(config.receivers).toMatchObject([{ name: 'a', ways: [] }]);
    expect(Object.fromEntries(config.receivers[0]!.labels)).toEqual({ name: 'a' });
  });

  test('relative template files begin beside it', () => {
    expect(read(`${SMALL}templates: ['t/*.tmpl', /abs/x.tmpl]`).templates).toEqual(['/etc/t/*.tmpl', '/abs/x.tmpl']);
  });

  test.each([
    {
      name: 'an unknown key has its line and the nearest name',
      text: `${SMALL}inhibit_rule: []`,
      want: ['3: \'\' has invalid keys: inhibit_rule (did you mean "inhibit_rules"?)'],
    },
    {
      name: 'so has an unknown key of a receiver',
      text: 'route: {receiver: a}\nreceivers:\n  - name: a\n    webhook_configs:\n      - ulr: http://x\n        url: http://x',
      want: ['5: \'receivers::0::webhook_configs::0\' has invalid keys: ulr (did you mean "url"?)'],
    },
    {
      name: 'a receiver that is not there',
      text: 'route:\n  receiver: team\n  routes:\n    - receiver: taem\nreceivers: [{name: team}]',
      want: ['4: route::routes::0::receiver: undefined receiver "taem" used in route (did you mean "team"?)'],
    },
    {
      name: 'a time interval that is not there',
      text: 'route:\n  receiver: a\n  routes: [{mute_time_intervals: [nights]}]\nreceivers: [{name: a}]\ntime_intervals: [{name: night, time_intervals: []}]',
      want: [
        '3: route::routes::0::mute_time_intervals::0: undefined time interval "nights" used in route (did you mean "night"?)',
      ],
    },
    { name: 'no route', text: 'receivers: [{name: a}]', want: ['1: no route provided in config'] },
    {
      name: 'a root that not all alerts go to',
      text: 'route: {receiver: a, matchers: [x=y], continue: true}\nreceivers: [{name: a}]',
      want: [
        '1: route::matchers: root route must not have any matchers',
        '1: route::continue: cannot have continue in root route',
      ],
    },
    {
      name: 'a matcher that is none',
      text: 'route:\n  receiver: a\n  routes:\n    - matchers: [ok=1, "x=~("]\nreceivers: [{name: a}]',
      want: [expect.stringMatching(/^4: route::routes::0::matchers::1: .*missing closing/) as unknown as string],
    },
    {
      name: 'group_by twice and everything',
      text: "route: {receiver: a, group_by: [x, x, '...']}\nreceivers: [{name: a}]",
      want: [
        '1: route::group_by: cannot have wildcard group_by (`...`) and other labels at the same time',
        '1: route::group_by::1: duplicated label "x" in group_by',
      ],
    },
    {
      name: 'all mistakes of a route at their own lines',
      text: 'route:\n  receiver: a\n  group_by:\n    - x\n    - ""\n  group_interval: 0s\n  match: {a: b}\n  mute_time_intervals: [x]\nreceivers: [{name: a}]\ntime_intervals: [{name: x, time_intervals: []}]',
      want: [
        '5: route::group_by::1: invalid label name "" in group_by list',
        '6: route::group_interval: group_interval cannot be zero',
        '7: route::match: root route must not have any matchers',
        '8: route::mute_time_intervals: root route must not have any mute time intervals',
      ],
    },
    {
      name: 'what is wrong between parts, beside parts that are wrong themselves',
      text: 'global: {resolve_timeout: 5m}\nroute:\n  receiver: a\n  group_wait: soon\n  routes:\n    - receiver: bb\n    - {receiver: "007", active_time_intervals: [nigth]}\nreceivers:\n  - name: a\n    slack_configs: [{channel: x}]\n  - name: b\n    webhook_configs: [{ulr: http://x, url: http://x}]\n  - name: 007\ntime_intervals: [{name: night, time_intervals: []}]',
      want: [
        expect.stringMatching(/^4: route::group_wait: not a valid duration/) as unknown as string,
        '12: \'receivers::1::webhook_configs::0\' has invalid keys: ulr (did you mean "url"?)',
        '10: receivers::0::slack_configs::0: no Slack API URL nor App token set either inline or in a file',
        '6: route::routes::0::receiver: undefined receiver "bb" used in route (did you mean "b"?)',
        '7: route::routes::1::active_time_intervals::0: undefined time interval "nigth" used in route (did you mean "night"?)',
      ],
    },
    {
      name: 'no name is missed where its list has another key',
      text: 'route: {receiver: a}\nreceiver: [{name: a}]',
      want: ['2: \'\' has invalid keys: receiver (did you mean "receivers"?)'],
    },
    {
      name: 'receivers with one name, and one without an address',
      text: 'route: {receiver: a}\nreceivers:\n  - name: a\n  - name: a\n    slack_configs: [{channel: x}]',
      want: [
        '4: receivers::1::name: notification config name "a" is not unique',
        '5: receivers::1::slack_configs::0: no Slack API URL nor App token set either inline or in a file',
      ],
    },
  ])('$name', ({ text, want }) => {
    expect(mistakes(text)).toEqual(want);
  });

  test('a receiver of a type that we lack is refused by its line, or kept and named', () => {
    const text = 'route: {receiver: a}\nreceivers:\n  - name: a\n    pushover_configs: [{user_key: u, token: t}]';
    expect(mistakes(text)).toEqual([
      expect.stringMatching(/^4: .*no receivers of the type pushover.*--allow-unsupported-receivers/),
    ]);
    expect(read(text, true).receivers[0]).toMatchObject({ ways: [], absent: ['pushover'] });
  });

  test('numbers are texts where texts are wanted, and words of YAML 1.1 are true and false', () => {
    const text =
      'route: {receiver: 12}\nreceivers:\n  - name: 12\n    webhook_configs: [{url: http://x, send_resolved: no}]\n    pagerduty_configs: [{routing_key: 0042}]';
    const { receivers } = read(text);
    expect(receivers[0]!.name).toBe('12');
    expect(receivers[0]!.ways[0]!.config).toMatchObject({ sendsResolved: false });
    expect((receivers[0]!.ways[1]!.config as { routingKey: { reveal(): string } }).routingKey.reveal()).toBe('0042');
  });

  test('no secret is shown, wherever it stands', () => {
    const { shown } = read(
      `
global:
  slack_api_url: https://hooks.example/SECRET1
  smtp_auth_password: SECRET2
  http_config: {basic_auth: {username: me, password: SECRET3}, proxy_url: 'http://u:SECRET4@proxy:1'}
route: {receiver: a}
receivers:
  - name: a
    webhook_configs: [{url: 'http://h/SECRET5', http_config: {authorization: {credentials: SECRET6}, http_headers: {X: {secrets: [SECRET7]}}}}]
    pagerduty_configs: [{routing_key: SECRET8}, {service_key: 4711}]
    telegram_configs: [{bot_token: SECRET9, chat_id: 5}]
    pushover_configs: [{token: SECRET10, user_key: x}]
tracing: {headers: {k: {secrets: [SECRET11]}}}
`.replace('    pushover_configs: [{token: SECRET10, user_key: x}]\n', ''),
    );
    expect(shown).not.toMatch(/SECRET|4711/);
    expect(shown).toContain('slack_api_url: <secret>');
    expect(shown).toContain('chat_id: 5');
    // It is still a configuration.
    expect(() => read(shown)).not.toThrow();
  });

  test('a mistake doesn’t repeat a secret', () => {
    const text = 'route: {receiver: a}\nreceivers: [{name: a, slack_configs: [{api_url: "not a url with SECRET"}]}]';
    expect(mistakes(text).join()).not.toContain('SECRET');
    expect(mistakes(text)).toHaveLength(1);
  });
});
