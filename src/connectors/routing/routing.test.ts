import { describe, expect, test } from 'vitest';
import { ConfigError } from '#base';
import type { Consumer } from '#component';
import {
  type FakeSettings,
  fakeSettings,
  RecordingConsumer,
  RefusingConsumer,
  sampleBatch,
} from '#component/testing.ts';
import type { Batch, BatchContext, SpanChunk } from '#pdata';
import { type RoutingConfig, routingSchema, validateRouting } from './config.ts';
import { routingFactory } from './index.ts';

const NAMES = ['traces/a', 'traces/b', 'traces/c'];

interface Made {
  readonly settings: FakeSettings;
  readonly next: ReadonlyMap<string, RecordingConsumer>;
  consume(batch: Batch): Promise<void>;
  /** The numbers `n` of the spans that came, by pipeline. */
  came(): Record<string, number[]>;
}

function made(block: object, mutating: readonly string[] = []): Made {
  const settings = fakeSettings({ id: 'routing' });
  const config = routingSchema.parse(block) as RoutingConfig;
  expect(validateRouting(config)).toEqual([]);
  const next = new Map(NAMES.map((name) => [name, new RecordingConsumer(mutating.includes(name))]));
  const connector = routingFactory.create(settings, config, 'traces', 'traces', next);
  return {
    settings,
    next,
    consume: (batch) => connector.consume(batch),
    came: () => Object.fromEntries(Array.from(next, ([name, { batches }]) => [name, batches.flatMap(numbersOf)])),
  };
}

function numbersOf(batch: Batch): number[] {
  return (batch.chunks as SpanChunk[]).flatMap((chunk) => {
    const view = chunk.view();
    return Array.from({ length: chunk.count }, (_, i) => {
      view.row = chunk.rowAt(i);
      return Number(view.name.slice('span '.length));
    });
  });
}

const below = (n: number, pipeline: string, more: object = {}): object => ({
  context: 'span',
  condition: `attributes["n"] < ${n}`,
  pipelines: [pipeline],
  ...more,
});

describe('routes', () => {
  test('what takes one is gone for those behind; the rest goes to the default', async () => {
    const { consume, came } = made({
      table: [below(2, 'traces/a'), below(4, 'traces/b')],
      default_pipelines: ['traces/c'],
    });
    await consume(sampleBatch('traces', 6));
    expect(came()).toEqual({ 'traces/a': [0, 1], 'traces/b': [2, 3], 'traces/c': [4, 5] });
  });

  test('copy leaves it to those behind, and is added to the account', async () => {
    const { settings, consume, came } = made({
      table: [below(2, 'traces/a', { action: 'copy' }), below(4, 'traces/b')],
      default_pipelines: ['traces/c'],
    });
    await consume(sampleBatch('traces', 6));
    expect(came()).toEqual({ 'traces/a': [0, 1], 'traces/b': [0, 1, 2, 3], 'traces/c': [4, 5] });
    expect(settings.account.sum('added', 'copied')).toBe(2);
  });

  test('without a default the rest is filtered, but for what was copied', async () => {
    const { settings, consume, came } = made({
      table: [below(2, 'traces/a', { action: 'copy' }), below(1, 'traces/b')],
    });
    await consume(sampleBatch('traces', 6));
    expect(came()).toEqual({ 'traces/a': [0, 1], 'traces/b': [0], 'traces/c': [] });
    expect(settings.account.sum('filtered', 'no_route')).toBe(4);
    expect(settings.account.sum('added', 'copied')).toBe(1);
  });

  test('several pipelines of one route all get it', async () => {
    const { settings, consume, came } = made({ table: [{ condition: 'true', pipelines: ['traces/a', 'traces/b'] }] });
    await consume(sampleBatch('traces', 2));
    expect(came()).toEqual({ 'traces/a': [0, 1], 'traces/b': [0, 1], 'traces/c': [] });
    expect(settings.account.sum('added', 'copied')).toBe(2);
  });

  test('routes to the same pipeline make one batch', async () => {
    const { next, consume } = made({ table: [below(1, 'traces/a'), below(3, 'traces/a')] });
    await consume(sampleBatch('traces', 3));
    expect(next.get('traces/a')!.batches.map(numbersOf)).toEqual([[0, 1, 2]]);
  });

  test('copies can be changed without changing each other', async () => {
    const block = { table: [below(9, 'traces/a', { action: 'copy' })], default_pipelines: ['traces/b'] };
    const { next, consume, came } = made(block, ['traces/a']);
    await consume(sampleBatch('traces', 2));
    const chunk = next.get('traces/a')!.batches[0]!.chunks[0] as SpanChunk;
    const span = chunk.view();
    span.row = chunk.rowAt(0);
    span.name = 'span 77';
    expect(came()).toMatchObject({ 'traces/a': [77, 1], 'traces/b': [0, 1] });
  });

  test('what the sender said', async () => {
    const tenant = (name: string): BatchContext => ({ metadata: new Map([['x-tenant', [name]]]) });
    const { consume, came } = made({
      table: [
        { context: 'request', condition: 'request["X-Tenant"] == "acme"', pipelines: ['traces/a'] },
        { condition: 'otelcol.client.metadata["X-Tenant"][0] == "ecorp"', pipelines: ['traces/b'] },
      ],
      default_pipelines: ['traces/c'],
    });
    await consume(sampleBatch('traces', 1, tenant('acme')));
    await consume(sampleBatch('traces', 2, tenant('ecorp')));
    await consume(sampleBatch('traces', 3));
    expect(came()).toEqual({ 'traces/a': [0], 'traces/b': [0, 1], 'traces/c': [0, 1, 2] });
  });

  test('a second one with the same words is ignored, with a warning', async () => {
    const { settings, consume, came } = made({ table: [below(2, 'traces/a'), below(2, 'traces/b')] });
    await consume(sampleBatch('traces', 2));
    expect(came()).toMatchObject({ 'traces/a': [0, 1], 'traces/b': [] });
    expect(settings.logged.join()).toContain('a route is there twice');
  });

  test('those of other signals are left to the instances of these', async () => {
    const { consume, came } = made({
      table: [{ context: 'log', condition: 'true', pipelines: ['logs/a', 'traces/b'] }, below(9, 'traces/a')],
      default_pipelines: ['logs/c', 'traces/c'],
    });
    await consume(sampleBatch('traces', 1));
    expect(came()).toEqual({ 'traces/a': [0], 'traces/b': [], 'traces/c': [] });
  });
});

