import { reportTimerFailuresTo } from '#base';

/** Of so many different failures the repetitions are counted, of all others together. */
const KNOWN_LIMIT = 100;

/** Says failures that nobody waits for: the first, the tenth, the hundredth … of each, so that one that comes every second fills no disk. */
export class FailureReport {
  readonly #say: (line: string) => void;
  readonly #counts = new Map<string, number>();

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  tell(what: string, error: unknown): void {
    // Whoever read our output is gone: there is nothing to tell, and nobody.
    if ((error as { code?: string } | undefined)?.code === 'EPIPE') return;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const own = `${what} ${text.slice(0, 300)}`;
    const key = this.#counts.has(own) || this.#counts.size < KNOWN_LIMIT ? own : 'others';
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (!/^10*$/.test(String(count))) return;
    this.#say(`signalbox: ${what}${count === 1 ? '' : ` (${count} times)`}: ${text}`);
  }
}

/**
 * A promise that nobody waits for, a throw in a timer: a mistake of ours, or of the machine's, in one place. It is said in full, but no reason
 * to end everything else.
 */
export function surviveTimersAndRejections(report: FailureReport): void {
  reportTimerFailuresTo((error) => report.tell('a timer failed', error));
  process.on('unhandledRejection', (reason) => report.tell('unhandled rejection', reason));
}

/** The same for callbacks of sockets and files, where nothing but the process stands above them. Once a role runs: a start must fail. */
export function surviveCallbacks(report: FailureReport): void {
  process.on('uncaughtException', (error) => report.tell('uncaught exception', error));
}
