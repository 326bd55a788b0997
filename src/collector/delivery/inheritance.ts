import type { Batch } from '#pdata';

/** What an exporter leaves to the one that follows it in a reload. Without an heir yet it waits. */
export class Estate {
  readonly #kept: { readonly batch: Batch; readonly endHold: () => void }[] = [];
  #itemCount = 0;
  #heir: ((batch: Batch) => void) | undefined;
  #onEmpty: () => void = () => undefined;

  /** Of what waits for an heir. */
  get itemCount(): number {
    return this.#itemCount;
  }

  leave(batch: Batch): void {
    if (this.#heir !== undefined) this.#heir(batch);
    else {
      this.#kept.push({ batch, endHold: batch.hold() });
      this.#itemCount += batch.itemCount;
    }
  }

  /** Calls `done` when nothing waits. */
  whenEmpty(done: () => void): void {
    this.#onEmpty = done;
    if (this.#kept.length === 0) done();
  }

  /** From now on `heir` gets what is left, at once. */
  passTo(heir: (batch: Batch) => void): void {
    this.#heir = heir;
    this.#itemCount = 0;
    for (const { batch, endHold } of this.#kept.splice(0)) {
      heir(batch);
      endHold();
    }
    this.#onEmpty();
  }
}

/** An exporter that a reload has stopped and that still has attempts under way. */
export interface Predecessor {
  /** Resolves when it leaves nothing more. */
  readonly left: Promise<void>;
  /** Makes it leave everything now. */
  abandon(): void;
}

/** What an exporter takes over from those before it. */
export class Inheritance {
  readonly #before = new Set<Predecessor>();
  #openSends = 0;
  #sends: Promise<void> = Promise.resolve();

  get isSettled(): boolean {
    return this.#before.size === 0 && this.#openSends === 0;
  }

  expectFrom(before: Predecessor): void {
    this.#before.add(before);
    void before.left.then(() => this.#before.delete(before));
  }

  /** One after the other, for exporters that have no queue (any more). `send` throws nothing. */
  send(send: () => Promise<void>): void {
    this.#openSends++;
    this.#sends = this.#sends.then(send).finally(() => this.#openSends--);
  }

  /** Resolves when nothing more comes and what came was sent. */
  async settled(): Promise<void> {
    await Promise.all([...this.#before].map((before) => before.left));
    await this.#sends;
  }

  abandon(): void {
    for (const before of this.#before) before.abandon();
  }
}
