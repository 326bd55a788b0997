import { LENGTH_MS, START_MS } from './data.ts';

/** Requests to Prometheus' HTTP API, good ones and bad ones. */

export interface ApiAsked {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

const START = START_MS / 1000;
const END = (START_MS + LENGTH_MS) / 1000;
const MIDDLE = START + 3000;
const RANGE = { start: String(START), end: String(END) };

type Parameters = Readonly<Record<string, string | readonly string[]>>;

function asked(path: string, parameters: Parameters = {}, method: ApiAsked['method'] = 'GET'): ApiAsked {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : value.map((each) => [name, each] as const),
  );
  return { method, path, parameters: pairs };
}

const BAD_TIMES = [
  '',
  'x',
  '1h',
  'NaN',
  '+Inf',
  '-1',
  '2026-01-01',
  '2026-01-01T00:50:00Z',
  '2026-01-01T00:50:00+01:00',
  '2026-01-01T00:50:00.5Z',
  '2026-13-01T00:00:00Z',
  '1767228600.123456',
  '1e9',
  '0x10',
  ' 1767228600',
  '1767228600 ',
  '1_767',
  '9e18',
  '-292273086-05-16T16:47:06Z',
  '292277025-08-18T07:12:54.999999999Z',
  '2026-01-01t00:50:00z',
  '2026-01-01T00:50:60Z',
  '2026-02-30T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T00:50Z',
  '.5',
  '5.',
  'inf',
  'infinity',
  '0b1',
  '1e400',
];
const BAD_DURATIONS = [
  '',
  'x',
  '0',
  '-1',
  '1h',
  '1h30m',
  '5m1h',
  '1.5h',
  'NaN',
  'Inf',
  '1e20',
  '15s5',
  '-15s',
  '0s',
  '250ms',
  '1y',
  '1d',
  '1e1',
  '0x10',
  '+15',
  '15.0',
  '9223372036',
  '9223372037',
  '1ms',
  '0.0001',
  '300y',
  '99999999h',
];
const BAD_LIMITS = ['', '0', '1', '2', '-1', 'x', '1.5', '1e2', '99999999999999999999', '+3', ' 1', '0x2', '1_0'];
const BAD_SELECTORS = [
  '',
  'level',
  '{job="api"}',
  '{}',
  '{job=~".*"}',
  '{job=""}',
  'level{',
  'rate(level[5m])',
  'level[5m]',
  'level offset 5m',
  '{__name__=~"la.*",job="api"}',
  '{"dotted.name"}',
  '{a=~"("}',
  '"level"',
  'level{job="api"} or x',
  '{job!="api"}',
  '{instance=~"a.*|"}',
];

