import { describe, expect, test } from 'vitest';
import { ManualClock } from '#base';
import { type Labels, MemorySource } from '#query/promql.ts';
import { readNotifyConfig } from '../notify/config/file.ts';
import { MemoryDocuments } from '../notify/engine/documents.ts';
import { instantAt } from '../notify/instant.ts';
import { Notifier } from '../notify/notifier.ts';
import { RULE_DEFAULTS } from '../rules/context.ts';
import { EngineRuleQueries } from '../rules/engine-queries.ts';
import { RuleManager } from '../rules/manager.ts';
import { readRules } from '../rules/read-rules.ts';
import type { RuleSample } from '../rules/sink.ts';
import { Turns } from '../rules/turns.ts';
import { SharedServer } from './shared-server.ts';
import { MemorySharedDocuments } from './testing/memory-documents.ts';

/** Servers with rules and notifications in simulated time, over one store in memory. */

const GROUPS = Array.from({ length: 6 }, (_, at) => `g${at}`);
const RULES = `groups:
${GROUPS.map(
  (name) => `- name: ${name}
  interval: 10s
  rules:
  - {record: one, expr: vector(1), labels: {group: ${name}}}
  - {alert: Slow, expr: 'vector(1)', for: 60s, labels: {group: ${name}}}`,
).join('\n')}
`;
const CONFIG = `route: {receiver: hook, group_by: [group], group_wait: 1s, group_interval: 10s, repeat_interval: 4h}
receivers: [{name: hook, webhook_configs: [{url: 'http://hook/'}]}]
`;

class World {
  readonly clock: ManualClock = new ManualClock();
  readonly documents: MemorySharedDocuments = new MemorySharedDocuments(this.clock);
  readonly notes: MemoryDocuments = new MemoryDocuments();
  readonly told: string[] = [];
  readonly written: { readonly by: number; readonly sample: RuleSample }[] = [];
  #ids = 0;

