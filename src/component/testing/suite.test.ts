import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConsumeError } from '#base';
import { boolean, strictObject } from '#config';
import { attributeKey, Batch, type Chunk } from '#pdata';
import type {
  Consumer,
  CreateSettings,
  ExporterFactory,
  Processor,
  ProcessorFactory,
  ReceiverFactory,
} from '../contracts.ts';
import { receiverCounters } from '../observe.ts';
import { componentChecks } from './suite.ts';

/** Each fault that a component's author may make, in a component that is right otherwise: the suite must find it, and say what it is. */

const N = attributeKey('n');
const schema = strictObject({ inverted: boolean(false).describe('keeps the others') });

/** Keeps every second item, by the attribute `n`. The faulty ones below change one of its steps. */
class EveryOther implements Processor {
  readonly mutatesData: boolean = false;
  protected readonly settings: CreateSettings;
  protected readonly next: Consumer;

  constructor(settings: CreateSettings, next: Consumer) {
    this.settings = settings;
    this.next = next;
  }

  async start(): Promise<void> {}
  async shutdown(): Promise<void> {}

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const kept = this.batchOf(
      batch,
      this.chunksOf(batch).map((chunk) => chunk.select(this.rowsToKeep(chunk))),
    );
    await this.send(kept, abort);
    this.report(batch, batch.itemCount - kept.itemCount);
  }

  protected chunksOf(batch: Batch): readonly Chunk[] {
    return batch.chunks;
  }
  protected rowAt(chunk: Chunk, index: number): number {
    return chunk.rowAt(index);
  }
  protected batchOf(batch: Batch, chunks: readonly Chunk[]): Batch {
    return batch.with(chunks);
  }
  protected async send(batch: Batch, abort?: AbortSignal): Promise<void> {
    if (batch.itemCount > 0) await this.next.consume(batch, abort);
  }
  protected report(batch: Batch, count: number): void {
    this.settings.account.filtered(batch.signal, count, 'not_sampled');
  }

  private rowsToKeep(chunk: Chunk): Uint32Array {
    const rows: number[] = [];
    for (let index = 0; index < chunk.count; index++) {
      const row = this.rowAt(chunk, index);
      if (Number(chunk.rowAttributes.of(row).get(N)) % 2 === 0) rows.push(chunk.rowAt(index));
    }
    return Uint32Array.from(rows);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'signalbox-leak-'));
