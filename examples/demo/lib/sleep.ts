import { setTimeout as wait } from 'node:timers/promises';

/** Work that takes time elsewhere (a database, a provider): waits without using the processor. */
export async function sleep(milliseconds: number): Promise<void> {
  await wait(Math.max(0, milliseconds));
}
