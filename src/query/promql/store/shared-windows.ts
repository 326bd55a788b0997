import { sleep, unlessAborted } from '#base';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';

/** Younger answers count as new, as those of the series' catalogue do. */
const FRESH_MS = 1_000;
/** The panels of a dashboard ask within this time. */
const WAIT_MS = 25;

interface Running<Answer> {
  readonly sinceMs: number;
  readonly answer: Promise<Answer>;
  readonly end: AbortController;
  users: number;
}

interface Askers {
  all: number;
  waiting: number;
}

export interface SharedWindowsOptions {
  /** Milliseconds that only grow. */
  readonly nowMs?: () => number;
}

/**
 * What several queries of one moment read of the store, such as those of a dashboard's panels, is read once: series by series, which each of them
 * groups itself. Nothing is kept beyond the reading.
 */
export class SharedWindows<Answer> {
  readonly #nowMs: () => number;
  readonly #running = new Map<string, Running<Answer>>();
  /** Of groups, by what they are made of. */
  readonly #askers = new Map<string, Askers>();

  constructor({ nowMs }: SharedWindowsOptions = {}) {
    this.#nowMs = nowMs ?? (() => performance.now());
  }

  /** Whether others read it too; waits a short while for them. */
  async isWanted(key: string): Promise<boolean> {
    if (this.#fresh(key) !== undefined) return true;
    const askers = this.#askers.get(key) ?? { all: 0, waiting: 0 };
    this.#askers.set(key, askers);
    askers.all++;
    askers.waiting++;
    await sleep(WAIT_MS);
    if (--askers.waiting === 0) this.#askers.delete(key);
    return askers.all > 1 || this.#fresh(key) !== undefined;
  }

  /** Ends when all who want it have gone. */
  async read(key: string, options: ReadOptions, read: (options: ReadOptions) => Promise<Answer>): Promise<Answer> {
    const { signal } = options;
    signal?.throwIfAborted();
    const running = this.#fresh(key) ?? this.#begin(key, options, read);
    running.users++;
    try {
      return await unlessAborted(running.answer, signal);
    } finally {
      if (--running.users === 0) this.#end(key, running);
    }
  }

  #fresh(key: string): Running<Answer> | undefined {
    const running = this.#running.get(key);
    return running !== undefined && this.#nowMs() - running.sinceMs < FRESH_MS ? running : undefined;
  }

  #begin(key: string, options: ReadOptions, read: (options: ReadOptions) => Promise<Answer>): Running<Answer> {
    const end = new AbortController();
    const answer = read({ ...options, signal: end.signal });
    const running: Running<Answer> = { sinceMs: this.#nowMs(), answer, end, users: 0 };
    this.#running.set(key, running);
    return running;
  }

  #end(key: string, running: Running<Answer>): void {
    running.end.abort();
    running.answer.catch(() => undefined);
    if (this.#running.get(key) === running) this.#running.delete(key);
  }
}

const SHARED = new WeakMap<object, SharedWindows<unknown>>();

/** That of a reader's store; none where nothing is to be kept of it. All who ask it under one key get an answer of one type. */
export function sharedWindows<Answer>(reader: StoreReader): SharedWindows<Answer> | undefined {
  if (!reader.keepsSeries) return undefined;
  let shared = SHARED.get(reader.store);
  if (shared === undefined) {
    shared = new SharedWindows();
    SHARED.set(reader.store, shared);
  }
  return shared as SharedWindows<Answer>;
}
