/**
 * The engine as a process: `node engine-process.ts --data DIR [--port N] [--host H] [--memory BYTES]`. Prints one line of
 * JSON when it is ready, and one with `error` when it can't start. SIGTERM and SIGINT close it; with `--with-parent` the
 * end of its input does so too, so that it does not outlive the process that started it.
 */
import { parseArgs } from 'node:util';
import { messageOf, StartError } from '#base';
import { endWithParent } from '#base/parent-watch.ts';
import { startEngine } from './index.ts';

process.umask(0o077);
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: process.env.SIGNALBOX_DATA ?? 'signalbox-data' },
    host: { type: 'string', default: process.env.SIGNALBOX_ENGINE_HOST ?? '127.0.0.1' },
    port: { type: 'string', default: process.env.SIGNALBOX_ENGINE_PORT ?? '4380' },
    memory: { type: 'string' },
    'inline-bytes': { type: 'string' },
    'read-lanes': { type: 'string' },
    'max-waiting': { type: 'string' },
    'with-parent': { type: 'boolean', default: false },
  },
});

function number(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

try {
  const memoryLimitBytes = number(values.memory);
  const inlineBodyBytes = number(values['inline-bytes']);
  const readLanes = number(values['read-lanes']);
  const maxWaiting = number(values['max-waiting']);
  const engine = await startEngine({
    dataDir: values.data,
    host: values.host,
    port: Number(values.port),
    ...(memoryLimitBytes !== undefined && { memoryLimitBytes }),
    ...(inlineBodyBytes !== undefined && { inlineBodyBytes }),
    ...(readLanes !== undefined && { readLanes }),
    ...(maxWaiting !== undefined && { maxWaiting }),
    log: (level, message) => process.stderr.write(`${level}: ${message}\n`),
  });
  const close = (): void => {
    engine.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`engine: ${messageOf(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', close);
  process.on('SIGINT', close);
  if (values['with-parent']) {
    const orphaned = (): void => {
      endWithParent('gone');
      close();
    };
    process.stdin.on('close', orphaned).on('error', orphaned).resume();
  }
  process.stdout.write(
    `${JSON.stringify({ ready: true, address: engine.address, port: engine.port, pid: process.pid })}\n`,
  );
} catch (error) {
  const hint = error instanceof StartError ? error.hint : undefined;
  process.stdout.write(`${JSON.stringify({ ready: false, error: messageOf(error), hint })}\n`);
  process.exitCode = 1;
}
