import type { Stage } from '#lang/logql';

/** For how long a query may hold the thread before it lets others run. */
const TURN_MS = 15;
/** Lines between two looks at the clock. */
const CHEAP_LINES = 16;
/** What these do to one line may take as long as a turn. */
const DEAR: ReadonlySet<Stage['kind']> = new Set(['line_format', 'label_format']);

/** Turns of a query that looks at line after line. */
export class Turn {
  readonly #signal: AbortSignal | undefined;
  readonly #linesPerLook: number;
  #lines = 0;
  #startMs = performance.now();

  constructor(stages: readonly Stage[], signal: AbortSignal | undefined) {
    this.#signal = signal;
    this.#linesPerLook = stages.some(({ kind }) => DEAR.has(kind)) ? 1 : CHEAP_LINES;
  }

  /** To be asked after each line. */
  isOver(): boolean {
    if (++this.#lines < this.#linesPerLook) return false;
    this.#lines = 0;
    return performance.now() - this.#startMs >= TURN_MS;
  }

  /** Lets others run. Throws where the query is cancelled. */
  async rest(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#signal?.throwIfAborted();
    this.#startMs = performance.now();
  }
}