test('a refusal of one pipeline goes to the sender; what the others took is sent again', async () => {
  const settings = fakeSettings();
  const taking = new RecordingConsumer();
  const refusing = new RefusingConsumer();
  const next = new Map<string, Consumer>([
    ['traces/a', taking],
    ['traces/b', refusing],
  ]);
  const config = routingSchema.parse({
    table: [below(2, 'traces/a')],
    default_pipelines: ['traces/b'],
  }) as RoutingConfig;
  const connector = routingFactory.create(settings, config, 'traces', 'traces', next);
  await expect(connector.consume(sampleBatch('traces', 5))).rejects.toMatchObject({
    permanent: false,
  });
  expect(settings.account.sum('added', 'sent_again')).toBe(2);
});

test.each([
  [{ table: [below(1, 'traces/nowhere')] }, 'connectors::routing::table::0::pipelines'],
  [{ table: [below(1, 'traces/a')], default_pipelines: ['traces/nowhere'] }, 'connectors::routing::default_pipelines'],
])('a pipeline that is not behind it is refused: %j', (block, path) => {
  expect(() => made(block)).toThrow(ConfigError);
  expect(() => made(block)).toThrow(`${path}: "traces/nowhere" is no pipeline that has routing as a receiver`);
});

test.each([
  [{}, 'the routing table is empty'],
  [{ table: [{ condition: 'true' }] }, 'no pipelines defined'],
  [{ table: [{ pipelines: ['a'] }] }, 'no condition or statement provided'],
  [{ table: [{ pipelines: ['a'], condition: 'true', statement: 'route()' }] }, 'both condition and statement provided'],
  [{ table: [{ pipelines: ['a'], context: 'request', condition: 'x' }] }, /valid comparator/],
  [{ table: [{ pipelines: ['a'], statement: 'set(resource.attributes["x"], 1)' }] }, /there is no function set/],
])('%j is refused', (block, message) => {
  const [mistake] = validateRouting(routingSchema.parse(block) as RoutingConfig);
  expect(mistake?.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
});

test('match_once is gone, and says what is in its place', () => {
  const table = [{ condition: 'true', pipelines: ['traces/a'] }];
  expect(made({ table, match_once: true }).settings.logged.join()).toContain('match_once is outdated');
  const config = routingSchema.parse({ table, match_once: false }) as RoutingConfig;
  expect(validateRouting(config)).toEqual([
    { path: ['match_once'], message: expect.stringContaining('`action: copy` of a route leaves it to them') },
  ]);
});
