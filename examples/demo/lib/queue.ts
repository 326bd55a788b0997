import { context, type Link, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import type { Random } from './random.ts';
import { sleep } from './sleep.ts';
import { inSpan, type Telemetry } from './telemetry.ts';

export interface Message<Body> {
  readonly id: string;
  readonly body: Body;
  /** Carries the producer's trace, as the headers of a real message do. */
  readonly headers: Readonly<Record<string, string>>;
  readonly publishedMs: number;
  /** 1 for the first delivery. */
  attempt: number;
}

/** Beyond this the broker forgets the oldest message, so that a stopped consumer can't fill the memory. */
const CAPACITY = 10_000;

/** A message broker in memory: producers and consumers meet only here, and each tells about its own side. */
export class Queue<Body> {
  readonly name: string;
  readonly #messages: Message<Body>[] = [];
  readonly #random: Random;
  #published = 0;

  constructor(name: string, random: Random) {
    this.name = name;
    this.#random = random;
  }

  /** Messages that wait. */
  get depth(): number {
    return this.#messages.length;
  }

  /** Age of the oldest waiting message in seconds; 0 when none waits. */
  get oldestSeconds(): number {
    const oldest = this.#messages[0];
    return oldest === undefined ? 0 : (Date.now() - oldest.publishedMs) / 1000;
  }

  /** Publishes under a producer span of the publishing service. */
  publish(telemetry: Telemetry, body: Body): Promise<void> {
    const id = `${this.name}-${++this.#published}`;
    const attributes = { ...this.#describe('send', 'send'), 'messaging.message.id': id };
    const options = { kind: SpanKind.PRODUCER, attributes };
    return inSpan(telemetry.scopedTracer('shop.queue'), `send ${this.name}`, options, async () => {
      await sleep(this.#random.latencyMs(2));
      const headers: Record<string, string> = {};
      propagation.inject(context.active(), headers);
      this.#messages.push({ id, body, headers, publishedMs: Date.now(), attempt: 1 });
      if (this.#messages.length > CAPACITY) this.#messages.shift();
    });
  }

  /**
   * Takes up to `limit` messages and handles them one by one. The receive span is a trace of its own with a link to
   * every message's producer; each message is then processed in its producer's trace, linked back to the batch.
   * `handle` returns false to have the message delivered again.
   */
  async consume(
    telemetry: Telemetry,
    limit: number,
    handle: (message: Message<Body>) => Promise<boolean>,
  ): Promise<void> {
    const batch = this.#messages.splice(0, limit);
    if (batch.length === 0) return;
    const tracer = telemetry.scopedTracer('shop.queue');
    const links = batch.map((message) => linkTo(message)).filter((link) => link !== undefined);
    const attributes = { ...this.#describe('receive', 'receive'), 'messaging.batch.message_count': batch.length };
    const options = { kind: SpanKind.CLIENT, attributes, links, root: true };
    await inSpan(tracer, `receive ${this.name}`, options, async (receiving) => {
      await sleep(this.#random.latencyMs(4));
      const back: Link = { context: receiving.spanContext(), attributes: { 'messaging.batch': true } };
      for (const message of batch) {
        const again = !(await this.#process(telemetry, message, back, handle));
        if (again) this.#messages.push({ ...message, attempt: message.attempt + 1 });
      }
    });
  }

  #process(
    telemetry: Telemetry,
    message: Message<Body>,
    batch: Link,
    handle: (message: Message<Body>) => Promise<boolean>,
  ): Promise<boolean> {
    const attributes = {
      ...this.#describe('process', 'process'),
      'messaging.message.id': message.id,
      'messaging.delivery.attempt': message.attempt,
      'messaging.message.age_ms': Date.now() - message.publishedMs,
    };
    const options = { kind: SpanKind.CONSUMER, attributes, links: [batch] };
    const producer = propagation.extract(ROOT_CONTEXT, message.headers);
    const tracer = telemetry.scopedTracer('shop.queue');
    return inSpan(tracer, `process ${this.name}`, options, () => handle(message), producer).catch(() => false);
  }

  #describe(name: string, type: string): Record<string, string> {
    return {
      'messaging.system': 'rabbitmq',
      'messaging.destination.name': this.name,
      'messaging.operation.name': name,
      'messaging.operation.type': type,
      'server.address': 'rabbitmq.shop',
    };
  }
}

function linkTo(message: Message<unknown>): Link | undefined {
  const producer = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, message.headers));
  return producer && { context: producer, attributes: { 'messaging.message.id': message.id } };
}
