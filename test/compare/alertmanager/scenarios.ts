/**
 * What both Alertmanagers are told, second by second. A receiver's address is `SINK/name`; times of alerts are seconds of the scenario, because the
 * real one runs in real time.
 */
export interface Scenario {
  readonly name: string;
  readonly config: string;
  /** Files named in `templates`. */
  readonly templates?: string;
  readonly steps: readonly Step[];
  readonly seconds: number;
  /** Statuses that the sink answers with, by path; the last one for all that come later. */
  readonly answers?: Readonly<Record<string, readonly number[]>>;
}

export type Step =
  | { readonly at: number; readonly alerts: readonly ScenarioAlert[] }
  | { readonly at: number; readonly silence: ScenarioSilence };

export interface ScenarioAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Seconds of the scenario; without it the moment of the step. */
  readonly startsAt?: number;
  readonly endsAt?: number;
  readonly generatorURL?: string;
}

export interface ScenarioSilence {
  readonly matchers: readonly { name: string; value: string; isRegex: boolean; isEqual: boolean }[];
  readonly endsAt: number;
}

const alert = (
  name: string,
  labels: Record<string, string> = {},
  more: Partial<ScenarioAlert> = {},
): ScenarioAlert => ({
  labels: { alertname: name, ...labels },
  annotations: { summary: `${name} <is> "bad" & loud` },
  generatorURL: 'http://prometheus.example/graph?g0.expr=up&g0.tab=1',
  ...more,
});

const timing = 'group_wait: 1s\n  group_interval: 3s\n  repeat_interval: 7s';
const webhook = (name: string, more = ''): string =>
  `  - name: ${name}\n    webhook_configs: [{url: 'SINK/${name}'${more}}]\n`;

