/** Requests under way are short-lived objects: with more room fewer of them are copied. Grows only under load. */
export const ROOMY_YOUNG_HEAP = '--max-semi-space-size=32';

/** What is looked at and used of a process; tests bring their own. */
export interface Replaceable {
  readonly execPath: string;
  readonly execArgv: readonly string[];
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Absent on Windows. */
  readonly execve?: typeof process.execve | undefined;
}

/**
 * Starts the program anew in the same process with a roomy young heap, which V8 takes at its start alone; returns where it has been given
 * one, by whomever, or where the system can't do it.
 */
export function withRoomyYoungHeap({ execPath, execArgv, argv, env, execve }: Replaceable): void {
  const given = [...execArgv, env.NODE_OPTIONS ?? ''].join(' ');
  if (execve === undefined || /max[-_]semi[-_]space[-_]size/.test(given)) return;
  execve(execPath, [execPath, ...execArgv, ROOMY_YOUNG_HEAP, ...argv.slice(1)], env);
}
