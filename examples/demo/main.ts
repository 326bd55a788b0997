import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { OptionError, parseOptions, USAGE } from './options.ts';
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

/** A Ctrl-C can reach a process twice, from the terminal and from its parent: closer together than this they are one. */
const SAME_SIGNAL_MS = 500;

/** Resolves at the first SIGINT or SIGTERM, or when the time is over. A second signal ends the process at once. */
function whenAsked(durationSeconds: number): Promise<void> {
  let askedMs: number | undefined;
  return new Promise((resolve) => {
    const ask = (): void => {
      if (askedMs !== undefined && Date.now() - askedMs > SAME_SIGNAL_MS) process.exit(130);
      askedMs ??= Date.now();
      resolve();
    };
    process.on('SIGINT', ask).on('SIGTERM', ask);
    if (durationSeconds > 0) setTimeout(resolve, durationSeconds * 1000);
  });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`Shop: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(error instanceof OptionError ? 2 : 1);
  },
);
