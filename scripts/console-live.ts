import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually, startSignalbox } from '../test/lib/signalbox.ts';

/**
 * The console's checks against a whole Signalbox with the demo shop's live traffic: starts both on free ports, waits until there is
 * something to see, runs ui/test/console.e2e.ts, and stops everything. The shop's traffic goes on to the end, as what is looked at last
 * asks for the last minutes too, but more slowly. Ends with its `N passed, N failed` and exit code.
 */

const BUSY_SECONDS = 300;
/** Enough for every page: some hundred requests, failed and slow ones among them. */
const SPANS_WANTED = 3000;

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const box = await startSignalbox();
function startShop(...args: readonly string[]): ChildProcess {
  const argv = [path('../examples/demo/main.ts'), '--endpoint', box.otlpUrl, ...args];
  return spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
}
let shop = startShop('--rate', '20', '--duration', String(BUSY_SECONDS));
shop.once('exit', (code) => {
  if (code === 0) shop = startShop('--rate', '2');
});
try {
  await eventually(
    `${SPANS_WANTED} spans in the store`,
    async () => Number(await box.query('SELECT count() FROM signalbox.spans')) >= SPANS_WANTED,
    120_000,
  );
  const checks = spawn(process.execPath, [path('../ui/test/console.e2e.ts'), box.consoleUrl], { stdio: 'inherit' });
  const [code] = (await once(checks, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
} catch (error) {
  console.error(error);
  console.error(box.output());
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
} finally {
  shop.kill('SIGTERM');
  await box.stop();
}