function* queries(): Generator<ApiAsked> {
  const query = 'level';
  for (const time of BAD_TIMES) yield asked('/api/v1/query', { query, time });
  // What is too short for a machine that is busy says nothing.
  for (const timeout of BAD_DURATIONS.filter((text) => !/ms$|^0\.0/.test(text)))
    yield asked('/api/v1/query', { query, time: String(MIDDLE), timeout });
  for (const lookback_delta of BAD_DURATIONS)
    yield asked('/api/v1/query', { query, time: String(MIDDLE), lookback_delta });
  for (const limit of BAD_LIMITS) {
    yield asked('/api/v1/query', { query: 'sort(level)', time: String(MIDDLE), limit });
    yield asked('/api/v1/query', { query: '1', time: String(MIDDLE), limit });
    yield asked('/api/v1/query_range', { query, ...RANGE, step: '600', limit });
  }
  for (const text of [
    '',
    ' ',
    '1',
    '"text"',
    "'a\\n<b>&\u2028ü\u{1f600}'",
    'sort(level)',
    'level[2m]',
    'sort(native_seconds)',
    'native_gauge[1m]',
    'nothing',
    'sum(',
    'vector(NaN)',
    'vector(-Inf)',
    'vector(1e-7)',
    'vector(1e21)',
    'vector(123456789012345680)',
    '-0',
    '1/0',
    'time()',
    '{"quoted"}',
    '{"größe in €"}',
    'sort(odd)',
    'a b',
    'level{job="api"} @ 1767228600',
    'level[5m:1m]',
    'sum by (job) (latency_bucket)',
    'flapping',
  ]) {
    yield asked('/api/v1/query', { query: text, time: String(MIDDLE) });
    yield asked('/api/v1/query_range', { query: text, start: String(MIDDLE), end: String(MIDDLE + 120), step: '60' });
    yield asked('/api/v1/format_query', { query: text });
    yield asked('/api/v1/parse_query', { query: text });
    yield asked('/api/v1/query_exemplars', { query: text, ...RANGE });
  }
  for (const time of BAD_TIMES) {
    yield asked('/api/v1/query_range', { query, start: time, end: String(END), step: '600' });
    yield asked('/api/v1/query_range', { query, start: String(START), end: time, step: '600' });
    yield asked('/api/v1/query_exemplars', { query, start: time, end: String(END) });
    yield asked('/api/v1/query_exemplars', { query, start: String(START), end: time });
  }
  for (const step of BAD_DURATIONS)
    yield asked('/api/v1/query_range', { query, start: String(MIDDLE), end: String(MIDDLE + 5), step });
  yield asked('/api/v1/query_range', { query, ...RANGE });
  yield asked('/api/v1/query_range', { query, end: RANGE.end, step: '15' });
  yield asked('/api/v1/query_range', { query, start: RANGE.start, step: '15' });
  yield asked('/api/v1/query_range', { ...RANGE, step: '15' });
  yield asked('/api/v1/query_range', { query, start: RANGE.end, end: RANGE.start, step: '15' });
  for (const seconds of [10_999, 11_000, 11_000.9, 11_001, 11_002])
    yield asked('/api/v1/query_range', {
      query: '1',
      start: String(START),
      end: String(START + seconds),
      step: '1',
      limit: '1',
    });
  yield asked('/api/v1/query_range', { query, start: '1767228600.123456', end: '1767228660.98765', step: '10.0005' });
  for (const stats of ['true', 'all', '1', ''])
    yield asked('/api/v1/query', { query: '1', time: String(MIDDLE), stats });
  yield asked('/api/v1/query', { query: 'nothing', time: [String(MIDDLE), 'x'] });
  yield asked('/api/v1/query', { query: ['level', 'odd'], time: String(MIDDLE) });
  yield asked('/api/v1/query', { query, time: 'x', limit: 'x', timeout: 'x', lookback_delta: 'x' });
  yield asked('/api/v1/query', { query: 'sum(', timeout: 'x', lookback_delta: 'x' });
  yield asked('/api/v1/query', { query: 'sum(', lookback_delta: 'x' });
  yield asked('/api/v1/query_range', { query: 'sum(', start: 'x', end: 'x', step: 'x', limit: 'x' });
  yield asked('/api/v1/query_range', { query: 'sum(', ...RANGE, step: 'x', timeout: 'y' });
  yield asked('/api/v1/query_exemplars', { query: 'sum(', start: 'x' });
  yield asked('/api/v1/query_exemplars', { query });
  yield asked('/api/v1/query_exemplars', {});
}

function* catalogs(): Generator<ApiAsked> {
  for (const selector of BAD_SELECTORS) {
    const match = { 'match[]': selector, ...RANGE };
    yield asked('/api/v1/series', match);
    yield asked('/api/v1/labels', match);
    yield asked('/api/v1/label/instance/values', match);
    yield asked('/api/v1/label/__name__/values', match);
    yield asked('/federate', { 'match[]': selector });
  }
  const two = { 'match[]': ['level{instance="a:1"}', '{__name__=~"l.*",instance=~"a:1|b:2"}'], ...RANGE };
  for (const path of ['series', 'labels', 'label/instance/values', 'label/le/values']) {
    yield asked(`/api/v1/${path}`, two);
    yield asked(`/api/v1/${path}`, two, 'POST');
    yield asked(`/api/v1/${path}`, { 'match[]': ['level', '{'], ...RANGE });
    yield asked(`/api/v1/${path}`, { 'match[]': ['level', '{}'], ...RANGE });
    if (path !== 'series' && path !== 'labels') continue;
    for (const limit of BAD_LIMITS) yield asked(`/api/v1/${path}`, { 'match[]': 'level', ...RANGE, limit });
    for (const time of BAD_TIMES) {
      yield asked(`/api/v1/${path}`, { 'match[]': 'level', start: time, end: String(END) });
      yield asked(`/api/v1/${path}`, { 'match[]': 'level', start: String(START), end: time });
    }
    yield asked(`/api/v1/${path}`, { 'match[]': 'level', start: RANGE.end, end: RANGE.start });
    yield asked(`/api/v1/${path}`, { 'match[]': '{', start: 'x', end: 'y', limit: 'z' });
    yield asked(`/api/v1/${path}`, { start: 'x', end: 'y' });
  }
  yield asked('/api/v1/labels', RANGE);
  yield asked('/api/v1/series', RANGE);
  for (const name of [
    'job',
    '__name__',
    'le',
    'label.name',
    'U__label_2e_name',
    'U__ключ',
    'ключ',
    'no',
    'a b',
    '',
    'U__',
    'U___2e_',
    'U__a_zz_b',
    '%FF',
    'U__a__b',
  ])
    yield asked(`/api/v1/label/${name.startsWith('%') ? name : encodeURIComponent(name)}/values`, RANGE);
  for (const limit of BAD_LIMITS) {
    yield asked('/api/v1/targets/metadata', { limit });
    yield asked('/api/v1/status/tsdb', {
      limit: limit === '' || limit === '1' || limit === '2' || limit === '+3' ? 'x' : limit,
    });
  }
  for (const limit of ['x', '1.5', '99999999999999999999']) yield asked('/api/v1/metadata', { limit });
  yield asked('/api/v1/metadata', { limit_per_metric: 'x' });
  yield asked('/api/v1/metadata', { metric: 'nothing_there' });
}

