import { Worker } from 'node:worker_threads';
import type { OttlOutcome, OttlPlayground } from '#api';
import type { OttlQuestion, OttlWordsResponse } from '#api/types.ts';
import { after, type Timer } from '#base';
import type { PlaygroundMessage } from './worker.ts';

/** What a statement may take, with the items it is tried on. */
const RUN_LIMIT_MS = 3000;
/** The thread's code has to be read first. */
const START_LIMIT_MS = 15_000;
const MEMORY_LIMIT_MB = 128;
/** A thread that nobody has asked for so long ends. */
const IDLE_MS = 60_000;

type Answer = OttlOutcome | OttlWordsResponse | undefined;

/**
 * Runs statements that people try in a thread of its own, with a limit on its time and memory: whatever they do, the server goes on. The
 * thread is there while somebody asks.
 */
export class ThreadedPlayground implements OttlPlayground {
  #worker: Worker | undefined;
  #isWarm = false;
  #idle: Timer | undefined;
  #lastId = 0;
  /** One question at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  async run(question: OttlQuestion): Promise<OttlOutcome> {
    const answer = await this.#inTurn((id) => ({ id, kind: 'run', question }));
    return (answer as OttlOutcome | 'over') === 'over'
      ? {
          error: `stopped after ${RUN_LIMIT_MS / 1000} s, or because it took more than ${MEMORY_LIMIT_MB} MB of memory`,
        }
      : (answer as OttlOutcome);
  }

  async words(context: string): Promise<OttlWordsResponse | undefined> {
    const answer = await this.#inTurn((id) => ({ id, kind: 'words', context }));
    return answer === 'over' ? undefined : (answer as OttlWordsResponse | undefined);
  }

  close(): void {
    this.#idle?.cancel();
    this.#isWarm = false;
    void this.#worker?.terminate();
    this.#worker = undefined;
  }

  #inTurn(message: (id: number) => PlaygroundMessage): Promise<Answer | 'over'> {
    const result = this.#turn.then(() => this.#ask(message(++this.#lastId)));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #ask(message: PlaygroundMessage): Promise<Answer | 'over'> {
    this.#idle?.cancel();
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((resolve) => {
      const end = (answer: Answer | 'over'): void => {
        limit.cancel();
        worker.off('message', onMessage);
        worker.off('exit', onExit);
        if (answer === 'over') this.close();
        else this.#idle = after(IDLE_MS, () => this.close());
        resolve(answer);
      };
      const onMessage = ({ id, answer }: { readonly id: number; readonly answer: Answer }): void => {
        this.#isWarm = true;
        if (id === message.id) end(answer);
      };
      const onExit = (): void => end('over');
      const limit = after(this.#isWarm ? RUN_LIMIT_MS : START_LIMIT_MS, () => end('over'), { keepsAlive: true });
      worker.on('message', onMessage);
      worker.on('exit', onExit);
      worker.postMessage(message);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_LIMIT_MB },
    });
    // The process does not live for it, and what ends it is told by its exit.
    worker.unref();
    worker.on('error', () => undefined);
    return worker;
  }
}
