import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Batch } from '#pdata';
import { type MetricSink, type StoreEndpoint, StoreSink } from '#store';

/** What a process before this one left may take so long to be stored. */
const LEFTOVERS_MS = 3000;
const CLOSE_MS = 5000;

export interface MemberSinkOptions {
  readonly endpoint: StoreEndpoint;
  /** Has a spool in it for each token that this server had. */
  readonly dir: string;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

/**
 * Puts what rules record into the store, as the member of the servers that this one is: the store takes it only while it is one, also where it waited in the
 * spool meanwhile.
 */
export class MemberSink implements Pick<MetricSink, 'write'> {
  readonly #options: MemberSinkOptions;
  #sink: StoreSink | undefined = undefined;
  #member: string | undefined = undefined;

  constructor(options: MemberSinkOptions) {
    this.#options = options;
  }

  /** Stores what a process before this one left, as long as nobody has taken over its rules. The store must answer. */
  async deliverLeftovers(): Promise<void> {
    const left = membersIn(this.#options.dir);
    await Promise.all(
      left.map(async (member) => {
        const sink = this.#made(member);
        if (await sink.start()) await this.#end(sink, member, LEFTOVERS_MS);
      }),
    );
  }

  /** From now on it is another member. */
  async rename(member: string): Promise<void> {
    const [before, name] = [this.#sink, this.#member];
    this.#sink = this.#made(member);
    this.#member = member;
    if (before !== undefined) await this.#end(before, name!, CLOSE_MS);
  }

  async write(batch: Batch): Promise<void> {
    if (this.#sink === undefined) throw new Error('this server is not one of those that evaluate rules yet');
    await this.#sink.write(batch);
  }

  async close(): Promise<void> {
    if (this.#sink !== undefined) await this.#end(this.#sink, this.#member!, CLOSE_MS);
  }

  #made(member: string): StoreSink {
    const { endpoint, dir, log } = this.#options;
    return new StoreSink({ endpoint, dir: join(dir, member), member, log });
  }

  /** Removes the spool, too, where nothing is left in it. */
  async #end(sink: StoreSink, member: string, deadlineMs: number): Promise<void> {
    await sink.close(deadlineMs);
    const { accepted, stored, rejected, lost } = sink.counts;
    const dir = join(this.#options.dir, member);
    if (accepted > stored + rejected + lost || hasSegments(dir)) return;
    rmSync(dir, { recursive: true, force: true });
  }
}

function membersIn(dir: string): readonly string[] {
  return namesIn(dir).filter((name) => /^[0-9a-f]+$/.test(name));
}

/** Some that wait, or that were set aside. */
function hasSegments(dir: string): boolean {
  return [...namesIn(dir), ...namesIn(join(dir, 'rejected'))].some((name) => name.endsWith('.seg'));
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