function* others(): Generator<ApiAsked> {
  for (const path of [
    'targets',
    'scrape_pools',
    'scrape_pools/config',
    'targets/metadata',
    'targets/relabel_steps',
    'alertmanagers',
    'rules',
    'alerts',
    'notifications',
    'status/walreplay',
    'status/tsdb/blocks',
    'nothing',
    'search/metric_names',
    'status',
    'query_cost',
    'label/x',
    '',
  ])
    yield asked(`/api/v1/${path}`);
  for (const state of ['active', 'dropped', 'any', 'x']) yield asked('/api/v1/targets', { state });
  yield asked('/api/v1/scrape_pools/config', { scrapePool: 'x' });
  yield asked('/api/v1/targets/relabel_steps', { scrapePool: 'x' });
  yield asked('/api/v1/targets/relabel_steps', { scrapePool: 'x', labels: '{' });
  yield asked('/api/v1/targets/relabel_steps', { scrapePool: 'x', labels: '{}' });
  yield asked('/api/v1/targets/metadata', { match_target: '{' });
  yield asked('/api/v1/targets/metadata', { match_target: '{job="x"}' });
  for (const type of ['alert', 'record', 'x', 'ALERT']) yield asked('/api/v1/rules', { type });
  yield asked('/api/v1/rules', { exclude_alerts: 'x' });
  yield asked('/api/v1/rules', { exclude_alerts: 'true' });
  yield asked('/api/v1/rules', { group_limit: 'x' });
  yield asked('/api/v1/rules', { group_limit: '0' });
  yield asked('/api/v1/rules', { group_limit: '-1' });
  yield asked('/api/v1/rules', { group_limit: '99999999999' });
  yield asked('/api/v1/rules', { group_next_token: 'x' });
  yield asked('/api/v1/rules', { group_limit: '1', group_next_token: 'x' });
  yield asked('/api/v1/rules', { 'match[]': '{' });
  yield asked('/api/v1/rules', { 'match[]': '{}' });
  for (const path of ['query', 'query_range', 'query_exemplars', 'format_query', 'parse_query', 'labels', 'series'])
    yield asked(
      `/api/v1/${path}`,
      { query: 'sort(level)', time: String(MIDDLE), ...RANGE, step: '600', 'match[]': 'level' },
      'POST',
    );
  for (const path of [
    'metadata',
    'rules',
    'alerts',
    'targets',
    'status/buildinfo',
    'label/job/values',
    'admin/tsdb/snapshot',
    'admin/tsdb/delete_series',
    'search/label_names',
    'read',
  ])
    yield asked(`/api/v1/${path}`, {}, 'POST');
  yield asked('/api/v1/read');
  yield asked('/api/v1/write');
  yield asked('/federate');
  yield asked('/federate', { 'match[]': ['level', '{'] });
  for (const path of ['healthy', 'ready', 'reload', 'quit']) {
    yield asked(`/-/${path}`);
    // A real one that may be told so would end.
    if (path === 'healthy' || path === 'ready') yield asked(`/-/${path}`, {}, 'POST');
  }
}

export function apiRequests(): readonly ApiAsked[] {
  return [...queries(), ...catalogs(), ...others()];
}
