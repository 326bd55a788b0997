import { ManualClock } from '#base';
import { Collector, type TapEvent, type TapRequest } from '#collector';
import type { Consumer } from '#component';
import { loadConfig } from '#config';
import { type Item, itemsOf } from '#inspect';
import { Batch, type Signal } from '#pdata';
import { decodeOtlpJson } from '#wire';
import { ReplacedRegistry } from '../cases/replaced.ts';
import { settle } from '../cases/simulated-time.ts';
import { components } from '../components.ts';

/** A collector with real processors, whose receivers and exporters are the test's. */
export class TapWorld {
  readonly clock: ManualClock = new ManualClock();
  readonly exported: Item[] = [];
  readonly #next = new Map<string, Partial<Record<Signal, Consumer>>>();
  yaml = '';
  collector!: Collector;

  async start(yaml: string): Promise<this> {
    this.yaml = yaml;
    const registry = new ReplacedRegistry(
      components,
      {
        received: (id, next) => void this.#next.set(id, next),
        exporting: () => undefined,
        exported: (_, batch) => void this.exported.push(...itemsOf(batch)),
      },
      new Map(),
    );
    const environment = {
      env: {},
      readFile: () => Promise.resolve(new TextEncoder().encode(this.yaml)),
      fetchText: () => Promise.reject(new Error('no network')),
    };
    this.collector = new Collector({
      registry,
      load: () => loadConfig({ uris: ['c.yaml'], environment }),
      version: 'test',
      stateDir: '',
      clock: this.clock,
      random: () => 0.5,
      logSink: () => undefined,
    });
    await this.collector.start();
    return this;
  }

  tap(at: string, more: Partial<TapRequest> = {}): { readonly events: TapEvent[]; close(): void } {
    const events: TapEvent[] = [];
    const close = this.collector.tap({ at, isRaw: false, ...more }, (event) => {
      events.push(event);
      return JSON.stringify(event).length;
    });
    return { events, close };
  }

  async send(signal: Signal, envelope: unknown): Promise<void> {
    const { chunk } = decodeOtlpJson(signal, Buffer.from(JSON.stringify(envelope)));
    void this.#next
      .get('otlp')!
      [signal]!.consume(new Batch(signal, [chunk]))
      .catch(() => undefined);
    await this.pass(0);
  }

  async pass(ms: number): Promise<void> {
    await settle();
    await this.clock.advance(ms);
    await settle();
    await this.clock.advance(0);
  }
}
