import type { AccountOwner, EdgeOptions, Watcher } from '#collector';
import type { Outcome } from '#component';
import { type Item, readItem } from '#inspect';
import type { Batch, Chunk, Signal } from '#pdata';
import { realId } from './replaced.ts';

/** An item that went into a component and did not come out of it. */
export interface LeftOut {
  readonly by: string;
  readonly pipeline: string;
  readonly item: Item;
}

/** What components said of items that they left out. */
export interface Reported {
  readonly by: string;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly count: number;
}

const LEAVING: ReadonlySet<Outcome> = new Set(['dropped', 'filtered', 'sampled_out']);

interface Seen {
  readonly key: string;
  readonly item: Item;
}
interface Passage {
  readonly edge: EdgeOptions;
  /** By the batch that they came in. */
  readonly entered: Map<Batch, Seen[]>;
  readonly left: Map<string, number>;
}

/** Sees each item of a case on its way through the processors. */
export class CaseWatch implements Watcher {
  readonly #passages = new Map<string, Passage>();
  readonly #reports = new Map<string, Reported>();
  readonly #bodies = new Map<Uint8Array, number>();

  passing(edge: EdgeOptions, batch: Batch): Batch {
    if (edge.kind !== 'processor') return batch;
    const passage = this.#passageOf(edge);
    const entered: Seen[] = [];
    if (edge.side === 'consumed') passage.entered.set(batch, entered);
    for (const chunk of batch.chunks) {
      for (let index = 0; index < chunk.count; index++) {
        const row = chunk.rowAt(index);
        const key = this.#keyOf(chunk, row);
        if (edge.side === 'consumed') entered.push({ key, item: readItem(chunk, row) });
        else passage.left.set(key, (passage.left.get(key) ?? 0) + 1);
      }
    }
    return batch;
  }

  passed(edge: EdgeOptions, batch: Batch, error: unknown): void {
    if (error === undefined || edge.kind !== 'processor' || edge.side !== 'consumed') return;
    // What was refused goes back to its sender.
    this.#passageOf(edge).entered.delete(batch);
  }

  reported(owner: AccountOwner, outcome: Outcome, _signal: Signal, count: number, reason: string): void {
    if (!LEAVING.has(outcome)) return;
    const by = realId(owner.id);
    const key = `${owner.kind} ${by} ${outcome} ${reason}`;
    this.#reports.set(key, { by, outcome, reason, count: count + (this.#reports.get(key)?.count ?? 0) });
  }

  get reports(): readonly Reported[] {
    return [...this.#reports.values()];
  }

  leftOut(): LeftOut[] {
    const found: LeftOut[] = [];
    for (const { edge, entered, left } of this.#passages.values()) {
      const remaining = new Map(left);
      for (const { key, item } of [...entered.values()].flat()) {
        const count = remaining.get(key) ?? 0;
        if (count > 0) remaining.set(key, count - 1);
        else found.push({ by: realId(edge.id), pipeline: edge.pipeline, item });
      }
    }
    return found;
  }

  #passageOf(edge: EdgeOptions): Passage {
    const key = `${edge.pipeline} ${edge.id}`;
    let passage = this.#passages.get(key);
    if (passage === undefined) {
      passage = { edge, entered: new Map(), left: new Map() };
      this.#passages.set(key, passage);
    }
    return passage;
  }

  /** A span by its ids; any other item by the body that it came in and its row there, which it keeps while it is selected and changed. */
  #keyOf(chunk: Chunk, row: number): string {
    if (chunk.signal === 'traces') {
      const { trace_id: traceId, span_id: spanId } = readItem(chunk, row).fields;
      return `${String(traceId)} ${String(spanId)}`;
    }
    const { body } = chunk.layout;
    const known = this.#bodies.get(body) ?? this.#bodies.size;
    this.#bodies.set(body, known);
    return `${known} ${row}`;
  }
}
