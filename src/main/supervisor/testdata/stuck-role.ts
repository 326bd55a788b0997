// A role for the supervisor's tests whose stop never ends: `stuck-role.ts LOG HOW`. It notes its pid in LOG.
import { appendFileSync } from 'node:fs';
import { runRole } from '../../role.ts';

const [log, how] = process.argv.slice(-2) as [string, string];

process.exitCode = await runRole(async () => {
  if (how === 'start') {
    appendFileSync(log, 'starting\n');
    await new Promise(() => undefined);
  }
  appendFileSync(log, `${process.pid}\n`);
  return {
    info: {},
    stop: async () => {
      appendFileSync(log, 'stopping\n');
      if (how === 'blocked') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      await new Promise(() => undefined);
    },
  };
}, {});
