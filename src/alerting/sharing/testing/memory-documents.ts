import type { Clock } from '#base';
import { type DocumentChange, FencedError, MEMBERS_KIND, type NewDocument, type StoreDocument } from '#store';
import type { SharedDocuments } from '../documents.ts';

/** A store in memory that all servers of a test share. */
export class MemorySharedDocuments implements SharedDocuments {
  readonly #clock: Clock;
  readonly #rows: DocumentChange[] = [];
  #lastVersion = 0;
  isAway = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async list(kind: string): Promise<readonly StoreDocument[]> {
    await this.#reach();
    return this.#last(kind).filter(({ body }) => body !== undefined);
  }

  async last(kind: string): Promise<StoreDocument | undefined> {
    return (await this.list(kind)).toSorted((a, b) => (a.key < b.key ? -1 : 1)).at(-1);
  }

  async putAll(kind: string, documents: readonly NewDocument[], member?: string): Promise<void> {
    await this.#reach();
    if (member !== undefined) {
      const { members } = ((await this.last(MEMBERS_KIND))?.body ?? { members: [] }) as { members: string[] };
      if (!members.includes(member)) throw new FencedError('no member');
    }
    for (const { key, body } of documents) this.#put(kind, key, body);
  }

  async claim(kind: string, key: string, body: object): Promise<boolean> {
    await this.#reach();
    if (this.#rows.some((row) => row.kind === kind && row.key === key)) return false;
    this.#put(kind, key, body);
    return true;
  }

  async changedSince(kinds: readonly string[], version: number): Promise<readonly DocumentChange[]> {
    await this.#reach();
    return kinds.flatMap((kind) => this.#last(kind)).filter((row) => row.version > version);
  }

  #put(kind: string, key: string, body: object | undefined): void {
    this.#lastVersion = Math.max(this.#lastVersion + 1, this.#clock.nowMs() * 1000);
    const copy = body === undefined ? undefined : (JSON.parse(JSON.stringify(body)) as unknown);
    this.#rows.push({ kind, key, version: this.#lastVersion, body: copy });
  }

  #last(kind: string): DocumentChange[] {
    const last = new Map<string, DocumentChange>();
    for (const row of this.#rows) if (row.kind === kind) last.set(row.key, row);
    return [...last.values()];
  }

  async #reach(): Promise<void> {
    await Promise.resolve();
    if (this.isAway) throw new Error('the store is away');
  }
}