  newId(): string {
    return (++this.#ids).toString(16).padStart(4, '0');
  }

  async run(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 250) {
      await this.clock.advance(250);
      for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

class Server {
  readonly at: number;
  readonly shared: SharedServer;
  readonly rules: RuleManager;
  readonly notifier: Notifier;
  readonly #world: World;
  isDead = false;

  constructor(world: World, at: number) {
    this.#world = world;
    this.at = at;
    // A process that was killed does nothing any more.
    const clock = {
      nowMs: () => world.clock.nowMs(),
      monotonicMs: () => world.clock.monotonicMs(),
      after: (ms: number, run: () => void) => world.clock.after(ms, () => void (this.isDead || run())),
    };
    this.shared = new SharedServer({
      clock,
      documents: world.documents,
      newId: () => world.newId(),
      place: at,
      isGone: () => false,
      log: () => undefined,
      renamed: async () => undefined,
    });
    const { shared } = this;
    this.notifier = new Notifier(
      { config: readNotifyConfig({ text: CONFIG, file: 'am.yml' }), templates: [] },
      {
        clock,
        random: () => 0.5,
        logger: { debug() {}, info() {}, warn() {}, error() {} },
        documents: world.notes,
        externalUrl: 'http://here',
        version: '1',
        transport: {
          post: async ({ body }) => {
            const { alerts } = JSON.parse(JSON.stringify(body)) as {
              alerts: { status: string; labels: Record<string, string> }[];
            };
            for (const { status, labels } of alerts) world.told.push(`${status} ${labels.alertname} ${labels.group}`);
            return { status: 200, headers: {}, body: Buffer.from('') };
          },
        },
        share: {
          get isOwner() {
            return shared.isOwner;
          },
          tell: (alerts) => shared.tell(alerts),
        },
      },
    );
    this.rules = new RuleManager({
      ...RULE_DEFAULTS,
      clock,
      queries: new EngineRuleQueries({ samples: () => new MemorySource() }),
      series: {
        append: async (samples) => {
          for (const sample of samples) world.written.push({ by: at, sample });
        },
      },
      alerts: {
        send: (alerts) =>
          void this.notifier.receive(
            alerts.map(({ labels, annotations, startsAtMs, endsAtMs }) => ({
              labels: labels.pairs,
              annotations,
              startsAt: instantAt(startsAtMs),
              endsAt: instantAt(endsAtMs),
            })),
          ),
      },
      externalUrl: 'http://here',
      externalLabels: new Map(),
      turns: new Turns(2),
      catchUpTurns: new Turns(1),
      share: shared.rules,
      log: () => undefined,
    });
  }

  async start(): Promise<void> {
    await this.rules.update([readRules(RULES, 'f.yml')]);
    this.rules.start();
    void this.notifier.start();
    void this.shared.start(this.rules, this.notifier);
    await this.#world.run(2000);
  }

  own(): readonly string[] {
    return this.rules.ownGroups.map(({ group }) => group.name);
  }

  states(): readonly string[] {
    return this.rules.groups.flatMap(({ alertingRules }) => alertingRules.map(({ state }) => state));
  }
}

async function twoServers(world: World): Promise<[Server, Server]> {
  const servers: [Server, Server] = [new Server(world, 1), new Server(world, 2)];
  for (const server of servers) await server.start();
  await world.run(10_000);
  expect(servers.flatMap((server) => server.own()).toSorted()).toEqual(GROUPS);
  for (const server of servers) expect(server.own().length).toBeGreaterThan(0);
  return servers;
}

describe('servers that share rules and notifications', () => {
  test('show the same alerts, and tell of each once', async () => {
    const world = new World();
    const servers = await twoServers(world);
    await world.run(90_000);
    for (const server of servers) expect(server.states()).toEqual(GROUPS.map(() => 'firing'));
    expect(world.told.toSorted()).toEqual(GROUPS.map((group) => `firing Slow ${group}`));
    const keys = world.written.map(({ sample: { labels, timeMs } }) => `${(labels as Labels).key} ${timeMs}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('whichever is killed while alerts are pending, they fire when they are due, and are told of once', async () => {
    for (const victim of [0, 1]) {
      const world = new World();
      const servers = await twoServers(world);
      const left = servers[1 - victim]!;
      const lost = servers[victim]!.own();
      await world.run(15_000);
      servers[victim]!.isDead = true;
      const killedMs = world.clock.nowMs();
      // Missed after ten seconds, and evaluated at the next time of the group.
      await world.run(24_000);
      for (const group of lost) {
        const times = world.written
          .filter(({ by, sample }) => by === left.at && sample.labels.get('group') === group)
          .map(({ sample }) => sample.timeMs);
        expect(Math.min(...times) - killedMs, group).toBeLessThan(24_000);
      }
      await world.run(66_000);
      expect(left.states()).toEqual(GROUPS.map(() => 'firing'));
      expect(world.told.toSorted()).toEqual(GROUPS.map((group) => `firing Slow ${group}`));
    }
  });

  test('what one is told of is told by the other, silences hold for both, and its end is told after a takeover', async () => {
    const world = new World();
    const [one, other] = await twoServers(world);
    const [tells, listens] = one.shared.isOwner ? [one, other] : [other, one];
    const labels = Object.entries({ alertname: 'Told', group: 'x' });
    listens.notifier.receive([{ labels, annotations: [], endsAt: instantAt(world.clock.nowMs() + 3_600_000) }]);
    await world.run(10_000);
    expect(world.told).toContain('firing Told x');
    tells.isDead = true;
    listens.notifier.receive([{ labels, annotations: [], endsAt: instantAt(world.clock.nowMs()) }]);
    await world.run(40_000);
    expect(world.told.filter((line) => line.endsWith('Told x'))).toEqual(['firing Told x', 'resolved Told x']);
  });
});
