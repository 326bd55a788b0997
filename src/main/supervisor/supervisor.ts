import { sleep } from '#base';
import { Child, RoleFailure } from './child.ts';

export interface RoleOptions {
  readonly role: string;
  readonly args: readonly string[];
  readonly execArgv?: readonly string[];
  readonly entry?: string;
  /** On top of the common environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface SupervisorOptions {
  /** In the order in which they stop; all start at once. */
  readonly roles: readonly RoleOptions[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How long the other roles get to report their own reason when one can't start. Default 300 ms. */
  readonly otherFailuresMs?: number;
  say(line: string): void;
}

export type RoleInfo = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** Often the reason of another role is the better one. */
const OTHER_FAILURES_MS = 300;
const STOP_DEADLINE_MS = 15_000;
/** What has hardly started has little to hand on, and may wait in vain for the one that can't start. */
const FAILED_START_DEADLINE_MS = 700;

/** The processes of `up`: starts them together, starts them again when they die, stops them in order. */
export class Supervisor {
  readonly #children: readonly Child[];
  readonly #otherFailuresMs: number;
  readonly #restarts: Record<string, number>;

  constructor(options: SupervisorOptions) {
    const { env, say } = options;
    this.#otherFailuresMs = options.otherFailuresMs ?? OTHER_FAILURES_MS;
    this.#children = options.roles.map(
      (role) =>
        new Child({
          execArgv: [],
          ...role,
          env: { ...env, ...role.env },
          say,
          onRestarted: () => {
            this.#restarts[role.role]!++;
            this.#tellRestarts();
          },
        }),
    );
    this.#restarts = Object.fromEntries(options.roles.map(({ role }) => [role, 0]));
  }

  /** Resolves when all are ready. Rejects with every failure after stopping what had started. */
  async start(): Promise<RoleInfo> {
    const failures = new Map<Child, readonly string[]>();
    const starts = this.#children.map(async (child) => {
      try {
        return [child.role, await child.start()] as const;
      } catch (error) {
        failures.set(child, error instanceof RoleFailure ? error.lines : [String(error)]);
        throw error;
      }
    });
    const all = Promise.all(starts);
    try {
      const info = new Map(await all);
      this.#tellRestarts();
      return info;
    } catch {
      const patience = sleep(this.#otherFailuresMs);
      await Promise.race([Promise.allSettled(starts), patience]);
      await Promise.all(this.#children.map((child) => child.stop(FAILED_START_DEADLINE_MS, 'quietly')));
      // The last to stop is what the others stand on: its reason comes first.
      throw new RoleFailure(this.#children.toReversed().flatMap((child) => failures.get(child) ?? []));
    }
  }

  /** The collector keeps the own metrics. One that was itself started again hears the totals, too. */
  #tellRestarts(): void {
    const collector = this.#children.find(({ role }) => role === 'collector');
    collector?.tell({ type: 'restarts', counts: { ...this.#restarts } });
  }

  /** One after the other: the collector hands its data on while the store still runs. The deadline is each one's own. */
  async stop(deadlineMs: number = STOP_DEADLINE_MS): Promise<void> {
    for (const child of this.#children) await child.stop(deadlineMs);
  }

  kill(): void {
    for (const child of this.#children) child.signal('SIGKILL');
  }

  signal(role: string, signal: NodeJS.Signals): void {
    this.#children.find((child) => child.role === role)?.signal(signal);
  }

  pids(): Readonly<Record<string, number | undefined>> {
    return Object.fromEntries(this.#children.map((child) => [child.role, child.pid]));
  }
}
