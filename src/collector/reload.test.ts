import { describe, expect, test } from 'vitest';
import {
  type Component,
  ComponentRegistry,
  type Consumer,
  componentSource,
  type ExtensionFactory,
  type Factory,
  type ProcessorFactory,
} from '#component';
import { sampleBatch } from '#component/testing.ts';
import { strictObject, text } from '#config';
import type { Batch } from '#pdata';
import { Collector } from './collector.ts';
import { FakeWorld, unaccountedIn } from './testing.ts';

const YAML = `receivers: {nop: , nop/other: }
processors: {nop/a: , nop/b: , nop/c: }
exporters: {nop: , queued: }
service:
  telemetry: {metrics: {readers: [], level: none}}
  pipelines:
    traces: {receivers: [nop], processors: [nop/a, nop/b, nop/c], exporters: [nop, queued]}
    logs: {receivers: [nop, nop/other], processors: [nop/a], exporters: [queued]}
`;

async function started(yaml = YAML): Promise<{ world: FakeWorld; collector: Collector }> {
  const world = new FakeWorld();
  const collector = world.collector(yaml);
  await collector.start();
  world.events.length = 0;
  return { world, collector };
}

async function reload(world: FakeWorld, collector: Collector, yaml: string): Promise<boolean> {
  world.yaml = yaml;
  return await collector.reload();
}

describe('a reload restarts what changed, and nothing else', () => {
  test('of an equal configuration: nothing', async () => {
    const { world, collector } = await started();
    const input = world.input('nop', 'traces');
    expect(await reload(world, collector, `# the same\n${YAML}`)).toBe(true);
    expect(world.events).toEqual([]);
    await input.consume(sampleBatch('traces', 3));
    expect(world.output('nop', 'traces').itemCount).toBe(3);
    await collector.shutdown();
    expect(world.events).toHaveLength(9);
  });

  test('a processor in the middle', async () => {
    const { world, collector } = await started();
    const input = world.input('nop', 'traces');
    const changed = YAML.replace('nop/b: ', 'nop/b: {mark: new}');
    expect(await reload(world, collector, changed)).toBe(true);
    expect(world.events).toEqual(['stop processor/nop/b@traces', 'start processor/nop/b@traces']);
    await input.consume(sampleBatch('traces', 3));
    expect(world.output('nop', 'traces').itemCount).toBe(3);
    expect(world.output('queued', 'traces').itemCount).toBe(3);
    expect(unaccountedIn(collector)).toEqual([]);
    await collector.shutdown();
  });

  test('a processor in two pipelines: its instance in each', async () => {
    const { world, collector } = await started();
    expect(await reload(world, collector, YAML.replace('nop/a: ', 'nop/a: {mark: new}'))).toBe(true);
    expect([...world.events].sort()).toEqual([
      'start processor/nop/a@logs',
      'start processor/nop/a@traces',
      'stop processor/nop/a@logs',
      'stop processor/nop/a@traces',
    ]);
    await collector.shutdown();
  });

  test('processors that change places, or get a neighbour, go on', async () => {
    const { world, collector } = await started();
    const input = world.input('nop', 'traces');
    const turned = YAML.replace('[nop/a, nop/b, nop/c]', '[nop/c, mutator, nop/a]').replace(
      'nop/c: }',
      'nop/c: , mutator: }',
    );
    expect(await reload(world, collector, turned)).toBe(true);
    expect(world.events).toEqual(['stop processor/nop/b@traces', 'start processor/mutator@traces']);
    expect(collector.describe().pipelines[0]).toMatchObject({
      processors: ['nop/c', 'mutator', 'nop/a'],
      mutatesData: true,
    });
    await input.consume(sampleBatch('traces', 2));
    expect(world.output('nop', 'traces').itemCount).toBe(2);
    await collector.shutdown();
  });

  test('a receiver that feeds another signal, an exporter that is gone', async () => {
    const { world, collector } = await started();
    const next = YAML.replace('receivers: [nop, nop/other]', 'receivers: [nop/other]').replace(
      'exporters: [nop, queued]',
      'exporters: [queued]',
    );
    expect(await reload(world, collector, next)).toBe(true);
    expect(world.events).toEqual(['stop receiver/nop', 'stop exporter/nop:traces', 'start receiver/nop']);
    await world.input('nop', 'traces').consume(sampleBatch('traces', 2));
    expect(world.output('queued', 'traces').itemCount).toBe(2);
    await collector.shutdown();
  });

  test('all, where the log goes elsewhere', async () => {
    const { world, collector } = await started();
    expect(await reload(world, collector, YAML.replace('telemetry: {', 'telemetry: {logs: {level: debug}, '))).toBe(
      true,
    );
    expect(world.events).toHaveLength(18);
    await collector.shutdown();
  });

  test('statuses of what is gone are gone, and what stays keeps its own', async () => {
    const { world, collector } = await started();
    await reload(world, collector, YAML.replace('[nop/a, nop/b, nop/c]', '[nop/a, nop/b]'));
    const names = collector
      .describe()
      .statuses.map(({ kind, id, pipeline, status }) => `${kind} ${id} ${pipeline} ${status}`);
    expect(names).toContain('processor nop/b traces ok');
    expect(names.filter((name) => name.includes('nop/c'))).toEqual([]);
    await collector.shutdown();
  });
});

