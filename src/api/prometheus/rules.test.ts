import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EngineRuleQueries, RULE_DEFAULTS, RuleManager, readRules, Turns } from '#alerting';
import { ManualClock } from '#base';
import { Labels, MemorySource } from '#query/promql.ts';
import { type RunningServer, startServer } from '../index.ts';

/** Rules and alerts as Prometheus' API gives them; the store has no part in it. */

const RULES = `groups:
- name: one
  interval: 30s
  limit: 5
  labels: {team: x}
  rules:
  - record: up:sum
    expr: sum(up)
  - alert: Down
    expr: up == 0
    for: 1m
    keep_firing_for: 5m
    labels: {severity: page}
    annotations: {summary: '{{ $labels.job }}'}
- name: two
  rules:
  - alert: Broken
    expr: up * on() group_left up
`;

let server: RunningServer;
let manager: RuleManager;
const NOW_MS = 1_700_000_000_000;
beforeAll(async () => {
  const samples = new MemorySource();
  for (const job of ['a', 'b']) {
    const labels = Labels.of(Object.entries({ __name__: 'up', job }));
    samples.add(labels, NOW_MS, { kind: 'float', value: 0 });
  }
  manager = new RuleManager({
    ...RULE_DEFAULTS,
    clock: new ManualClock(NOW_MS),
    queries: new EngineRuleQueries({ samples: () => samples }),
    series: { append: async () => undefined },
    alerts: { send: () => undefined },
    externalUrl: '',
    externalLabels: new Map(),
    turns: new Turns(1),
    catchUpTurns: new Turns(1),
    log: () => undefined,
  });
  await manager.update([readRules(RULES, '/etc/rules.yml')]);
  for (const group of manager.groups) await group.evaluate(NOW_MS);
  server = await startServer({
    port: 0,
    engineUrl: 'http://127.0.0.1:1',
    rules: manager,
    alertmanagers: ['http://a/alertmanager/api/v2/alerts'],
  });
});
afterAll(() => server?.close());

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly groups: readonly { readonly name: string; readonly rules: readonly Record<string, unknown>[] }[];
    readonly groupNextToken?: string;
    readonly alerts: readonly object[];
  };
}

async function ask(path: string): Promise<Answer> {
  const response = await fetch(`${server.url}/prometheus/api/v1/${path}`);
  return (await response.json()) as Answer;
}

const namesOf = ({ data }: Answer): string[] =>
  data.groups.flatMap(({ rules }) => rules.map(({ name }) => String(name)));

describe('GET /api/v1/rules', () => {
  test('groups with all fields of Prometheus, in its order', async () => {
    const { status, data } = await ask('rules');
    expect(status).toBe('success');
    const [one, two] = data.groups;
    const alert = (job: string): object => ({
      labels: { alertname: 'Down', job, severity: 'page', team: 'x' },
      annotations: { summary: job },
      state: 'pending',
      activeAt: '2023-11-14T22:13:20Z',
      value: '0e+00',
    });
    const lastEvaluation = '2023-11-14T22:13:20Z';
    expect(one).toEqual({
      name: 'one',
      file: '/etc/rules.yml',
      rules: [
        {
          name: 'up:sum',
          query: 'sum(up)',
          labels: { team: 'x' },
          health: 'ok',
          evaluationTime: 0,
          lastEvaluation,
          type: 'recording',
        },
        {
          state: 'pending',
          name: 'Down',
          query: 'up == 0',
          duration: 60,
          keepFiringFor: 300,
          labels: { severity: 'page', team: 'x' },
          annotations: { summary: '{{ $labels.job }}' },
          alerts: [alert('a'), alert('b')],
          health: 'ok',
          evaluationTime: 0,
          lastEvaluation,
          type: 'alerting',
        },
      ],
      interval: 30,
      limit: 5,
      evaluationTime: 0,
      lastEvaluation,
    });
    expect(two!.rules[0]).toMatchObject({ health: 'err', lastError: expect.stringContaining('duplicate series') });
    expect(Object.keys(one!.rules[1]!).slice(0, 4)).toEqual(['state', 'name', 'query', 'duration']);
  });

  test.each([
    { query: 'type=alert', names: ['Down', 'Broken'] },
    { query: 'type=record', names: ['up:sum'] },
    { query: 'rule_name[]=Down&rule_name[]=up:sum', names: ['up:sum', 'Down'] },
    { query: 'rule_group[]=two', names: ['Broken'] },
    { query: 'file[]=/other.yml', names: [] },
    { query: `match[]=${encodeURIComponent('{severity="page"}')}`, names: ['Down'] },
    { query: 'group_limit=1', names: ['up:sum', 'Down'] },
  ])('$query', async ({ query, names }) => {
    expect(namesOf(await ask(`rules?${query}`))).toEqual(names);
  });

  test('page by page', async () => {
    const first = await ask('rules?group_limit=1');
    const next = await ask(`rules?group_limit=1&group_next_token=${first.data.groupNextToken}`);
    expect(namesOf(next)).toEqual(['Broken']);
    expect(next.data.groupNextToken).toBeUndefined();
  });

  test('without alerts where they are not wanted', async () => {
    const { data } = await ask('rules?exclude_alerts=true');
    expect(data.groups[0]!.rules[1]!.alerts).toBeNull();
  });

  test.each([
    { query: 'type=x', error: 'invalid parameter "type": not supported value "x"' },
    { query: 'group_limit=0', error: 'invalid parameter "group_limit": group_limit needs to be greater than 0' },
    {
      query: 'group_limit=1&group_next_token=x',
      error: 'invalid parameter "group_next_token": invalid group_next_token \'x\'. were rule groups changed?',
    },
    { query: 'exclude_alerts=x', error: expect.stringContaining('error converting exclude_alerts') },
  ])('refuses $query', async ({ query, error }) => {
    expect(await ask(`rules?${query}`)).toMatchObject({ status: 'error', errorType: 'bad_data', error });
  });
});

test('GET /api/v1/alerts', async () => {
  const { data } = await ask('alerts');
  expect(data.alerts).toHaveLength(2);
  expect(data.alerts[0]).toMatchObject({ state: 'pending', labels: { job: 'a' } });
});

test('GET /api/v1/alertmanagers', async () => {
  expect((await ask('alertmanagers')).data).toEqual({
    activeAlertmanagers: [{ url: 'http://a/alertmanager/api/v2/alerts' }],
    droppedAlertmanagers: [],
  });
});
