import { describe, expect, test } from 'vitest';
import { Labels } from '#query/promql.ts';
import { EngineRuleQueries } from './engine-queries.ts';
import type { RuleQueries } from './queries.ts';
import { RuleWorld, STALE } from './testing/rule-world.ts';

const ALERT = `groups:
- name: g
  interval: 10s
  rules:
  - alert: Down
    expr: up == 0
    for: 30s
    labels: {severity: '{{ $labels.job }}-page'}
    annotations: {summary: '{{ $labels.instance }} is {{ $value }}'}
`;

describe('alerts', () => {
  test('pend, fire, are told again, and are told resolved for a quarter of an hour', async () => {
    const world = new RuleWorld();
    await world.load(ALERT);
    world.manager.start();
    const down = (): void => world.set('up', 0, { instance: 'a', job: 'x' });
    await world.run(25, down);
    const [group] = world.manager.groups;
    const [rule] = group!.alertingRules;
    expect(rule!.state).toBe('pending');
    expect(world.sent).toEqual([]);
    await world.run(30, down);
    expect(rule!.state).toBe('firing');
    expect(world.sent).toHaveLength(1);
    const [first] = world.sent;
    expect(first!.labels.toString()).toBe('{alertname="Down", instance="a", job="x", severity="x-page"}');
    expect(Object.fromEntries(first!.annotations)).toEqual({ summary: 'a is 0' });
    expect(first!.generatorUrl).toBe('http://here/graph?g0.expr=up+%3D%3D+0&g0.tab=1');
    expect(first!.endsAtMs - rule!.alerts[0]!.lastSentMs!).toBe(4 * 60_000);
    await world.run(60, down);
    // Once more after a minute.
    expect(world.sent).toHaveLength(2);
    await world.run(10, () => world.set('up', 1, { instance: 'a', job: 'x' }));
    expect(rule!.state).toBe('inactive');
    expect(world.sent).toHaveLength(3);
    expect(world.sent[2]!.endsAtMs).toBe(rule!.alerts[0]!.resolvedAtMs);
    expect(world.sent[2]!.startsAtMs).toBe(first!.startsAtMs);
    await world.run(16 * 60);
    expect(rule!.alerts).toEqual([]);
    const count = world.sent.length;
    await world.run(120);
    expect(world.sent).toHaveLength(count);
  });

  test('write their state as series that end with them', async () => {
    const world = new RuleWorld();
    await world.load(ALERT);
    world.manager.start();
    await world.run(100, () => world.set('up', 0, { instance: 'a', job: 'x' }));
    await world.run(20, () => world.set('up', 1, { instance: 'a', job: 'x' }));
    const states = world.values('ALERTS').map((line) => /alertstate="(\w+)".* (\S+)$/.exec(line)!.slice(1).join(' '));
    expect(new Set(states)).toEqual(new Set(['pending 1', 'pending stale', 'firing 1', 'firing stale']));
    expect(states.at(-1)).toBe('firing stale');
    const [since] = world.values('ALERTS_FOR_STATE');
    expect(since).toMatch(/^\{alertname="Down", instance="a", job="x", severity="x-page"\} 17000000\d\d$/);
  });

  test('a restart while an alert pends or fires loses nothing', async () => {
    const world = new RuleWorld();
    const text = ALERT.replace('for: 30s', 'for: 15m');
    await world.load(text);
    world.manager.start();
    const down = (): void => world.set('up', 0, { instance: 'a', job: 'x' });
    await world.run(300, down);
    const before = world.manager.groups[0]!.alertingRules[0]!.alerts[0]!.activeAtMs;
    await world.manager.stop();
    await world.run(60);
    world.manager = world.newManager({ forGracePeriodMs: 60_000 });
    await world.load(text);
    world.manager.start();
    await world.run(60, down);
    const [alert] = world.manager.groups[0]!.alertingRules[0]!.alerts;
    expect(alert!.state).toBe('pending');
    // The minute and the time to the second evaluation don't count.
    expect(alert!.activeAtMs - before).toBeGreaterThan(60_000);
    expect(alert!.activeAtMs - before).toBeLessThan(100_000);
    await world.run(620, down);
    expect(alert!.state).toBe('firing');
    // Killed while it fires: it fires again at once.
    await world.manager.stop();
    world.manager = world.newManager();
    await world.load(text);
    world.manager.start();
    await world.run(45, down);
    expect(world.manager.groups[0]!.alertingRules[0]!.state).toBe('firing');
  });

  test('keep firing for as long as the rule says', async () => {
    const world = new RuleWorld();
    await world.load(ALERT.replace('for: 30s', 'for: 0s\n    keep_firing_for: 1m'));
    world.manager.start();
    await world.run(30, () => world.set('up', 0, { job: 'x' }));
    const [rule] = world.manager.groups[0]!.alertingRules;
    expect(rule!.state).toBe('firing');
    await world.run(50, () => world.set('up', 1, { job: 'x' }));
    expect(rule!.state).toBe('firing');
    await world.run(30, () => world.set('up', 1, { job: 'x' }));
    expect(rule!.state).toBe('inactive');
  });

  test('a limit is an error of the rule, and its alerts are gone', async () => {
    const world = new RuleWorld();
    await world.load(ALERT.replace('  rules:', '  limit: 1\n  rules:'));
    world.manager.start();
    await world.run(30, () => {
      world.set('up', 0, { instance: 'a' });
      world.set('up', 0, { instance: 'b' });
    });
    const [rule] = world.manager.groups[0]!.alertingRules;
    expect(rule!.health).toMatchObject({ state: 'err', lastError: 'exceeded limit of 1 with 2 alerts' });
    expect(rule!.alerts).toEqual([]);
    expect(world.logged).toEqual(['group g of rules in f.yml: Down (line 6): exceeded limit of 1 with 2 alerts']);
  });

  test('two that get the same labels are an error', async () => {
    const world = new RuleWorld();
    await world.load(ALERT.replace("severity: '{{ $labels.job }}-page'", 'instance: same'));
    world.manager.start();
    await world.run(15, () => {
      world.set('up', 0, { instance: 'a' });
      world.set('up', 0, { instance: 'b' });
    });
    expect(world.manager.groups[0]!.rules[0]!.health.lastError).toMatch(/same labelset after applying alert labels/);
  });

  test('a template asks queries, and what fails in one stands in its place', async () => {
    const world = new RuleWorld();
    const summary =
      '{{ range query `up` }}{{ .Labels.instance }}={{ .Value }} {{ end }}{{ with query `count(up)` }}{{ . | first | value }}{{ end }}';
    await world.load(
      ALERT.replace("'{{ $labels.instance }} is {{ $value }}'", `"${summary}", broken: '{{ query "sum(" }}'`),
    );
    world.manager.start();
    await world.run(15, () => world.set('up', 0, { instance: 'a' }));
    const [alert] = world.manager.groups[0]!.alertingRules[0]!.alerts;
    expect(alert!.annotations.get('summary')).toBe('a=0 1');
    expect(alert!.annotations.get('broken')).toMatch(
      /^<error expanding template: .*error calling query: .*parse error/,
    );
  });
});

