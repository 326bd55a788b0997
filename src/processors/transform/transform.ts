import { assert } from '#base';
import type { Consumer, CreateSettings, Processor } from '#component';
import type { Mistake } from '#component/ottl-config.ts';
import { type Context, eachItem, failureLog, StatementList, type ValueMap } from '#ottl';
import { type Batch, type Chunk, leasesOf, PointChunk, type Signal } from '#pdata';
import type { TransformConfig } from './config.ts';
import { flattened, grouped } from './flatten.ts';
import { MetricEdits } from './functions/metric-edits.ts';
import { compileGroup } from './groups.ts';

/** Changes telemetry by statements in OTTL (otelcol-contrib processor/transformprocessor). */
export class TransformProcessor implements Processor {
  readonly mutatesData = true;
  readonly #next: Consumer;
  readonly #account: CreateSettings['account'];
  readonly #edits = new MetricEdits();
  readonly #flattens: boolean;
  readonly #groups: readonly { readonly list: StatementList; readonly sharesCache: boolean }[];

  constructor(settings: CreateSettings, config: TransformConfig, signal: Signal, next: Consumer) {
    this.#next = next;
    this.#account = settings.account;
    this.#flattens = signal === 'logs' && config.flattensLogs;
    const onFailure = failureLog(settings.logger, settings.clock);
    const mistakes: Mistake[] = [];
    this.#groups = config.groups[signal].flatMap((groupConfig) => {
      const group = compileGroup(groupConfig, signal, mistakes, {
        nowMs: () => settings.clock.nowMs(),
        edits: this.#edits,
      });
      if (group === undefined) return [];
      const { context, statements, conditions } = group;
      const errorMode = groupConfig.errorMode ?? config.errorMode;
      const list = new StatementList(context, statements, conditions, errorMode, onFailure);
      return [{ list, sharesCache: groupConfig.sharedCache }];
    });
    assert(mistakes.length === 0, 'statements that were checked are compiled');
  }

  async start(): Promise<void> {}

  async consume(received: Batch, abort?: AbortSignal): Promise<void> {
    const batch = this.#flattens ? flattened(received) : received;
    const caches = new Map<Context, ValueMap>();
    const chunks: Chunk[] = [...batch.chunks];
    this.#edits.begin();
    for (const { list, sharesCache } of this.#groups) {
      let cache: ValueMap | undefined;
      if (sharesCache) {
        cache = caches.get(list.context) ?? new Map();
        caches.set(list.context, cache);
      }
      // Metrics that a statement makes come behind the others, and meet the same statements.
      for (let i = 0; i < chunks.length; i++) {
        const chunk = chunks[i]!;
        list.enter(chunk, batch.context, cache);
        eachItem(chunk, list.context, (index, item) => list.run(index, item));
        if (chunk instanceof PointChunk) {
          chunks[i] = this.#edits.left(chunk);
          chunks.push(...this.#made(batch));
        }
      }
      list.leave();
    }
    const result = this.#result(batch, chunks);
    await this.#next.consume(this.#flattens ? grouped(result) : result, abort);
  }

  #made(batch: Batch): readonly Chunk[] {
    const made = this.#edits.take();
    for (const chunk of made) chunk.leases = leasesOf(batch.chunks);
    return made;
  }

  #result(batch: Batch, chunks: readonly Chunk[]): Batch {
    if (chunks.length === batch.chunks.length && chunks.every((chunk, i) => chunk === batch.chunks[i])) return batch;
    const result = batch.with(chunks);
    const kept = chunks.slice(0, batch.chunks.length).reduce((count, chunk) => count + chunk.count, 0);
    this.#account.filtered(batch.signal, batch.itemCount - kept, 'aggregated');
    this.#account.added(batch.signal, result.itemCount - kept, 'copied');
    return result;
  }

  async shutdown(): Promise<void> {}
}
