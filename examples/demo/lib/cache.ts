import { type Counter, SpanKind, type Tracer } from '@opentelemetry/api';
import type { Random } from './random.ts';
import { sleep } from './sleep.ts';
import { inSpan, type Telemetry } from './telemetry.ts';

/** A Redis that is not there, with real hits and misses: what was put comes back until it is too old. */
export class Cache<Value> {
  readonly #entries = new Map<string, { value: Value; freshUntilMs: number }>();
  readonly #prefix: string;
  readonly #freshMs: number;
  readonly #random: Random;
  readonly #telemetry: Telemetry;
  readonly #tracer: Tracer;
  readonly #hits: Counter;
  readonly #misses: Counter;

  constructor(prefix: string, freshSeconds: number, telemetry: Telemetry, random: Random) {
    this.#prefix = prefix;
    this.#freshMs = freshSeconds * 1000;
    this.#random = random;
    this.#telemetry = telemetry;
    this.#tracer = telemetry.scopedTracer('shop.redis');
    const meter = telemetry.scopedMeter('shop.redis');
    this.#hits = meter.createCounter('cache.hits', { description: 'Reads answered by the cache', unit: '{read}' });
    this.#misses = meter.createCounter('cache.misses', {
      description: 'Reads the cache could not answer',
      unit: '{read}',
    });
  }

  /** The kept value, or what `load` returns, which is then kept. */
  async read(key: string, load: () => Promise<Value>): Promise<Value> {
    const kept = await this.#get(key);
    if (kept !== undefined) return kept;
    const value = await load();
    await this.#command('SETEX', key, async () => {
      // The keys are few (one per product); without this line a longer-lived shop would still be safe.
      if (this.#entries.size > 10_000) this.#entries.clear();
      this.#entries.set(key, { value, freshUntilMs: Date.now() + this.#freshMs });
    });
    return value;
  }

  /** Forgets a key after its value changed. */
  async forget(key: string): Promise<void> {
    await this.#command('DEL', key, async () => {
      this.#entries.delete(key);
    });
  }

  #get(key: string): Promise<Value | undefined> {
    return this.#command('GET', key, async (setHit) => {
      const entry = this.#entries.get(key);
      const fresh = entry !== undefined && entry.freshUntilMs > Date.now();
      setHit(fresh);
      (fresh ? this.#hits : this.#misses).add(1, { 'cache.name': this.#prefix });
      this.#telemetry.log.trace(`cache ${fresh ? 'hit' : 'miss'}: ${this.#prefix}:${key}`, { 'cache.hit': fresh });
      return fresh ? entry.value : undefined;
    });
  }

  #command<Result>(
    operation: string,
    key: string,
    work: (setHit: (hit: boolean) => void) => Promise<Result>,
  ): Promise<Result> {
    const attributes = {
      'db.system.name': 'redis',
      'db.namespace': '0',
      'db.operation.name': operation,
      'db.query.text': `${operation} ${this.#prefix}:${key}`,
      'server.address': 'redis.shop',
      'server.port': 6379,
    };
    return inSpan(this.#tracer, operation, { kind: SpanKind.CLIENT, attributes }, async (span) => {
      await sleep(this.#random.latencyMs(0.8));
      return work((hit) => span.setAttribute('cache.hit', hit));
    });
  }
}