const leaked: number[] = [];
afterAll(() => {
  for (const descriptor of leaked) closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

type Made = new (settings: CreateSettings, next: Consumer) => Processor;

function factoryOf(made: Made): ProcessorFactory<unknown> {
  return {
    kind: 'processor',
    type: 'every_other',
    description: 'Keeps every second item',
    stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
    schema,
    create: (settings, _config, _signal, next) => new made(settings, next),
  };
}

/** The messages of the checks that fail. */
async function failures(...args: Parameters<typeof componentChecks>): Promise<string[]> {
  const messages: string[] = [];
  for (const { run } of componentChecks(...args)) await run().catch((error: Error) => messages.push(error.message));
  return messages;
}

const faulty: readonly (readonly [string, Made])[] = [
  [
    'uses the row number in place of the selection',
    class extends EveryOther {
      protected override rowAt(_chunk: Chunk, index: number): number {
        return index;
      }
    },
  ],
  [
    'handles only the first chunk',
    class extends EveryOther {
      protected override chunksOf(batch: Batch): readonly Chunk[] {
        return batch.chunks.slice(0, 1);
      }
    },
  ],
  [
    'loses the context of the batch',
    class extends EveryOther {
      protected override batchOf(batch: Batch, chunks: readonly Chunk[]): Batch {
        return new Batch(batch.signal, chunks);
      }
    },
  ],
  [
    'loses the abort signal',
    class extends EveryOther {
      protected override send(batch: Batch): Promise<void> {
        return super.send(batch);
      }
    },
  ],
  [
    'loses the lease',
    class extends EveryOther {
      protected override batchOf(batch: Batch, chunks: readonly Chunk[]): Batch {
        const copies = chunks.map((chunk) => {
          const copy = chunk.clone();
          copy.leases = [];
          return copy;
        });
        return batch.with(copies);
      }
    },
  ],
  [
    'keeps the lease',
    class extends EveryOther {
      protected override chunksOf(batch: Batch): readonly Chunk[] {
        batch.hold();
        return batch.chunks;
      }
    },
  ],
  [
    'leaks a file',
    class extends EveryOther {
      override async start(): Promise<void> {
        leaked.push(openSync(join(folder, 'a'), 'w'));
      }
    },
  ],
  [
    'leaks a timer',
    class extends EveryOther {
      override async start(): Promise<void> {
        const again = (): void => void this.settings.clock.after(1000, again);
        again();
      }
    },
  ],
  [
    'leaks a gauge',
    class extends EveryOther {
      override async start(): Promise<void> {
        this.settings.meter.gauge('every_other_size', { unit: '1', description: 'of nothing' }, () => 1);
      }
    },
  ],
  [
    'throws a plain Error',
    class extends EveryOther {
      protected override send(batch: Batch, abort?: AbortSignal): Promise<void> {
        return super.send(batch, abort).catch((error: unknown) => {
          throw new Error('the next one failed', { cause: error });
        });
      }
    },
  ],
  [
    'drops without a report',
    class extends EveryOther {
      protected override report(): void {}
    },
  ],
  [
    'writes while read-only',
    class extends EveryOther {
      protected override chunksOf(batch: Batch): readonly Chunk[] {
        for (const chunk of batch.chunks) {
          for (let index = 0; index < chunk.count; index++) chunk.rowAttributes.of(chunk.rowAt(index)).set(N, 2);
        }
        return batch.chunks;
      }
    },
  ],
  [
    'answers before the next consumer',
    class extends EveryOther {
      protected override async send(batch: Batch, abort?: AbortSignal): Promise<void> {
        void super.send(batch, abort).catch(() => undefined);
      }
    },
  ],
];

describe('processors', () => {
  test('a component that is right passes', async () => {
    expect(await failures(factoryOf(EveryOther))).toEqual([]);
  });

  test.each(faulty)('%s', async (fault, made) => {
    const messages = await failures(factoryOf(made));
    expect(messages.join('\n')).toContain(fault);
  });

  test('a raw timer is found as well as one of the clock', async () => {
    class Raw extends EveryOther {
      #timer: NodeJS.Timeout | undefined;
      override async start(): Promise<void> {
        this.#timer ??= setInterval(() => undefined, 60_000);
        this.#timer.unref();
      }
    }
    expect((await failures(factoryOf(Raw))).join('\n')).toContain('leaks a timer');
  });
});

/** What comes by a call of `offer` goes on. */
class Offered {
  readonly #counters: ReturnType<typeof receiverCounters>;
  readonly #next: Partial<Record<string, Consumer>>;

  constructor(settings: CreateSettings, next: Partial<Record<string, Consumer>>) {
    this.#counters = receiverCounters(settings, 'call');
    this.#next = next;
  }
  async start(): Promise<void> {}
  async shutdown(): Promise<void> {}

  async offer(batch: Batch, counts: boolean): Promise<void> {
    const count = batch.itemCount;
    const counters = this.#counters[batch.signal];
    try {
      await this.#next[batch.signal]!.consume(batch);
    } catch (error) {
      if (counts) counters.refused(count, error);
      throw error;
    }
    if (counts) counters.accepted(count);
  }
}

describe('counts nothing', () => {
  const receiver: ReceiverFactory<unknown> = {
    kind: 'receiver',
    type: 'offered',
    description: 'Takes what is offered',
    stability: { traces: 'beta', logs: 'beta' },
    schema,
    create: (settings, _config, next) => new Offered(settings, next),
  };
  const failuresOf = (counts: boolean): Promise<string[]> =>
    failures(receiver, { send: (one, batch) => (one as Offered).offer(batch, counts) });

  test('a receiver that counts passes', async () => {
    expect(await failuresOf(true)).toEqual([]);
  });
  test('a receiver that does not', async () => {
    const messages = (await failuresOf(false)).join('\n');
    expect(messages).toContain('counts nothing: receiver_accepted_spans after 5 items');
    expect(messages).toContain('counts nothing: receiver_refused_log_records after 5 items');
  });

  const exporter = (counts: boolean): ExporterFactory<unknown> => ({
    kind: 'exporter',
    type: 'nowhere',
    description: 'Sends to nobody',
    stability: { logs: 'beta' },
    schema,
    countsItself: true,
    create({ meter }) {
      const sent = meter.counter('exporter_sent_log_records', { unit: '{log_records}', description: 'sent' });
      return {
        mutatesData: false,
        start: async () => {},
        shutdown: async () => {},
        consume: async (batch) => {
          if (counts) sent.add(batch.itemCount);
        },
      };
    },
  });

  test('an exporter that counts itself passes', async () => {
    expect(await failures(exporter(true))).toEqual([]);
  });
  test('an exporter that says so and does not', async () => {
    expect((await failures(exporter(false))).join('\n')).toContain('counts nothing: it has countsItself');
  });
});

test('an exporter that throws a plain Error, and one that throws a ConsumeError', async () => {
  const exporter = (error: Error): ExporterFactory<unknown> => ({
    kind: 'exporter',
    type: 'broken',
    description: 'Sends nothing',
    stability: { logs: 'beta' },
    schema,
    create: () => ({
      mutatesData: false,
      start: async () => {},
      shutdown: async () => {},
      consume: () => Promise.reject(error),
    }),
  });
  expect(await failures(exporter(new ConsumeError('away')))).toEqual([]);
  expect((await failures(exporter(new Error('away')))).join('\n')).toContain('throws a plain Error');
});

describe('what an exporter sends', () => {
  /** Sends by a call to what stands in a list; a faulty one loses some on the way. */
  const failuresOf = (sentOf: (batch: Batch) => Batch): Promise<string[]> => {
    let batches: Batch[] = [];
    const exporter: ExporterFactory<unknown> = {
      kind: 'exporter',
      type: 'next_door',
      description: 'Sends next door',
      stability: { traces: 'beta', logs: 'beta' },
      schema,
      create: () => ({
        mutatesData: false,
        start: async () => {},
        shutdown: async () => {},
        consume: async (batch) => void batches.push(sentOf(batch)),
      }),
    };
    const peer = async () => {
      batches = [];
      return { config: {}, batches, close: async () => {} };
    };
    return failures(exporter, { peer });
  };

  test('all of it', async () => {
    expect(await failuresOf((batch) => batch)).toEqual([]);
  });
  test('uses the row number in place of the selection', async () => {
    const first = (chunk: Chunk): Chunk => {
      const { rowCount, count } = chunk;
      return rowCount === count ? chunk : chunk.select(Uint32Array.from({ length: count }, (_, index) => index));
    };
    const messages = await failuresOf((batch) => batch.with(batch.chunks.map(first)));
    expect(messages.join('\n')).toContain('uses the row number in place of the selection');
  });
  test('handles only the first chunk', async () => {
    const messages = await failuresOf((batch) => batch.with(batch.chunks.slice(0, 1)));
    expect(messages.join('\n')).toContain('handles only the first chunk');
  });
});
