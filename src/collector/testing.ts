import { ManualClock } from '#base';
import {
  type Component,
  ComponentRegistry,
  type ConnectorFactory,
  type Consumer,
  componentSource,
  type ExporterFactory,
  type Factory,
  type ProcessorFactory,
  type ReceiverFactory,
} from '#component';
import { RecordingConsumer } from '#component/testing.ts';
import { type DeliveryConfig, deliveryShape, loadConfig, strictObject, text, toDelivery } from '#config';
import type { Batch, Signal } from '#pdata';
import { Collector, type CollectorOptions } from './collector.ts';

/** Components without I/O, a registry of them, and a collector over a YAML text, for the tests of this layer. */

/** What some component lost without a word, or handed on beyond what it had: labels and count. Empty while all is well. */
export function unaccountedIn(collector: Collector): readonly string[] {
  return collector.metrics
    .collect()
    .filter(({ name }) => name === 'signalbox.component.unaccounted_items')
    .flatMap(({ series }) => [...series.values()])
    .filter((one) => one.read() !== 0)
    .map((one) => `${one.labels.map(([, value]) => value).join(' ')}: ${one.read()}`);
}

const ALL = { traces: 'stable', metrics: 'stable', logs: 'stable' } as const;

export class FakeWorld {
  /** `start receiver/nop`, `stop …` in the order in which they happened. */
  readonly events: string[] = [];
  /** Called with each of them. */
  onEvent: (event: string) => void = () => undefined;
  readonly clock: ManualClock = new ManualClock();
  readonly logged: string[] = [];
  /** The consumers that receivers were given, by receiver id. */
  readonly inputs: Map<string, Partial<Record<Signal, Consumer>>> = new Map();
  /** What arrived at exporters, by exporter id and signal. */
  readonly outputs: Map<string, RecordingConsumer> = new Map();
  /** What was created last, by the name that `events` has. */
  readonly lifecycles: Map<string, Component> = new Map();
  yaml = '';

  get registry(): ComponentRegistry {
    const factories: Factory[] = [
      this.#receiver('nop'),
      { ...this.#receiver('nop_logs'), stability: { logs: 'stable' } } as ReceiverFactory<never>,
      this.#processor('nop', false),
      this.#processor('mutator', true),
      this.#exporter('nop'),
      this.#exporter('queued'),
      this.#exporter('signalbox'),
      this.#connector(),
    ];
    return new ComponentRegistry(factories.map(componentSource));
  }

  collector(yaml: string): Collector {
    return new Collector(this.options(yaml));
  }

  /** Change `yaml` afterwards to give a reload something else. */
  options(yaml: string): CollectorOptions {
    this.yaml = yaml;
    const environment = {
      env: {},
      readFile: () => Promise.resolve(new TextEncoder().encode(this.yaml)),
      fetchText: () => Promise.reject(new Error('no network')),
    };
    return {
      registry: this.registry,
      load: () => loadConfig({ uris: ['c.yaml'], environment }),
      version: '0.0.0-test',
      stateDir: '',
      clock: this.clock,
      random: () => 0.5,
      logSink: (line) => this.logged.push(line),
    };
  }

  input(id: string, signal: Signal): Consumer {
    return this.inputs.get(id)![signal]!;
  }
  output(id: string, signal: Signal): RecordingConsumer {
    return this.outputs.get(`${id} ${signal}`)!;
  }

  #lifecycle(name: string, startError?: string): Component {
    return {
      start: () => {
        this.events.push(`start ${name}`);
        this.onEvent(`start ${name}`);
        return startError === undefined ? Promise.resolve() : Promise.reject(new Error(startError));
      },
      shutdown: () => {
        this.events.push(`stop ${name}`);
        this.onEvent(`stop ${name}`);
        return Promise.resolve();
      },
    };
  }

  #receiver(type: string): ReceiverFactory<never> {
    const factory: ReceiverFactory<{ fail: string }> = {
      kind: 'receiver',
      type,
      aliases: [`old${type}`],
      description: 'takes what the test gives it',
      schema: strictObject({ fail: text('') }),
      stability: ALL,
      create: (settings, config, next) => {
        this.inputs.set(settings.id, next);
        const name = `receiver/${settings.id}`;
        const receiver = this.#lifecycle(name, config.fail === '' ? undefined : config.fail);
        this.lifecycles.set(name, receiver);
        return receiver;
      },
    };
    return factory as unknown as ReceiverFactory<never>;
  }

  #processor(type: string, mutatesData: boolean): ProcessorFactory<never> {
    const factory: ProcessorFactory<{ mark: string; fail: string }> = {
      kind: 'processor',
      type,
      description: 'hands on',
      schema: strictObject({ mark: text(''), fail: text('') }),
      stability: ALL,
      create: (settings, config, _signal, next) => ({
        ...this.#lifecycle(
          `processor/${settings.id}@${settings.pipeline}`,
          config.fail === '' ? undefined : config.fail,
        ),
        mutatesData,
        consume: (batch: Batch, abort?: AbortSignal) => next.consume(batch, abort),
      }),
    };
    return factory as unknown as ProcessorFactory<never>;
  }

  #exporter(type: string): ExporterFactory<never> {
    const factory: ExporterFactory<DeliveryConfig> = {
      kind: 'exporter',
      type,
      description: 'keeps what arrives',
      schema: strictObject(deliveryShape()).transform(toDelivery),
      stability: ALL,
      ...(type === 'queued' && { delivery: (config: DeliveryConfig) => config }),
      create: (settings, _config, signal) => {
        const sink = new RecordingConsumer();
        this.outputs.set(`${settings.id} ${signal}`, sink);
        return {
          ...this.#lifecycle(`exporter/${settings.id}:${signal}`),
          mutatesData: false,
          consume: (batch: Batch, abort?: AbortSignal) => sink.consume(batch, abort),
        };
      },
    };
    return factory as unknown as ExporterFactory<never>;
  }

  #connector(): ConnectorFactory<never> {
    const factory: ConnectorFactory<object> = {
      kind: 'connector',
      type: 'forward',
      description: 'from one pipeline to others',
      schema: strictObject({}),
      stability: (['traces', 'metrics', 'logs'] as const).map((s) => ({ from: s, to: s, stability: 'stable' })),
      create: (settings, _config, from, to, next) => ({
        ...this.#lifecycle(`connector/${settings.id}:${from}>${to}`),
        mutatesData: false,
        consume: async (batch: Batch, abort?: AbortSignal) => {
          for (const consumer of next.values()) await consumer.consume(batch, abort);
          settings.account.added(to, batch.itemCount * (next.size - 1), 'copied');
        },
      }),
    };
    return factory as unknown as ConnectorFactory<never>;
  }
}