describe('recording rules', () => {
  const RECORD = `groups:
- name: g
  interval: 10s
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
    labels: {team: x}
  - record: twice
    expr: 2 * job:up:sum
`;

  test('write series under their name that later rules of the group read, and that end', async () => {
    const world = new RuleWorld();
    await world.load(RECORD);
    world.manager.start();
    await world.run(20, () => world.set('up', 1, { job: 'a' }));
    expect(new Set(world.values('job:up:sum'))).toEqual(new Set(['{job="a", team="x"} 1']));
    expect(new Set(world.values('twice'))).toEqual(new Set(['{job="a", team="x"} 2']));
    world.samples.add(
      Labels.of([
        ['__name__', 'up'],
        ['job', 'a'],
      ]),
      world.clock.nowMs(),
      STALE,
    );
    await world.run(20);
    expect(world.values('twice').at(-1)).toBe('{job="a", team="x"} stale');
    expect(world.values('job:up:sum').filter((line) => line.endsWith('stale'))).toHaveLength(1);
  });

  test('with an offset look back, and write at the time that they look at', async () => {
    const world = new RuleWorld();
    await world.load(RECORD.replace('interval: 10s', 'interval: 10s\n  query_offset: 1m'));
    world.manager.start();
    await world.run(80, () => world.set('up', 1, { job: 'a' }));
    const [group] = world.manager.groups;
    expect(world.written.at(-1)!.timeMs).toBe(group!.lastTimeMs! - 60_000);
  });

  test('fail where the sink takes nothing, and go on with it', async () => {
    const world = new RuleWorld();
    await world.load(RECORD);
    world.manager.start();
    world.sinkError = new Error('the disk is full');
    await world.run(12, () => world.set('up', 1, { job: 'a' }));
    const [rule] = world.manager.groups[0]!.rules;
    expect(rule!.health).toMatchObject({ state: 'err', lastError: 'the disk is full' });
    world.sinkError = undefined;
    await world.run(12, () => world.set('up', 1, { job: 'a' }));
    expect(rule!.health).toMatchObject({ state: 'ok', lastError: '' });
  });
});

