import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { after, messageOf, type Timer } from '#base';
import type { RoleMessage, SupervisorMessage } from '../role.ts';

const CLI = fileURLToPath(new URL('../cli.ts', import.meta.url));
const FIRST_BACKOFF_MS = 100;
const BACKOFF_LIMIT_MS = 1000;
/** After so many failed starts in a row it is no accident: there is less hurry. */
const PATIENT_AFTER_FAILURES = 20;
const PATIENT_BACKOFF_MS = 10_000;
/** A process that ran so long has recovered: its next death starts from the shortest wait. */
const RECOVERED_AFTER_MS = 30_000;

export interface ChildOptions {
  readonly role: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Flags for Node itself. */
  readonly execArgv: readonly string[];
  /** The program; default: this one. */
  readonly entry?: string;
  say(line: string): void;
  /** The process is there again after it died. */
  onRestarted(): void;
}

/** One role as a process that is started again when it dies. */
export class Child {
  readonly #options: ChildOptions;
  #process: ChildProcess | undefined;
  #isStopping = false;
  #failures = 0;
  #restartTimer: Timer | undefined;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  get role(): string {
    return this.#options.role;
  }
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Resolves to what the role says of itself when it is ready. Rejects with the lines of its failure if it can't start. */
  start(): Promise<Readonly<Record<string, string>>> {
    return new Promise((resolve, reject) => {
      this.#spawn(
        (info) => {
          this.#failures = 0;
          resolve(info);
        },
        (lines) => reject(new RoleFailure(lines)),
      );
    });
  }

  /** Asks the process to end and waits; kills it at the deadline, and says so. */
  async stop(deadlineMs: number, quietly?: 'quietly'): Promise<void> {
    this.#isStopping = true;
    this.#restartTimer?.cancel();
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const message: SupervisorMessage = { type: 'stop' };
    // A channel that is closed already means that the process is on its way out.
    if (child.connected) child.send(message, () => undefined);
    const kill = (): void => {
      if (quietly === undefined)
        this.#options.say(`the ${this.role} did not stop within ${deadlineMs / 1000} s and is killed`);
      child.kill('SIGKILL');
    };
    const timer = after(deadlineMs, kill, { keepsAlive: true });
    await exited;
    timer.cancel();
  }

  /** Says something to the process, if it is there to hear it. */
  tell(message: SupervisorMessage): void {
    if (this.#process?.connected) this.#process.send(message, () => undefined);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  #spawn(
    onReady: (info: Readonly<Record<string, string>>) => void,
    onFailed: (lines: readonly string[]) => void,
  ): void {
    const { role, args, env, execArgv } = this.#options;
    const startedMs = performance.now();
    const child = fork(this.#options.entry ?? CLI, [role, ...args], {
      env,
      execArgv: [...execArgv],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // A signal for the whole group of processes reaches the supervisor alone, which stops the roles in order.
      detached: true,
    });
    this.#process = child;
    let isReady = false;
    let failure: readonly string[] | undefined;
    child.on('message', (message: RoleMessage) => {
      if (message.type === 'failed') failure = message.lines;
      else {
        isReady = true;
        onReady(message.info);
      }
    });
    child.on('error', (error) => {
      failure = [`cannot start the ${role}: ${error.message}`];
    });
    child.on('exit', (code, signal) => {
      if (this.#isStopping) return;
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      if (!isReady) {
        onFailed(failure ?? [`the ${role} ended ${how} before it was ready`]);
        return;
      }
      if (performance.now() - startedMs > RECOVERED_AFTER_MS) this.#failures = 0;
      this.#options.say(`the ${role} ended ${how}, starting it again`);
      this.#restart();
    });
  }

  #restart(): void {
    const patient = this.#failures >= PATIENT_AFTER_FAILURES;
    const delayMs = patient ? PATIENT_BACKOFF_MS : Math.min(FIRST_BACKOFF_MS * 2 ** this.#failures, BACKOFF_LIMIT_MS);
    this.#failures++;
    this.#restartTimer = after(delayMs, () => this.#spawnAgain(), { keepsAlive: true });
  }

  #spawnAgain(): void {
    const failed = (lines: readonly string[]): void => {
      this.#options.say(`the ${this.role} cannot start: ${lines.join(' ').trim()}`);
      this.#restart();
    };
    const isBack = (): void => {
      this.#options.say(`the ${this.role} is back`);
      this.#options.onRestarted();
    };
    try {
      this.#spawn(isBack, failed);
    } catch (error) {
      // No process or no descriptor is free for now.
      failed([messageOf(error)]);
    }
  }
}

/** A role that could not start; `lines` are ready to be printed. */
export class RoleFailure extends Error {
  override name = 'RoleFailure';
  readonly lines: readonly string[];
  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}