describe('data on its way', () => {
  test('waits for what is restarted, and is ready meanwhile', async () => {
    const { world, collector } = await started();
    const input = world.input('nop', 'traces');
    let sent: Promise<void> | undefined;
    world.onEvent = (event) => {
      if (event === 'stop processor/nop/b@traces' && sent === undefined) {
        expect(collector.describe().ready).toBe(true);
        sent = input.consume(sampleBatch('traces', 4));
      }
    };
    expect(await reload(world, collector, YAML.replace('nop/b: ', 'nop/b: {mark: new}'))).toBe(true);
    await sent;
    expect(world.output('nop', 'traces').itemCount).toBe(4);
    expect(unaccountedIn(collector)).toEqual([]);
    await collector.shutdown();
  });

  test('what has begun ends before what takes it stops', async () => {
    const { world, collector } = await started();
    let answer = (): void => undefined;
    world.output('nop', 'traces').before = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const sent = world.input('nop', 'traces').consume(sampleBatch('traces', 1));
    world.yaml = YAML.replace('nop/b: ', 'nop/b: {mark: new}');
    const reloaded = collector.reload();
    await new Promise((resolve) => setImmediate(resolve));
    expect(world.events).toEqual([]);
    answer();
    await sent;
    expect(await reloaded).toBe(true);
    await collector.shutdown();
  });

  test('goes the old way again when the new one cannot start', async () => {
    const { world, collector } = await started();
    const input = world.input('nop', 'traces');
    expect(await reload(world, collector, YAML.replace('nop/b: ', 'nop/b: {fail: broken}'))).toBe(false);
    const at = 'processor/nop/b@traces';
    expect(world.events).toEqual([`stop ${at}`, `start ${at}`, `stop ${at}`, `start ${at}`]);
    await input.consume(sampleBatch('traces', 2));
    expect(world.output('nop', 'traces').itemCount).toBe(2);
    expect(collector.describe().ready).toBe(true);
    await collector.shutdown();
  });
});

/** Keeps what it is given, for good; and a word of its configuration. */
class Keeper implements Component, Consumer {
  readonly mutatesData = false;
  readonly #keeps: Batch[] = [];
  #successor: Keeper | undefined;
  readonly #endHold: () => void;

