import { setTimeout as pause } from 'node:timers/promises';

/** Requests to Alertmanager's API, for a real one and ours, and what is answered, without times and ids. */
export const API_CONFIG = `
global: {resolve_timeout: 3m}
route:
  receiver: team-x
  group_by: [alertname]
  group_wait: 30s
  labels: {tier: '{{ .CommonLabels.alertname }}!'}
  routes:
    - {matchers: [muted=yes], receiver: other, mute_time_intervals: [always], continue: true}
    - {matchers: ['alertname=~".+"'], receiver: other, group_by: ['...']}
inhibit_rules: [{source_matchers: [sev=crit], target_matchers: [sev=warn], equal: [env]}]
time_intervals: [{name: always, time_intervals: [{}]}]
receivers:
  - name: team-x
    labels: {owner: me}
  - name: other
`;

interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

const get = (path: string): ApiRequest => ({ method: 'GET', path });
const post = (path: string, body: unknown): ApiRequest => ({ method: 'POST', path, body });
const remove = (path: string): ApiRequest => ({ method: 'DELETE', path });

const NO_ID = '11111111-1111-1111-1111-111111111111';
const QUERIES = [
  '',
  '?active=false',
  '?silenced=false',
  '?inhibited=false',
  '?unprocessed=false',
  '?muted=false',
  '?active=maybe',
  '?filter=alertname%3Da',
  '?filter=alertname%3D%7E%22a%7Cb%22&filter=sev%21%3Dcrit',
  '?filter=empty%3D%22%22',
  '?filter=sev%21%3D%22%22',
  '?filter=bad',
  '?filter=%7Ba%3Db%7D',
  '?receiver=other',
  '?receiver=te.*',
  '?receiver_matchers=owner%3Dme',
];

function requestsAt(nowMs: number): readonly ApiRequest[] {
  const at = (seconds: number): string => new Date(nowMs + seconds * 1000).toISOString();
  const alert = (labels: object, more: object = {}): object => ({ labels, annotations: { s: 'x <b>' }, ...more });
  const matcher = (name: string, value: string, more: object = {}): object => ({
    name,
    value,
    isRegex: false,
    ...more,
  });
  const silence = (matchers: unknown, more: object = {}): object => ({
    matchers,
    startsAt: at(0),
    endsAt: at(3600),
    createdBy: 'me',
    comment: 'c',
    ...more,
  });
  const some = [matcher('a', 'b')];
  return [
    get('/api/v2/receivers'),
    get('/api/v2/receivers?receiver_matchers=owner%3Dme'),
    get('/api/v2/alerts'),
    get('/api/v2/alerts/groups'),
    get('/api/v2/silences'),
    post('/api/v2/alerts', [
      alert({ alertname: 'a', sev: 'crit', env: 'p' }, { generatorURL: 'http://g/?a=b&c' }),
      alert({ alertname: 'b', sev: 'warn', env: 'p' }),
      alert({ alertname: 'c', empty: '' }, { startsAt: at(-3600), endsAt: at(600) }),
      alert({ alertname: 'd', muted: 'yes' }),
      { labels: { 'über x': 'y' } },
    ]),
    ...QUERIES.flatMap((query) => [get(`/api/v2/alerts${query}`), get(`/api/v2/alerts/groups${query}`)]),
    post('/api/v2/alerts', [{ labels: {} }]),
    post('/api/v2/alerts', [{ annotations: {} }]),
    post('/api/v2/alerts', [alert({ alertname: 'x' }, { startsAt: at(10), endsAt: at(5) })]),
    post('/api/v2/alerts', []),
    post('/api/v2/silences', silence([matcher('alertname', 'a')])),
    post(
      '/api/v2/silences',
      silence([matcher('alertname', 'c.*', { isRegex: true }), matcher('env', 'x', { isEqual: false })], {
        startsAt: at(1000),
        endsAt: at(2000),
        annotations: { k: 'v' },
      }),
    ),
    get('/api/v2/silences'),
    get('/api/v2/silence/ID0'),
    get('/api/v2/silence/nope'),
    get(`/api/v2/silence/${NO_ID}`),
    ...['?filter=alertname%3Da', '?filter=alertname%3D%7Ec.%2A', '?active=false', '?pending=false&expired=false'].map(
      (query) => get(`/api/v2/silences${query}`),
    ),
    get('/api/v2/alerts?silenced=false'),
    get('/api/v2/alerts/groups'),
    ...[
      silence([]),
      silence([matcher('', 'x')]),
      silence([matcher('a', '')]),
      silence([matcher('a', '(', { isRegex: true })]),
      silence([matcher('a', '.*', { isRegex: true })]),
      silence([{ name: 'a', value: 'b' }]),
      silence(some, { startsAt: at(-20), endsAt: at(-10) }),
      silence(some, { endsAt: at(-20) }),
      silence(some, { id: 'nope' }),
      silence(some, { id: NO_ID }),
      { matchers: some },
    ].map((body) => post('/api/v2/silences', body)),
    // Begun at another second, whenever it is asked: Alertmanager compares begins by seconds.
    post(
      '/api/v2/silences',
      silence([matcher('alertname', 'a')], { id: 'ID0', comment: 'longer', startsAt: at(-10), endsAt: at(7200) }),
    ),
    get('/api/v2/silence/ID0'),
    post('/api/v2/silences', silence([matcher('alertname', 'b')], { id: 'ID0' })),
    get('/api/v2/silences'),
    remove('/api/v2/silence/ID1'),
    remove('/api/v2/silence/ID1'),
    remove('/api/v2/silence/nope'),
    remove(`/api/v2/silence/${NO_ID}`),
    get('/api/v2/silences'),
    get('/-/healthy'),
    get('/-/ready'),
  ];
}

export interface ApiAnswer {
  readonly request: string;
  readonly answer: string;
}

/** Asks everything, in order, and gives what was answered. */
export async function askAll(base: string): Promise<readonly ApiAnswer[]> {
  const ids: string[] = [];
  const answers: ApiAnswer[] = [];
  for (const { method, path, body } of requestsAt(Date.now())) {
    const withIds = (text: string): string => text.replaceAll(/\bID(\d)\b/g, (_, i: string) => ids[Number(i)]!);
    const response = await fetch(base + withIds(path), {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: withIds(JSON.stringify(body)) }),
    });
    const text = await response.text();
    if (method === 'POST' && path === '/api/v2/silences' && response.ok) {
      ids.push((JSON.parse(text) as { silenceID: string }).silenceID);
    }
    // A real one puts alerts into groups a moment later.
    if (method === 'POST' && path === '/api/v2/alerts') await pause(100);
    answers.push({ request: `${method} ${path}`, answer: `${response.status} ${withoutTimes(text, ids)}` });
  }
  return answers;
}

function withoutTimes(text: string, ids: readonly string[]): string {
  const timeless = text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, (time) => {
    const seconds = (Date.parse(time) - Date.now()) / 1000;
    return Math.abs(seconds) < 30 ? 'NOW' : `NOW${seconds < 0 ? '' : '+'}${Math.round(seconds / 60)}m`;
  });
  return ids.reduce((so, id, i) => so.replaceAll(id, `ID${i}`), timeless);
}
