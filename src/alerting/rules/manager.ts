import { ActiveGroup } from './active-group.ts';
import type { RuleContext } from './context.ts';
import type { GroupState } from './group-state.ts';
import { printFault, type RuleFile, type RuleGroup } from './rule.ts';

/** All groups of a server (rules/manager.go of Prometheus 3.16). */
export class RuleManager {
  readonly #context: RuleContext;
  #groups = new Map<string, ActiveGroup>();
  /** What a group was made of: one that says the same goes on untouched. */
  #definitions = new Map<string, string>();
  #isFirst = true;
  #isStarted = false;
  #isStopped = false;
  readonly #endTimers = new Set<() => void>();
  /** One after the other: another configuration, and other servers that come and go. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(context: RuleContext) {
    this.#context = context;
  }

  /** Sorted by file and name. */
  get groups(): readonly ActiveGroup[] {
    return Array.from(this.#groups.values()).sort(
      (a, b) => order(a.group.file, b.group.file) || order(a.group.name, b.group.name),
    );
  }

  /** Those that are evaluated here. */
  get ownGroups(): readonly ActiveGroup[] {
    return this.groups.filter(({ isOwn }) => isOwn);
  }

  start(): void {
    this.#isStarted = true;
    for (const group of this.#groups.values()) this.#start(group);
  }

  #start(group: ActiveGroup): void {
    if (this.#context.share?.mayBegin(group.key) !== false) group.start();
  }

  /** Stops the groups that belong to another server now. Gives the state of each. */
  yieldGroups(): Promise<readonly (readonly [key: string, state: GroupState])[]> {
    return this.#inTurn(async () => {
      const lost = this.ownGroups.filter(({ key }) => this.#context.share?.owns(key) === false);
      for (const group of lost) group.abort('another server goes on with the group');
      await Promise.all(lost.map((group) => group.stop()));
      return lost.flatMap((group) => {
        const { key, state } = group;
        const shown = new ActiveGroup(group.group, this.#context, true);
        if (state !== undefined) shown.show(state);
        this.#groups.set(key, shown);
        return state === undefined ? [] : [[key, state] as const];
      });
    });
  }

  /** Begins with the groups that belong to this server now, where another left off. */
  beginGroups(states: ReadonlyMap<string, GroupState>): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#isStarted || this.#isStopped) return;
      for (const group of this.#groups.values()) {
        if (group.isOwn || this.#context.share?.mayBegin(group.key) === false) continue;
        const state = states.get(group.key);
        if (state !== undefined) {
          group.show(state);
          group.resume();
        }
        group.start();
      }
    });
  }

  /** Shows what another server found in a group of its own. */
  show(key: string, state: GroupState): void {
    const group = this.#groups.get(key);
    if (group !== undefined && !group.isOwn) group.show(state);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(work);
    this.#changing = done.catch(() => undefined);
    return done;
  }

  /**
   * Takes another configuration. Groups that stay the same go on; of one with a fault, and of a file that can't be read, the one before
   * goes on; what is gone ends its series after two of its intervals, in which another rule may take them over.
   */
  update(files: readonly RuleFile[]): Promise<void> {
    return this.#inTurn(() => this.#update(files));
  }

  async #update(files: readonly RuleFile[]): Promise<void> {
    if (this.#isStopped) return;
    const next = new Map<string, ActiveGroup>();
    const definitions = new Map<string, string>();
    for (const group of files.flatMap(({ groups }) => groups)) {
      const active = new ActiveGroup(group, this.#context, this.#isFirst);
      next.set(active.key, active);
      definitions.set(active.key, definitionOf(group));
    }
    for (const fault of files.flatMap(({ faults }) => faults)) this.#context.log('error', printFault(fault));
    for (const [key, before] of this.#groups) {
      const isKept = definitions.get(key) === this.#definitions.get(key) || (!next.has(key) && isFaulty(before, files));
      if (!isKept) continue;
      next.set(key, before);
      definitions.set(key, this.#definitions.get(key)!);
    }
    const stopped = Array.from(this.#groups.values()).filter((group) => next.get(group.key) !== group);
    await Promise.all(stopped.map((group) => group.stop()));
    for (const before of stopped) {
      const after = next.get(before.key);
      if (after === undefined) this.#endLater(before);
      else after.takeOver(before);
    }
    const started = Array.from(next.values()).filter(
      (group) => !stopped.includes(group) && this.#groups.get(group.key) !== group,
    );
    this.#groups = next;
    this.#definitions = definitions;
    this.#isFirst = false;
    if (this.#isStarted) for (const group of started) this.#start(group);
  }

  /** Waits for the rules that are evaluated now. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const cancel of this.#endTimers) cancel();
    for (const group of this.#groups.values()) group.abort();
    await Promise.all(Array.from(this.#groups.values(), (group) => group.stop()));
  }

  #endLater(group: ActiveGroup): void {
    const stoppedMs = this.#context.clock.nowMs();
    const cancel = this.#context.clock.after(2 * group.intervalMs, () => {
      this.#endTimers.delete(cancel);
      void group.end(stoppedMs);
    });
    this.#endTimers.add(cancel);
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether a file that this group came from has a fault in it that may be why the group is not there. */
function isFaulty({ group }: ActiveGroup, files: readonly RuleFile[]): boolean {
  return files.some(({ faults }) =>
    faults.some((fault) => fault.file === group.file && (fault.group === undefined || fault.group === group.name)),
  );
}

/** All that a group says, but for where it stands. */
function definitionOf(group: RuleGroup): string {
  const rules = group.rules.map(({ line: _, expr: __, ...rule }) => rule);
  return JSON.stringify({ ...group, rules }, (_, value: unknown) => (value instanceof Map ? [...value] : value));
}
