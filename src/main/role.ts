import { flushCompileCache } from 'node:module';
import { every } from '#base';
import { endWithParent } from '#base/parent-watch.ts';
import { descriptorWarning } from './descriptor-limit.ts';
import { describeFailure } from './failure.ts';
import { type FlagAddresses, withFlagHint } from './port-hint.ts';
import { FailureReport, surviveCallbacks, surviveTimersAndRejections } from './report-failures.ts';

/** What a role tells the supervisor that started it. */
export type RoleMessage =
  | { readonly type: 'ready'; readonly info: Readonly<Record<string, string>> }
  | { readonly type: 'failed'; readonly lines: readonly string[] };

/** What the supervisor tells a role. */
export type SupervisorMessage =
  | { readonly type: 'stop' }
  /** To the collector, which keeps the own metrics: how often each role was started again since the supervisor started. */
  | { readonly type: 'restarts'; readonly counts: Readonly<Record<string, number>> };

export interface RunningRole {
  /** Shown by the supervisor, or printed where the role runs alone. */
  readonly info: Readonly<Record<string, string>>;
  stop(): Promise<void>;
  /** At SIGHUP. */
  reload?(): Promise<unknown>;
  /** At the supervisor's word, with the totals so far. */
  restarted?(counts: Readonly<Record<string, number>>): void;
  /** Resolves, with the reason, if the role can't go on. */
  readonly failed?: Promise<string>;
}

const KEEP_ALIVE_MS = 60_000;

/**
 * Runs a role until it is asked to stop. Resolves to the exit code.
 */
export async function runRole(start: () => Promise<RunningRole>, addresses: FlagAddresses): Promise<number> {
  const supervised = process.send !== undefined;
  // Clock timers keep no process alive, and a shutdown may wait for nothing else: this one keeps it until the end.
  const keepAlive = every(KEEP_ALIVE_MS, () => undefined, { keepsAlive: true });
  const stopAsked = whenAskedToStop(supervised);
  const report = new FailureReport((line) => void process.stderr.write(`${line}\n`));
  surviveTimersAndRejections(report);
  // Under a supervisor it has said so.
  const warning = supervised ? undefined : descriptorWarning();
  if (warning !== undefined) process.stderr.write(`signalbox: ${warning}\n`);
  let role: RunningRole;
  try {
    role = await start();
  } catch (thrown) {
    const error = withFlagHint(thrown, addresses);
    if (!supervised) throw error;
    await tell({ type: 'failed', lines: describeFailure(error) });
    return 1;
  }
  surviveCallbacks(report);
  process.on('SIGHUP', () => void role.reload?.());
  process.on('message', (message: SupervisorMessage) => {
    if (message.type === 'restarts') role.restarted?.(message.counts);
  });
  if (supervised) await tell({ type: 'ready', info: role.info });
  // Now, because a process that is killed writes nothing: the next start finds its code parsed.
  flushCompileCache();
  const failure = await Promise.race([
    stopAsked.then(() => undefined),
    role.failed ?? new Promise<never>(() => undefined),
  ]);
  await role.stop();
  keepAlive.cancel();
  if (failure === undefined) return 0;
  process.stderr.write(`signalbox: ${failure}\n`);
  return 1;
}

/**
 * Alone: SIGTERM or SIGINT. Under a supervisor: its word, or its end. Terminals and service managers send signals to all processes at once,
 * and the order of stopping is the supervisor's.
 */
function whenAskedToStop(supervised: boolean): Promise<void> {
  return new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (!supervised) resolve();
      });
    }
    process.on('disconnect', () => {
      endWithParent('gone');
      resolve();
    });
    process.on('message', (message: SupervisorMessage) => {
      if (message.type !== 'stop') return;
      endWithParent('there');
      resolve();
    });
  });
}

/** Resolves when the message has left; a supervisor that is gone is no error. */
function tell(message: RoleMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}