describe('configurations', () => {
  const group = (name: string, expr: string): string =>
    `- name: ${name}\n  interval: 10s\n  rules:\n  - record: ${name}:x\n    expr: ${expr}\n`;

  test('a group that is the same goes on, one that is gone ends its series after two intervals', async () => {
    const world = new RuleWorld();
    await world.load(`groups:\n${group('a', '1')}${group('b', 'vector(2)')}`.replace('expr: 1', 'expr: vector(1)'));
    world.manager.start();
    await world.run(15);
    const [a] = world.manager.groups;
    await world.load(`groups:\n${group('a', 'vector(1)')}`);
    expect(world.manager.groups).toEqual([a]);
    await world.run(15);
    expect(world.values('b:x')).not.toContain('{} stale');
    await world.run(10);
    expect(world.values('b:x').at(-1)).toBe('{} stale');
    expect(world.values('a:x')).not.toContain('{} stale');
  });

  test('of a group that is broken now the one before goes on', async () => {
    const world = new RuleWorld();
    await world.load(`groups:\n${group('a', 'vector(1)')}${group('b', 'vector(2)')}`);
    world.manager.start();
    await world.load(`groups:\n${group('a', 'sum(')}${group('b', 'vector(3)')}`);
    expect(world.manager.groups.map(({ group: { name } }) => name)).toEqual(['a', 'b']);
    expect(world.logged).toEqual([expect.stringContaining('f.yml: 6:11: group "a", rule 1, "a:x": could not parse')]);
    await world.load('groups: [');
    await world.run(15);
    expect(world.values('a:x')).toContain('{} 1');
    expect(world.values('b:x')).toContain('{} 3');
  });

  test('alerts of a rule whose expression changes go on', async () => {
    const world = new RuleWorld();
    await world.load(ALERT);
    world.manager.start();
    const down = (): void => world.set('up', 0, { instance: 'a', job: 'x' });
    await world.run(55, down);
    const before = world.manager.groups[0]!.alertingRules[0]!.alerts[0]!;
    await world.load(ALERT.replace('up == 0', 'up < 1'));
    await world.run(20, down);
    expect(world.manager.groups[0]!.alertingRules[0]!.alerts[0]).toBe(before);
    expect(before.state).toBe('firing');
  });

  test('states of a group are restored by one question, and of rules without alerts nothing is asked', async () => {
    const world = new RuleWorld();
    const rule = (name: string, expr: string): string => `  - alert: ${name}\n    expr: ${expr}\n    for: 15m\n`;
    const rules = [
      ...Array.from({ length: 30 }, (_, at) => rule(`Quiet${at}`, 'up == 2')),
      rule('Down', 'up == 0'),
      rule('A.Down', 'up == bool 1 < 1'),
    ];
    const file = `groups:\n- name: g\n  interval: 10s\n  rules:\n${rules.join('')}`;
    const down = (): void => world.set('up', 0, { instance: 'a' });
    const activeSince = (): number[] =>
      world.manager.groups[0]!.alertingRules.flatMap(({ activeAlerts }) =>
        activeAlerts.map((alert) => alert.activeAtMs),
      );
    await world.load(file);
    world.manager.start();
    await world.run(60, down);
    await world.manager.stop();
    const before = activeSince();
    expect(before).toHaveLength(2);

    const queries = new EngineRuleQueries({ samples: () => world.samples });
    const asked: string[] = [];
    const watched: RuleQueries = {
      together: (plan) => queries.together(plan),
      range: (...given) => queries.range(...given),
      instant: (...given) => queries.instant(...given),
      lastSamples: (matchers, ...rest) => {
        asked.push(matchers.map(({ name, operator, value }) => `${name}${operator}${value}`).join(' '));
        return queries.lastSamples(matchers, ...rest);
      },
    };
    world.manager = world.newManager({ queries: watched });
    await world.load(file);
    world.manager.start();
    await world.run(60, down);
    expect(asked).toEqual(['__name__=ALERTS_FOR_STATE alertname=~Down|A\\.Down']);
    // But for the time without a server, in whole seconds.
    for (const [at, sinceMs] of activeSince().entries()) expect(Math.abs(sinceMs - before[at]!)).toBeLessThan(30_000);
  });

  test('evaluations that take too long are missed, one at a time', async () => {
    const world = new RuleWorld();
    const queries = new EngineRuleQueries({ samples: () => world.samples });
    let running = 0;
    let most = 0;
    const slow: RuleQueries = {
      together: () => slow,
      lastSamples: (...given) => queries.lastSamples(...given),
      range: (...given) => queries.range(...given),
      instant: async (...given) => {
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => void world.clock.after(25_000, resolve));
        running--;
        return queries.instant(...given);
      },
    };
    world.manager = world.newManager({ queries: slow });
    await world.load(`groups:\n${group('a', 'vector(1)')}`);
    world.manager.start();
    await world.run(100);
    const [only] = world.manager.groups;
    expect(most).toBe(1);
    expect(only!.counts.missed).toBeGreaterThanOrEqual(3);
    const times = world.written.map(({ timeMs }) => timeMs);
    expect(new Set(times.map((timeMs) => timeMs % 10_000)).size).toBe(1);
  });
});
