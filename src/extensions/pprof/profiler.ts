import { Session } from 'node:inspector/promises';

/** How long one request may watch, and what it does by default, in seconds. */
const SECONDS_MAX = 120;
const SECONDS = { profile: 30, heap: 5 } as const;

export type ProfileKind = keyof typeof SECONDS;

/** One profile at a time: each costs some of the CPU that it measures. */
export class Profiler {
  readonly #wait: (ms: number) => Promise<void>;
  #isBusy = false;
  #whole: Session | undefined;

  /** `wait` ends early when nobody wants the profile any more. */
  constructor(wait: (ms: number) => Promise<void>) {
    this.#wait = wait;
  }

  /** The profile as V8 writes it, as JSON; undefined while another is made. */
  async take(kind: ProfileKind, secondsText: string): Promise<string | undefined> {
    if (this.#isBusy) return undefined;
    this.#isBusy = true;
    const session = new Session();
    session.connect();
    try {
      const asked = /^\d{1,6}$/.test(secondsText) ? Number(secondsText) : SECONDS[kind];
      const waitMs = Math.min(SECONDS_MAX, asked) * 1000;
      return await (kind === 'profile' ? this.#cpu(session, waitMs) : this.#heap(session, waitMs));
    } finally {
      session.disconnect();
      this.#isBusy = false;
    }
  }

  async #cpu(session: Session, waitMs: number): Promise<string> {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    await this.#wait(waitMs);
    return JSON.stringify((await session.post('Profiler.stop')).profile);
  }

  async #heap(session: Session, waitMs: number): Promise<string> {
    await session.post('HeapProfiler.startSampling');
    await this.#wait(waitMs);
    return JSON.stringify((await session.post('HeapProfiler.stopSampling')).profile);
  }

  /** Begins a CPU profile of the whole run. */
  async startWhole(): Promise<void> {
    this.#whole = new Session();
    this.#whole.connect();
    await this.#whole.post('Profiler.enable');
    await this.#whole.post('Profiler.start');
  }

  /** Undefined where none was begun. */
  async stopWhole(): Promise<string | undefined> {
    const session = this.#whole;
    this.#whole = undefined;
    if (session === undefined) return undefined;
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    return JSON.stringify(profile);
  }
}