/** All that a template may ask for, on one line each. */
const FUNCTIONS = `
upper {{ .Status | toUpper }} {{ "ABC" | toLower }} {{ title "hello wORLD it's" }} [{{ trimSpace "  x " }}]
join {{ .GroupLabels.Values.Join ":" }} {{ .CommonLabels.Names | join "," }} {{ join "-" (stringSlice "a" "b") }} {{ join "," (list 1 "b" true) }}
match {{ match "^a.c$" "abc" }} {{ reReplaceAll "(a)(b)" "$2$1" "abab" }} {{ urlUnescape "a%20b+c" }}
labels {{ .CommonLabels }} {{ .GroupLabels.SortedPairs }} {{ range .CommonAnnotations.SortedPairs }}{{ .Name }}={{ .Value }};{{ end }}
remove {{ .CommonLabels.Remove (stringSlice "job") }} {{ (.CommonLabels.Remove .GroupLabels.Names).Names }}
missing [{{ .CommonLabels.nothing }}] [{{ index .CommonLabels "nothing" }}]
counts {{ len .Alerts }} {{ len .Alerts.Firing }} {{ .Alerts.Resolved | len }} {{ .NotificationReason }} {{ .Receiver }} {{ .ExternalURL }}
json {{ .CommonLabels | toJson }} {{ list 1 "a" true | toJson }} {{ dict "k" 1 "a" "<" | toJson }} {{ append (list 1) 2 3 | toJson }}
base64 {{ base64encode "a?b>c" }} {{ base64decode "YT9iPmM=" }}
duration {{ humanizeDuration 0.0123 }} {{ humanizeDuration 3723 }} {{ humanizeDuration "90061" }} {{ humanizeDuration 12.5 }}
dates {{ (toDate "2006-01-02" "2026-03-04").Format "Mon 2 Jan 2006 15:04:05 MST" }} {{ (toDate "2006-01-02 15:04" "2026-07-04 12:30" | tz "Europe/Berlin").Format "2006-01-02T15:04:05Z07:00" }}
add {{ addDuration "1h" (toDate "2006-01-02" "2026-03-04") }} {{ date "02/01/06 03:04PM" (toDate "2006-01-02T15:04:05Z07:00" "2026-03-04T17:08:09+02:00") }}
html {{ safeHtml "<b>" }} {{ html "<i>" }} {{ urlquery "a b&c" }} {{ printf "%q %v %d" "x" 1 2 }}
alerts {{ range $i, $a := .Alerts }}{{ $i }}:{{ $a.Labels.alertname }}/{{ .Status }}/{{ .Fingerprint }}/{{ .EndsAt.IsZero }} {{ end }}
`;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'groups',
    config: `route:\n  receiver: all\n  group_by: [alertname]\n  ${timing}\nreceivers:\n${webhook('all')}`,
    steps: [
      { at: 0, alerts: [alert('A', { instance: 'b', job: 'j' }), alert('A', { instance: 'a', job: 'j' }), alert('B')] },
      { at: 2, alerts: [alert('A', { instance: 'c' })] },
      { at: 5, alerts: [alert('A', { instance: 'a', job: 'j' }, { startsAt: 0, endsAt: 5 })] },
      {
        at: 8,
        alerts: [
          alert('A', { instance: 'b', job: 'j' }, { startsAt: 0, endsAt: 8 }),
          alert('A', { instance: 'c' }, { startsAt: 2, endsAt: 8 }),
        ],
      },
      { at: 11, alerts: [alert('A', { instance: 'b', job: 'j' })] },
    ],
    seconds: 16,
  },
  {
    name: 'old alerts are told at once, and with the times that they came with',
    config: `route:\n  receiver: all\n  group_by: ['...']\n  group_wait: 5s\n  group_interval: 2s\nreceivers:\n${webhook('all')}`,
    steps: [
      { at: 0, alerts: [alert('old', {}, { startsAt: -60 }), alert('new')] },
      { at: 1, alerts: [alert('old', {}, { startsAt: -30, endsAt: 1 })] },
      { at: 2, alerts: [alert('over', {}, { startsAt: -60, endsAt: -30 })] },
    ],
    seconds: 7,
  },
  {
    name: 'routes',
    config: `
route:
  receiver: rest
  group_by: [team, alertname]
  group_wait: 1s
  group_interval: 4s
  routes:
    - receiver: logs
      matchers: ['severity=~"crit.*|warning"']
      continue: true
      group_by: []
    - receiver: db
      match: {service: db}
      match_re: {severity: '^(critical|page)$'}
      routes:
        - matchers: ['{owner="dba", env!="dev"}']
          receiver: dba
          group_by: [env, alertname]
        - matchers: [env=dev]
          receiver: dev
    - matchers: ['"über label"=~".+"', foo!~"b.r"]
      receiver: utf8
receivers:
${webhook('rest')}${webhook('logs')}${webhook('db')}${webhook('dba')}${webhook('dev')}${webhook('utf8')}`,
    steps: [
      {
        at: 0,
        alerts: [
          alert('a', { team: 'x' }),
          alert('b', { team: 'y', severity: 'critical' }),
          alert('c', { service: 'db', severity: 'critical' }),
          alert('d', { service: 'db', severity: 'page', owner: 'dba', env: 'prod' }),
          alert('e', { service: 'db', severity: 'critical', owner: 'dba', env: 'dev' }),
          alert('f', { service: 'db', severity: 'warning' }),
          alert('g', { 'über label': 'ja', foo: 'baz' }),
          alert('h', { 'über label': 'ja', foo: 'bar' }),
        ],
      },
    ],
    seconds: 4,
  },
  {
    name: 'inhibition',
    config: `
route:
  receiver: all
  group_by: ['...']
  group_wait: 1s
  group_interval: 2s
inhibit_rules:
  - source_matchers: [severity=critical]
    target_matchers: [severity=warning]
    equal: [alertname, cluster]
  - source_match: {kind: both}
    target_match_re: {kind: 'both|other'}
receivers:
${webhook('all')}`,
    steps: [
      {
        at: 0,
        alerts: [
          alert('x', { severity: 'critical', cluster: 'a' }),
          alert('x', { severity: 'warning', cluster: 'a' }),
          alert('x', { severity: 'warning', cluster: 'b' }),
          alert('y', { severity: 'warning', cluster: 'a' }),
          alert('b1', { kind: 'both' }),
          alert('b2', { kind: 'both', n: '2' }),
          alert('o', { kind: 'other' }),
        ],
      },
      { at: 4, alerts: [alert('x', { severity: 'critical', cluster: 'a' }, { startsAt: 0, endsAt: 4 })] },
    ],
    seconds: 9,
  },
  {
    name: 'silences',
    config: `route:\n  receiver: all\n  group_by: [alertname]\n  group_wait: 1s\n  group_interval: 2s\n  repeat_interval: 3s\nreceivers:\n${webhook('all')}`,
    steps: [
      { at: 0, silence: { matchers: [{ name: 'env', value: 'd.*', isRegex: true, isEqual: true }], endsAt: 6 } },
      { at: 0, alerts: [alert('s', { env: 'dev' }), alert('s', { env: 'prod' }), alert('t', { env: 'dev' })] },
    ],
    seconds: 12,
  },
  {
    name: 'times',
    config: `
route:
  receiver: all
  group_wait: 1s
  group_interval: 2s
  routes:
    - matchers: [r=muted]
      mute_time_intervals: [always]
    - matchers: [r=inactive]
      active_time_intervals: [past]
    - matchers: [r=active]
      active_time_intervals: [past, always]
    - matchers: [r=unmuted]
      mute_time_intervals: [past]
time_intervals:
  - name: always
    time_intervals: [{weekdays: ['saturday:friday'], months: ['1:december'], times: [{start_time: '00:00', end_time: '24:00'}], days_of_month: ['1:-1']}]
mute_time_intervals:
  - name: past
    time_intervals: [{years: ['1999:2001'], location: Europe/Berlin}]
receivers:
${webhook('all')}`,
    steps: [
      {
        at: 0,
        alerts: [
          alert('a', { r: 'muted' }),
          alert('b', { r: 'inactive' }),
          alert('c', { r: 'active' }),
          alert('d', { r: 'unmuted' }),
        ],
      },
    ],
    seconds: 4,
  },
  {
    name: 'what is over is not told where send_resolved is off',
    config: `route:\n  receiver: all\n  group_by: [alertname]\n  group_wait: 1s\n  group_interval: 2s\n  repeat_interval: 5s\nreceivers:\n${webhook('all', ', send_resolved: false')}`,
    steps: [
      { at: 0, alerts: [alert('A', { i: '1' }), alert('A', { i: '2' })] },
      { at: 2, alerts: [alert('A', { i: '1' }, { startsAt: 0, endsAt: 2 })] },
      { at: 8, alerts: [alert('A', { i: '2' }, { startsAt: 0, endsAt: 8 })] },
      { at: 12, alerts: [alert('A', { i: '1' })] },
    ],
    seconds: 15,
  },
  {
    name: 'an alert without an end ends by itself, and what is told again stays',
    config: `global: {resolve_timeout: 4s}\nroute:\n  receiver: all\n  group_by: ['...']\n  group_wait: 1s\n  group_interval: 2s\nreceivers:\n${webhook('all')}`,
    steps: [
      { at: 0, alerts: [alert('once'), alert('again')] },
      { at: 3, alerts: [alert('again')] },
      { at: 6, alerts: [alert('again')] },
    ],
    seconds: 9,
  },
  {
    name: 'one way that fails holds up none of the others, and is told in the next round',
    config: `route:\n  receiver: all\n  group_wait: 1s\n  group_interval: 3s\nreceivers:\n  - name: all\n    webhook_configs: [{url: SINK/fails}, {url: SINK/works}]\n`,
    steps: [{ at: 0, alerts: [alert('A')] }],
    answers: { '/fails': [400, 400, 200] },
    seconds: 12,
  },
  {
    name: 'receivers',
    config: `
global:
  slack_api_url: SINK/slack
  opsgenie_api_url: SINK/opsgenie
  opsgenie_api_key: '123'
  telegram_api_url: SINK/telegram
route:
  receiver: all
  group_by: [alertname]
  group_wait: 1s
  group_interval: 2s
  labels: {tier: 'gold', who: '{{ .CommonLabels.team }} of {{ routeLabels "tier" }}'}
receivers:
  - name: all
    labels: {owner: me}
    webhook_configs:
      - {url: SINK/webhook}
      - {url: 'SINK/templated/{{ .GroupLabels.alertname }}', max_alerts: 1}
      - url: SINK/payload
        payload:
          text: '{{ .CommonAnnotations.summary }}'
          number: '{{ len .Alerts }}'
          '{{ .Status }}-key': {list: ['{{ .Alerts | toJson }}', 2, true], empty: '', flag: 'yes'}
    slack_configs:
      - {channel: '#ops', send_resolved: true}
      - channel: '#more'
        send_resolved: true
        title: '{{ template "slack.default.title" . }}!'
        text: '{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}'
        short_fields: true
        fields: [{title: a, value: '{{ .Status }}'}, {title: b, value: c, short: false}]
        actions: [{type: button, text: go, url: 'http://x'}, {type: button, text: t, name: n, value: v, confirm: {text: sure}}]
        mrkdwn_in: [text]
        link_names: true
    pagerduty_configs:
      - {routing_key: '42', url: SINK/pagerduty}
      - routing_key: k
        url: SINK/pagerduty2
        severity: '{{ .CommonLabels.severity }}'
        class: c
        component: '{{ .CommonLabels.job }}'
        group: g
        details: {own: 'a: b', num_firing: '{{ len .Alerts }} of them'}
        images: [{src: 'http://i', alt: '{{ .Status }}'}]
        links: [{href: 'http://l', text: t}]
    opsgenie_configs:
      - {}
      - api_key: own
        message: m
        priority: P1
        tags: 'a,b,,c'
        details: {x: '{{ .Status }}'}
        responders: [{name: 'x,y', type: teams}, {username: u, type: user}]
        update_alerts: true
        actions: 'one, two'
        note: n
        entity: e
    msteams_configs: [{webhook_url: SINK/msteams}]
    msteamsv2_configs: [{webhook_url: SINK/msteamsv2}]
    discord_configs:
      - {webhook_url: SINK/discord}
      - {webhook_url: SINK/discord2, username: u, avatar_url: 'http://a/b.png', content: '{{ .Status }}', title: t}
    telegram_configs:
      - {bot_token: tok, chat_id: -12}
      - {bot_token: tok2, chat_id: 7, parse_mode: '', message: '{{ .Status }} <b>&', disable_notifications: true, message_thread_id: 3}
`,
    steps: [
      {
        at: 0,
        alerts: [
          alert('A', { job: 'api', team: 'core', severity: 'critical', instance: '1' }),
          alert(
            'A',
            { job: 'api', team: 'core', severity: 'critical', instance: '2' },
            { annotations: { summary: 'A <is> "bad" & loud', runbook: 'http://r' } },
          ),
        ],
      },
      {
        at: 2,
        alerts: [
          alert('A', { job: 'api', team: 'core', severity: 'critical', instance: '1' }, { startsAt: 0, endsAt: 2 }),
        ],
      },
      {
        at: 4,
        alerts: [
          alert('A', { job: 'api', team: 'core', severity: 'critical', instance: '2' }, { startsAt: 0, endsAt: 4 }),
        ],
      },
    ],
    seconds: 7,
  },
  {
    name: 'templates',
    config: `
templates: ['TEMPLATES']
route: {receiver: a.b+c, group_by: [alertname, job], group_wait: 1s, group_interval: 5s}
receivers:
  - name: a.b+c
    webhook_configs: [{url: SINK/functions, payload: {lines: '{{ template "functions" . }}'}}]
    slack_configs: [{api_url: SINK/slack, title: '{{ template "own" . }}', text: '{{ template "__subject" . }}'}]
    telegram_configs: [{api_url: SINK/telegram, bot_token: t, chat_id: 1, message: '{{ template "page" . }}'}]
`,
    templates: `{{ define "functions" }}${FUNCTIONS}{{ end }}
{{ define "own" }}{{ with index .Alerts 0 }}{{ .Labels.alertname }}{{ end }} {{- if eq .Status "firing" }} !{{ else }} ok{{ end }}{{ end }}
{{ define "slack.default.footer" }}own footer{{ end }}
{{ define "page" }}<b title="{{ .CommonAnnotations.summary }}">{{ .CommonAnnotations.summary }}</b> <a href="{{ (index .Alerts 0).GeneratorURL }}">x</a> <a href="{{ .CommonLabels.bad }}">y</a> <a href="http://h/?q={{ .CommonAnnotations.summary }}">z</a> {{ safeHtml "<i>i</i>" }} {{ "a+b" }}{{ end }}`,
    steps: [
      {
        at: 0,
        alerts: [
          alert('A b', { job: 'j&k', bad: 'javascript:alert(1)' }),
          alert('A b', { job: 'j&k', bad: 'javascript:alert(1)', x: 'y' }),
        ],
      },
    ],
    seconds: 3,
  },
];
