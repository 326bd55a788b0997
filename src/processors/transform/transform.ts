import { assert } from '#base';
import type { Consumer, CreateSettings, Processor } from '#component';
import { type Context, eachItem, failureLog, StatementList, type ValueMap } from '#ottl';
import type { Batch, Signal } from '#pdata';
import type { Mistake } from '../ottl-config.ts';
import type { TransformConfig } from './config.ts';
import { compileGroup } from './groups.ts';

/** Changes telemetry by statements in OTTL (otelcol-contrib processor/transformprocessor). */
export class TransformProcessor implements Processor {
  readonly mutatesData = true;
  readonly #next: Consumer;
  readonly #groups: readonly { readonly list: StatementList; readonly sharesCache: boolean }[];

  constructor(settings: CreateSettings, config: TransformConfig, signal: Signal, next: Consumer) {
    this.#next = next;
    const onFailure = failureLog(settings.logger, settings.clock);
    const mistakes: Mistake[] = [];
    this.#groups = config.groups[signal].flatMap((groupConfig) => {
      const group = compileGroup(groupConfig, signal, mistakes, () => settings.clock.nowMs());
      if (group === undefined) return [];
      const { context, statements, conditions } = group;
      const errorMode = groupConfig.errorMode ?? config.errorMode;
      const list = new StatementList(context, statements, conditions, errorMode, onFailure);
      return [{ list, sharesCache: groupConfig.sharedCache }];
    });
    assert(mistakes.length === 0, 'statements that were checked are compiled');
  }

  async start(): Promise<void> {}

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const caches = new Map<Context, ValueMap>();
    for (const { list, sharesCache } of this.#groups) {
      let cache: ValueMap | undefined;
      if (sharesCache) {
        cache = caches.get(list.context) ?? new Map();
        caches.set(list.context, cache);
      }
      for (const chunk of batch.chunks) {
        list.enter(chunk, batch.context, cache);
        eachItem(chunk, list.context, (index, item) => list.run(index, item));
      }
      list.leave();
    }
    await this.#next.consume(batch, abort);
  }

  async shutdown(): Promise<void> {}
}
