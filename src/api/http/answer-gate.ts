/**
 * Answers are made some at a time, those that may be large a few at a time: each is in memory as the store's rows, as objects, as text and
 * compressed, and a slow client keeps its text there. Others wait in line.
 */
import { after } from '#base';
import { QueryError } from '#query';

const MAX_WAITING = 50;
const MAX_WAIT_MS = 20_000;
/** How long a client may take its answer before the next one is made beside it. */
const MAX_HELD_MS = 30_000;

/** What an answer goes to: a response, or a call. */
export interface Leaving {
  readonly closed: boolean;
  readonly destroyed: boolean;
  once(event: 'close', left: () => void): unknown;
}

export class AnswerGate {
  #free: number;
  readonly #api: string;
  readonly #waiting = new Set<() => void>();

  /** `count`: how many answers may be in the making; `api`: whose. */
  constructor(count: number, api: string) {
    this.#free = count;
    this.#api = api;
  }

  /** Resolves when it is this answer's turn; the place is given back when `answer` was sent. Throws QueryError where the wait is too long. */
  async enter(answer: Leaving): Promise<void> {
    if (this.#free > 0) this.#free--;
    else if (this.#waiting.size >= MAX_WAITING || !(await this.#turn())) {
      const hint = 'try again in a moment';
      throw new QueryError('store_unavailable', `too many answers of the API ${this.#api} are asked for`, { hint });
    }
    if (answer.closed || answer.destroyed) {
      this.#leave();
      return;
    }
    let hasLeft = false;
    const leave = (): void => {
      timer.cancel();
      if (!hasLeft) this.#leave();
      hasLeft = true;
    };
    const timer = after(MAX_HELD_MS, leave);
    answer.once('close', leave);
  }

  /** Whether the turn came in time. */
  #turn(): Promise<boolean> {
    return new Promise((resolve) => {
      const give = (): void => {
        timer.cancel();
        resolve(true);
      };
      const timer = after(MAX_WAIT_MS, () => {
        this.#waiting.delete(give);
        resolve(false);
      });
      this.#waiting.add(give);
    });
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
