import { describe, expect, test } from 'vitest';
import { ConsumeError, type ManualClock } from '#base';
import type { Batch, Signal } from '#pdata';
import { encodeOtlp } from '#wire';
import type {
  Component,
  ConnectorFactory,
  Consumer,
  ExporterFactory,
  ExtensionFactory,
  Factory,
  ProcessorFactory,
  ReceiverFactory,
} from '../contracts.ts';
import { accountingTests } from './accounting.ts';
import { sampleBatch } from './batches.ts';
import { type FakeSettings, fakeHost, fakeSettings, RecordingConsumer, RefusingConsumer } from './sinks.ts';

export interface SuiteOptions {
  /** A block that works, on free ports (port 0) and without peers. Default: an empty one. */
  readonly config?: unknown;
  /** What the schema, or `validate`, says of an empty block, where it says something. */
  readonly emptyError?: string | RegExp;
  /** Whether every item that goes in comes out at the latest at shutdown. Default true. */
  readonly keepsAll?: boolean;
  /** Whether the sender hears of a refusal further down. Default true; false for a component that holds data on purpose. */
  readonly passesErrors?: boolean;
  /** A folder for state, made anew by the caller. */
  readonly stateDir?: string;
}

/** How long a promise that depends on simulated time alone may take in real time. */
const REAL_LIMIT_MS = 5000;
const ITEMS = 5;

type AnyFactory<Config> =
  | ReceiverFactory<Config>
  | ProcessorFactory<Config>
  | ExporterFactory<Config>
  | ConnectorFactory<Config>
  | ExtensionFactory<Config>;

/** What every component must do, whatever it is for. Call it in the `suite.test.ts` of the component's folder. */
export function componentSuite<Config>(of: AnyFactory<Config>, options: SuiteOptions = {}): void {
  const factory = of as unknown as Factory;
  describe(`${factory.kind} ${factory.type}`, () => {
    configurationTests(factory, options);
    lifecycleTests(factory, options);
    if (factory.kind === 'processor') processorTests(factory as unknown as ProcessorFactory, options);
    if (factory.kind === 'exporter') exporterTests(factory as unknown as ExporterFactory, options);
  });
}

function configurationTests(factory: Factory, options: SuiteOptions): void {
  test('has legal names and says what it is', () => {
    for (const name of [factory.type, ...(factory.aliases ?? [])]) expect(name).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
    expect(factory.description.trim()).not.toBe('');
    expect(signalsOf(factory).length).toBeGreaterThan(0);
  });

  test(options.emptyError === undefined ? 'works with an empty block' : 'says what an empty block lacks', () => {
    for (const empty of [undefined, null, {}]) {
      const mistakes = mistakesIn(factory, empty);
      if (options.emptyError === undefined) expect(mistakes).toEqual([]);
      else expect(mistakes.join('\n')).toMatch(options.emptyError);
    }
  });

  test('refuses an unknown key', () => {
    const block = { ...(options.config as object | undefined), no_such_key: 1 };
    expect(mistakesIn(factory, block).join('\n')).toContain('has invalid keys: no_such_key');
  });

  test('takes the block of this test', () => {
    expect(mistakesIn(factory, options.config ?? {})).toEqual([]);
  });
}

function lifecycleTests(factory: Factory, options: SuiteOptions): void {
  test.each(signalsOf(factory))('%s: shutdown without start, and twice', async (signal) => {
    const component = create(factory, options, signal, new RecordingConsumer(), fakeSettings(settingsOptions(options)));
    await component.shutdown(1000);
    await component.shutdown(1000);
  });

  test.each(signalsOf(factory))('%s: start, shutdown, shutdown', async (signal) => {
    const component = create(factory, options, signal, new RecordingConsumer(), fakeSettings(settingsOptions(options)));
    await component.start(fakeHost());
    await component.shutdown(1000);
    await component.shutdown(1000);
  });
}

