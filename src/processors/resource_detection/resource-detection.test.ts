import { describe, expect, test } from 'vitest';
import { type FakeSettings, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { type AnyValue, ResourceView } from '#pdata';
import { traces } from '../testing/spans.ts';
import { type ResourceDetectionConfig, resourceDetectionSchema, validateResourceDetection } from './config.ts';
import { ResourceDetectionProcessor } from './resource-detection.ts';
import { type FakeWorld, fakeWorld } from './testing/fake-world.ts';
import type { World } from './world.ts';

type Values = Readonly<Record<string, AnyValue>>;

const DOCKER = { 'http://localhost/info': { OSType: 'linux', Name: 'whale' } };
const ENV = { OTEL_RESOURCE_ATTRIBUTES: 'a=found,b=found' };
const CONVENTIONS = 'https://opentelemetry.io/schemas/1.40.0';

class Detecting {
  readonly settings: FakeSettings = fakeSettings();
  readonly next = new RecordingConsumer();
  /** What the machine is like from now on. */
  world: FakeWorld = {};
  /** Instead of an answer: nothing, until the question is given up. */
  isSilent = false;
  looks = 0;
  /** How long the start has taken. */
  startedForMs = 0;
  readonly processor: ResourceDetectionProcessor;

  constructor(block: object, world: FakeWorld) {
    this.world = world;
    const config = resourceDetectionSchema.parse(block) as ResourceDetectionConfig;
    expect(validateResourceDetection(config)).toEqual([]);
    this.processor = new ResourceDetectionProcessor(this.settings, config, this.next, (abort) => this.#machine(abort));
  }

  #machine(abort: AbortSignal): World {
    this.looks++;
    const world = fakeWorld(this.world);
    const silence = (): Promise<never> =>
      new Promise((_, reject) => abort.addEventListener('abort', () => reject(abort.reason as Error)));
    return { ...world, ask: (url, options) => (this.isSilent ? silence() : world.ask(url, options)) };
  }

  start(): Promise<void> {
    return this.processor.start();
  }

  /** The start, with time that goes on until it ends. */
  async startInTime(limitMs: number): Promise<string | undefined> {
    let end: string | undefined | null = null;
    void this.start().then(
      () => {
        end = undefined;
      },
      (error: unknown) => {
        end = (error as Error).message;
      },
    );
    for (; this.startedForMs <= limitMs && end === null; this.startedForMs += 250) {
      await this.settings.clock.advance(250);
    }
    if (end === null) throw new Error(`no end of the start within ${limitMs} ms`);
    return end;
  }

  /** The resource that comes out, and its schema. */
  async resource(attributes: Values, schemaUrl = ''): Promise<[Values, string]> {
    const batch = traces([{ attributes, spans: [{ trace: 't' }] }]);
    if (schemaUrl !== '') {
      const view = new ResourceView(batch.chunks[0]!);
      view.schemaUrl = schemaUrl;
    }
    await this.processor.consume(batch);
    const chunk = this.next.batches.pop()!.chunks[0]!;
    const view = new ResourceView(chunk);
    return [{ ...chunk.resourceAttributes.of(0).toObject() }, view.schemaUrl];
  }
}

async function started(block: object, world: FakeWorld): Promise<Detecting> {
  const detecting = new Detecting(block, world);
  await detecting.start();
  return detecting;
}

describe('what was found', () => {
  test('goes before what a resource says', async () => {
    const detecting = await started({}, { env: ENV });
    expect(await detecting.resource({ a: 'own', c: 'own' })).toEqual([{ a: 'found', b: 'found', c: 'own' }, '']);
    expect(await detecting.resource({})).toEqual([{ a: 'found', b: 'found' }, '']);
  });

  test('fills what is missing', async () => {
    const detecting = await started({ override: false }, { env: ENV });
    expect(await detecting.resource({ a: '', c: 'own' })).toEqual([{ a: '', b: 'found', c: 'own' }, '']);
  });

  test('of several is of the first', async () => {
    const env = { OTEL_RESOURCE_ATTRIBUTES: 'host.name=said' };
    const both = { env, answers: DOCKER };
    const before = await started({ detectors: ['env', ' docker '] }, both);
    expect((await before.resource({}))[0]).toEqual({ 'host.name': 'said', 'os.type': 'linux' });
    const after = await started({ detectors: ['docker', 'env'] }, both);
    expect((await after.resource({}))[0]).toEqual({ 'host.name': 'whale', 'os.type': 'linux' });
  });

  test('is what is wanted', async () => {
    const wanted = { 'host.name': { enabled: false }, 'container.name': { enabled: true } };
    const answers = { ...DOCKER, 'http://localhost/containers/box/json': { Name: '/shop' } };
    const block = { detectors: ['docker'], docker: { resource_attributes: wanted } };
    expect((await (await started(block, { answers })).resource({}))[0]).toEqual({
      'os.type': 'linux',
      'container.name': '/shop',
    });
  });

  test('has the schema of the conventions, where there is none', async () => {
    const detecting = await started({ detectors: ['docker'] }, { answers: DOCKER });
    expect((await detecting.resource({}))[1]).toBe(CONVENTIONS);
    expect((await detecting.resource({}, 'http://mine'))[1]).toBe('http://mine');
  });

  test('is nothing', async () => {
    expect(await (await started({}, {})).resource({ c: 'own' })).toEqual([{ c: 'own' }, '']);
  });
});

describe('a detector that fails', () => {
  const docker = { detectors: ['docker'], fail_on_missing_metadata: true };
  const once = { ...docker, retry: { enabled: false } };

  test('keeps the collector from its start', async () => {
    await expect(started(once, {})).rejects.toThrow('the detection of the resource failed: docker: ');
  });

  test('is tried again until it works', async () => {
    const detecting = new Detecting(docker, {});
    const start = detecting.start();
    await detecting.settings.clock.advance(1);
    expect(detecting.looks).toBe(1);
    detecting.world = { answers: DOCKER };
    await detecting.settings.clock.advance(1500);
    await start;
    expect(detecting.looks).toBe(2);
    expect((await detecting.resource({}))[0]).toMatchObject({ 'host.name': 'whale' });
  });

  test('is tried as long as the timeout allows', async () => {
    const detecting = new Detecting({ ...docker, timeout: '10s' }, {});
    expect(await detecting.startInTime(10_500)).toContain('docker: ');
    expect(detecting.looks).toBeGreaterThan(2);
    expect(detecting.startedForMs).toBeGreaterThan(9_000);
  });

  test('is tried for max_elapsed_time, and each attempt has the timeout', async () => {
    const block = { ...docker, timeout: '1s', retry: { max_elapsed_time: '6s' } };
    const detecting = new Detecting(block, {});
    detecting.isSilent = true;
    expect(await detecting.startInTime(7000)).toContain('no answer within');
    expect(detecting.looks).toBeGreaterThan(1);
  });

  test('does not hold the others up for longer than the timeout', async () => {
    const detecting = new Detecting({ ...once, timeout: '2s' }, {});
    detecting.isSilent = true;
    expect(await detecting.startInTime(2500)).toContain('no answer within 2000 ms');
  });

  test('ends with the collector', async () => {
    const detecting = new Detecting({ ...docker, timeout: '1h' }, {});
    detecting.isSilent = true;
    const start = detecting.start();
    await detecting.processor.shutdown();
    await expect(start).rejects.toThrow('the collector stops');
  });
});

describe('metadata that is not there', () => {
  const block = { detectors: ['ec2', 'env'], retry: { enabled: false } };

  test('is nothing', async () => {
    const detecting = await started(block, { env: ENV });
    expect((await detecting.resource({}))[0]).toEqual({ a: 'found', b: 'found' });
  });

  test.each([
    { ...block, fail_on_missing_metadata: true },
    { ...block, ec2: { fail_on_missing_metadata: true } },
  ])('is a failure where that is said', async (strict) => {
    await expect(started(strict, { env: ENV })).rejects.toThrow('ec2: ');
  });
});

describe('a refresh', () => {
  const block = { refresh_interval: '1m', retry: { enabled: false } };

  test('finds what is new, and keeps what it had where it fails', async () => {
    const detecting = await started(block, { env: ENV });
    detecting.world = { env: { OTEL_RESOURCE_ATTRIBUTES: 'a=new' } };
    await detecting.settings.clock.advance(59_000);
    expect((await detecting.resource({}))[0]).toEqual({ a: 'found', b: 'found' });
    await detecting.settings.clock.advance(1000);
    expect((await detecting.resource({}))[0]).toEqual({ a: 'new' });
    detecting.world = { env: { OTEL_RESOURCE_ATTRIBUTES: 'wrong' } };
    await detecting.settings.clock.advance(60_000);
    expect((await detecting.resource({}))[0]).toEqual({ a: 'new' });
    detecting.world = { env: ENV };
    await detecting.settings.clock.advance(60_000);
    expect((await detecting.resource({}))[0]).toEqual({ a: 'found', b: 'found' });
  });

  test('ends with the collector', async () => {
    const detecting = await started(block, { env: ENV });
    await detecting.processor.shutdown();
    await detecting.settings.clock.advance(600_000);
    expect(detecting.looks).toBe(1);
  });
});

describe('a wrong configuration', () => {
  test.each<[object, string, string]>([
    [{ detectors: ['ec3'] }, 'detectors.0', 'invalid detector key: ec3 (did you mean "ec2"?)'],
    [{ detectors: ['env', 'nonsense'] }, 'detectors.1', 'invalid detector key: nonsense: there are '],
    [{ timeout: 0 }, 'retry.enabled', 'needs a timeout, or max_elapsed_time'],
    [{ detectors: ['ec2'], ec2: { tags: ['^a'] } }, 'ec2.tags', 'signed'],
    [{ detectors: ['gcp'], gcp: { labels: ['^a'] } }, 'gcp.labels', ''],
  ])('%j', (block, path, message) => {
    const mistakes = validateResourceDetection(resourceDetectionSchema.parse(block) as ResourceDetectionConfig);
    expect(mistakes.map((mistake) => mistake.path.join('.'))).toEqual([path]);
    expect(mistakes[0]!.message).toContain(message);
  });

  test('that of a detector that is not asked is none', () => {
    const config = resourceDetectionSchema.parse({ ec2: { tags: ['^a'] } }) as ResourceDetectionConfig;
    expect(validateResourceDetection(config)).toEqual([]);
  });
});
