import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { parseOptions, USAGE } from './options.ts';
import { openShop } from './shop.ts';

/** Once for the whole process: contexts follow async calls, and traces travel in W3C headers. */
new NodeTracerProvider().register();

const say = (line: string): void => console.log(line);

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options === undefined) return say(USAGE);
  const closing = whenAsked(options.durationSeconds);
  const shop = await openShop(options, say);
  say(`Shop: open, ${options.ratePerSecond} requests a second, telling ${options.endpoint} about it`);
  await closing;
  say('Shop: closing');
  await shop.close();
}

/** Resolves at the first SIGINT or SIGTERM, or when the time is over. A second signal ends the process at once. */
function whenAsked(durationSeconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = durationSeconds > 0 ? setTimeout(done, durationSeconds * 1000) : undefined;
    function done(): void {
      clearTimeout(timer);
      process.off('SIGINT', done);
      process.off('SIGTERM', done);
      resolve();
    }
    process.on('SIGINT', done);
    process.on('SIGTERM', done);
  });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`Shop: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
