import { expect } from 'vitest';
import type { ManualClock } from '#base';
import { Batch, type Signal } from '#pdata';
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
import { type FakeSettings, fakeSettings, RecordingConsumer } from './sinks.ts';

export interface SuiteOptions {
  /** A block that works, on free ports (port 0) and without peers. Default: an empty one. */
  readonly config?: unknown;
  /** What the schema, or `validate`, says of an empty block, where it says something. */
  readonly emptyError?: string | RegExp;
  /**
   * For a component that holds data on purpose and answers before it has handed them on, as tail sampling does: its senders hear of no
   * refusal further down. Default false.
   */
  readonly holdsData?: boolean;
  /** For a component that puts batches of several senders together: what comes out has no context of one sender. Default false. */
  readonly mergesSenders?: boolean;
  /** A folder for state, made anew by the caller. */
  readonly stateDir?: string;
  /** For a receiver: sends a request with these items to it, as a client would. Rejects where the client is told that they were not taken. */
  readonly send?: (receiver: Component, batch: Batch) => Promise<void>;
  /** For an exporter: starts what it sends to, which shows what has come. */
  readonly peer?: () => Promise<Peer>;
}

export interface Peer {
  /** A block with the peer's address. */
  readonly config: unknown;
  readonly batches: readonly Batch[];
  close(): Promise<void>;
}

/** One thing that a component must do. Its failure names the fault. */
export interface Check {
  readonly name: string;
  run(): Promise<void>;
}

/** A component that was made for one check. */
export interface Made {
  readonly component: Component;
  /** The same, of what takes batches. */
  readonly consumer: Consumer;
  readonly settings: FakeSettings;
}

/** How long a promise that depends on simulated time alone may take in real time. */
const REAL_LIMIT_MS = 5000;

/** The component under test. */
export class Subject {
  readonly factory: Factory;
  readonly options: SuiteOptions;

  constructor(factory: Factory, options: SuiteOptions) {
    this.factory = factory;
    this.options = options;
  }

  get signals(): Signal[] {
    const { factory } = this;
    if (factory.kind === 'extension') return ['traces'];
    if (factory.kind === 'connector') return [...new Set(factory.stability.map((pair) => pair.from))];
    return Object.keys(factory.stability) as Signal[];
  }

  /** A check for each signal. */
  perSignal(name: string, run: (signal: Signal) => Promise<void>): Check[] {
    return this.signals.map((signal) => ({ name: `${signal}: ${name}`, run: () => run(signal) }));
  }

  make(signal: Signal, next: Consumer = new RecordingConsumer(), config: unknown = this.options.config): Made {
    const { stateDir } = this.options;
    const settings = fakeSettings({ pipeline: signal, ...(stateDir !== undefined && { stateDir }) });
    const component = this.#create(signal, next, settings, config);
    return { component, consumer: component as Component & Consumer, settings };
  }

  #create(signal: Signal, next: Consumer, settings: FakeSettings, block: unknown): Component {
    const { factory } = this;
    const config = (factory.schema as { parse(value: unknown): unknown }).parse(block ?? {});
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
}

/** Lets simulated time run until the promise settles. */
export async function inSimulatedTime<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
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
  expect(isSettled, 'never ends, however much time goes by').toBe(true);
  return watched;
}

/** What a promise rejects with; undefined if it resolves. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (thrown: unknown) => thrown ?? 'nothing',
  );
}

/** Each item with its resource and scope, as text, in an order of its own: equal if and only if the items are. */
export function itemsOf(batches: readonly Batch[]): string[] {
  const items: string[] = [];
  for (const { signal, chunks } of batches) {
    for (const chunk of chunks) {
      for (let i = 0; i < chunk.count; i++) {
        const one = new Batch(signal, [chunk.select(Uint32Array.of(chunk.rowAt(i)))]);
        items.push(Buffer.from(encodeOtlp(one)).toString('latin1'));
      }
    }
  }
  return items.sort();
}