  constructor(account: { holds(signal: 'traces', read: () => number): () => void }) {
    this.#endHold = account.holds('traces', () => this.itemCount);
  }
  get itemCount(): number {
    return this.#keeps.reduce((sum, batch) => sum + batch.itemCount, 0);
  }
  async consume(batch: Batch): Promise<void> {
    this.#keeps.push(batch);
  }
  async start(): Promise<void> {}
  handOver(successor: Component | undefined): () => void {
    this.#successor = successor instanceof Keeper ? successor : undefined;
    return () => undefined;
  }
  async shutdown(): Promise<void> {
    if (this.#successor !== undefined) this.#successor.#keeps.push(...this.#keeps.splice(0));
    this.#endHold();
  }
}

function worldWith(...factories: unknown[]): { world: FakeWorld; make(yaml: string): Collector } {
  const world = new FakeWorld();
  const { sources } = world.registry;
  const all = new ComponentRegistry([...sources, ...(factories as Factory[]).map(componentSource)]);
  return { world, make: (yaml) => new Collector({ ...world.options(yaml), registry: all }) };
}

describe('state', () => {
  test('goes over to the successor, also back to the one before where the new one cannot start', async () => {
    const made: Keeper[] = [];
    const keeper: ProcessorFactory<object> = {
      kind: 'processor',
      type: 'keeper',
      description: 'keeps',
      stability: { traces: 'stable' },
      schema: strictObject({ mark: text('') }),
      create: (settings) => {
        const one = new Keeper(settings.account);
        made.push(one);
        return one;
      },
    };
    const { world, make } = worldWith(keeper);
    const yaml = `receivers: {nop: }
processors: {keeper: }
exporters: {nop: }
service: {telemetry: {metrics: {readers: [], level: none}}, pipelines: {traces: {receivers: [nop], processors: [keeper], exporters: [nop]}}}
`;
    const collector = make(yaml);
    await collector.start();
    await world.input('nop', 'traces').consume(sampleBatch('traces', 5));
    expect(await reload(world, collector, yaml.replace('keeper: }', 'keeper: {mark: b}}'))).toBe(true);
    expect(made.map(({ itemCount }) => itemCount)).toEqual([0, 5]);
    expect(unaccountedIn(collector)).toEqual([]);
    const broken = yaml
      .replace('keeper: }', 'keeper: {mark: c}}')
      .replace('receivers: {nop: }', 'receivers: {nop: {fail: x}}');
    expect(await reload(world, collector, broken)).toBe(false);
    expect(made.map(({ itemCount }) => itemCount)).toEqual([0, 0, 0, 5]);
    expect(unaccountedIn(collector)).toEqual([]);
    await collector.shutdown();
  });

  test('who asked for an extension starts anew with it', async () => {
    const extension: ExtensionFactory<object> = {
      kind: 'extension',
      type: 'key',
      description: 'a key',
      stability: 'stable',
      schema: strictObject({ mark: text('') }),
      create: () => ({
        start: async () => undefined,
        shutdown: async () => undefined,
        capabilities: { client_auth: { headers: async () => ({}) } },
      }),
    };
    const user: ProcessorFactory<object> = {
      kind: 'processor',
      type: 'user',
      description: 'uses an extension',
      stability: { traces: 'stable' },
      schema: strictObject({}),
      create: (_settings, _config, _signal, next) => ({
        mutatesData: false,
        consume: (batch, abort) => next.consume(batch, abort),
        start: async (host) => {
          world.events.push(`user starts ${host.describe().ready}`);
          host.extension('key', 'client_auth');
        },
        shutdown: async () => void world.events.push('user stops'),
      }),
    };
    const { world, make } = worldWith(extension, user);
    const yaml = `receivers: {nop: }
extensions: {key: }
processors: {user: }
exporters: {nop: }
service:
  extensions: [key]
  telemetry: {metrics: {readers: [], level: none}}
  pipelines: {traces: {receivers: [nop], processors: [user], exporters: [nop]}}
`;
    const collector = make(yaml);
    await collector.start();
    world.events.length = 0;
    expect(await reload(world, collector, `${yaml}# same`)).toBe(true);
    expect(world.events).toEqual([]);
    expect(await reload(world, collector, yaml.replace('key: }', 'key: {mark: x}}'))).toBe(true);
    expect(world.events).toEqual(['user stops', 'user starts true']);
    await collector.shutdown();
  });
});
