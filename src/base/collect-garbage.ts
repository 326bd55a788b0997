import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let forceGc: (() => void) | undefined;

/** Frees what V8 can free; takes a few milliseconds for each 100 MB of heap. */
export function collectGarbage(): void {
  forceGc ??= (globalThis as { gc?: () => void }).gc ?? exposeGc();
  forceGc();
}

/** V8 gives `gc` to contexts made after the flag was set, so the process need not be started with it. */
function exposeGc(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