function processorTests(factory: ProcessorFactory, options: SuiteOptions): void {
  const make = (signal: Signal, next: Consumer): { processor: Consumer & Component; settings: FakeSettings } => {
    const settings = fakeSettings({ ...settingsOptions(options), pipeline: signal });
    return { processor: factory.create(settings, read(factory, options.config), signal, next), settings };
  };

  if (options.keepsAll !== false) {
    test.each(signalsOf(factory))('%s: hands on everything at the latest at shutdown', async (signal) => {
      const next = new RecordingConsumer();
      const { processor, settings } = make(signal, next);
      await processor.start(fakeHost());
      const consumed = processor.consume(sampleBatch(signal, ITEMS));
      await inSimulatedTime(settings.clock, processor.shutdown(1000));
      await consumed;
      expect(next.itemCount).toBe(ITEMS);
    });
  }

  test.each(signalsOf(factory))('%s: keeps to the deadline of shutdown', async (signal) => {
    const next = new RecordingConsumer();
    next.before = () => new Promise(() => undefined);
    const { processor, settings } = make(signal, next);
    await processor.start(fakeHost());
    processor.consume(sampleBatch(signal, ITEMS)).catch(() => undefined);
    await inSimulatedTime(settings.clock, processor.shutdown(200));
  });

  test.each(signalsOf(factory))('%s: leaves data alone that it must not change', async (signal) => {
    const { processor, settings } = make(signal, new RecordingConsumer());
    if (processor.mutatesData) return;
    await processor.start(fakeHost());
    const batch = protectedBatch(signal);
    const before = snapshot(batch);
    const consumed = processor.consume(batch);
    await inSimulatedTime(settings.clock, processor.shutdown(1000));
    await consumed;
    expect(snapshot(batch)).toEqual(before);
  });

  accountingTests({ signals: signalsOf(factory), make, wait: inSimulatedTime });

  if (options.passesErrors === false) return;
  test.each([
    { name: 'permanent', error: { permanent: true } },
    { name: 'retryable', error: { permanent: false, retryAfterMs: 1234 } },
  ])('passes a $name refusal on', async ({ error }) => {
    const signal = signalsOf(factory)[0]!;
    const { processor, settings } = make(signal, new RefusingConsumer(error));
    await processor.start(fakeHost());
    const outcome = processor.consume(sampleBatch(signal, ITEMS)).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    await inSimulatedTime(settings.clock, processor.shutdown(1000));
    const thrown = await outcome;
    expect(thrown).toBeInstanceOf(ConsumeError);
    expect(thrown).toMatchObject({ permanent: error.permanent });
  });
}

function exporterTests(factory: ExporterFactory, options: SuiteOptions): void {
  test.each(signalsOf(factory))('%s: leaves data alone, and fails with a ConsumeError if at all', async (signal) => {
    const settings = fakeSettings(settingsOptions(options));
    const exporter = factory.create(settings, read(factory, options.config), signal);
    await exporter.start(fakeHost());
    const batch = exporter.mutatesData ? sampleBatch(signal, ITEMS) : protectedBatch(signal);
    const before = snapshot(batch);
    const outcome = exporter.consume(batch).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    const thrown = await inSimulatedTime(settings.clock, outcome);
    if (thrown !== undefined) expect(thrown).toBeInstanceOf(ConsumeError);
    if (!exporter.mutatesData) expect(snapshot(batch)).toEqual(before);
    await inSimulatedTime(settings.clock, exporter.shutdown(1000));
  });
}

function settingsOptions({ stateDir }: SuiteOptions): { stateDir?: string } {
  return stateDir === undefined ? {} : { stateDir };
}

/** What schema and `validate` complain about, as `path: message`. */
function mistakesIn(factory: Factory, block: unknown): string[] {
  const result = factory.schema.safeParse(block);
  if (!result.success) return result.error.issues.map((issue) => `${issue.path.join('::')}: ${issue.message}`);
  const mistakes = factory.validate?.(result.data as never) ?? [];
  return mistakes.map(({ path, message }) => `${path.join('::')}: ${message}`);
}

function read(factory: { readonly schema: { parse(value: unknown): unknown } }, block: unknown): unknown {
  return factory.schema.parse(block ?? {});
}

function signalsOf(factory: Factory | ProcessorFactory | ExporterFactory): Signal[] {
  if (factory.kind === 'extension') return ['traces'];
  if (factory.kind === 'connector') return [...new Set(factory.stability.map((pair) => pair.from))];
  return Object.keys(factory.stability) as Signal[];
}

function create(
  factory: Factory,
  options: SuiteOptions,
  signal: Signal,
  next: Consumer,
  settings: FakeSettings,
): Component {
  const config = read(factory, options.config);
  switch (factory.kind) {
    case 'receiver':
      return (factory as unknown as ReceiverFactory).create(settings, config, { [signal]: next });
    case 'processor':
      return (factory as unknown as ProcessorFactory).create(settings, config, signal, next);
    case 'exporter':
      return (factory as unknown as ExporterFactory).create(settings, config, signal);
    case 'extension':
      return (factory as unknown as ExtensionFactory).create(settings, config);
    case 'connector': {
      const to = factory.stability.find((pair) => pair.from === signal)!.to;
      return (factory as unknown as ConnectorFactory).create(settings, config, signal, to, new Map([[to, next]]));
    }
  }
}

/** A batch that throws at the place that changes it, whether or not the change is taken back later. */
function protectedBatch(signal: Signal): Batch {
  const batch = sampleBatch(signal, ITEMS);
  for (const chunk of batch.chunks) chunk.protect();
  return batch;
}

/** The bytes and marks of a batch: equal before and after means that nobody touched it. */
function snapshot(batch: Batch): unknown {
  return {
    bytes: Buffer.from(encodeOtlp(batch)).toString('base64'),
    marks: batch.chunks.map((chunk) => [chunk.count, chunk.isModified, chunk.arena.length]),
  };
}

/** Lets simulated time run until the promise settles. */
async function inSimulatedTime<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const watched = promise.finally(() => {
    isSettled = true;
  });
  watched.catch(() => undefined);
  const limitMs = performance.now() + REAL_LIMIT_MS;
  while (!isSettled && performance.now() < limitMs) {
    await clock.advance(50);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(isSettled).toBe(true);
  return watched;
}
