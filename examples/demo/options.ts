import { parseArgs } from 'node:util';

/** What the command line and the environment ask for. */
export interface DemoOptions {
  /** Base address of an OTLP/HTTP receiver, without a trailing slash. */
  readonly endpoint: string;
  /** Mean arrivals at the gateway, in requests a second. */
  readonly ratePerSecond: number;
  /** How long to run; 0 means until a signal. */
  readonly durationSeconds: number;
  /** Starts the random choices: the same seed makes the same customers buy the same things. */
  readonly seed: number;
}

export const USAGE = `The demo shop: live traffic from five services over OTLP/HTTP.

  --endpoint URL    where to send (OTEL_EXPORTER_OTLP_ENDPOINT, default http://127.0.0.1:4318)
  --rate N          requests a second at the gateway (default 8)
  --duration N      stop after N seconds (default 0: run until Ctrl-C)
  --seed N          start of the random choices (default 1)
  --help, -h        show this text`;

/** The command line is wrong: ends with exit code 2. */
export class OptionError extends Error {
  override name = 'OptionError';
}

/**
 * Reads the options of the demo, or `undefined` when the user asked for help.
 *
 * @throws OptionError that names the option when a value is not a usable number or address.
 */
export function parseOptions(args: string[], environment: NodeJS.ProcessEnv): DemoOptions | undefined {
  const values = readArguments(args);
  if (values.help) return undefined;
  const endpoint = values.endpoint ?? environment.OTEL_EXPORTER_OTLP_ENDPOINT ?? 'http://127.0.0.1:4318';
  if (!/^https?:\/\/./.test(endpoint)) {
    throw new OptionError(`--endpoint: must start with http:// or https://, got "${endpoint}"`);
  }
  return {
    endpoint: endpoint.replace(/\/+$/, ''),
    ratePerSecond: readNumber('--rate', values.rate, 8, 0.1, 500),
    durationSeconds: readNumber('--duration', values.duration, 0, 0, 86_400),
    seed: readNumber('--seed', values.seed, 1, 0, 0xffffffff),
  };
}

const OPTIONS = {
  endpoint: { type: 'string' },
  rate: { type: 'string' },
  duration: { type: 'string' },
  seed: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

function readArguments(args: string[]): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch (error) {
    const [first] = (error as Error).message.split('. ');
    throw new OptionError(`${first}; --help lists all options`);
  }
}

function readNumber(name: string, text: string | undefined, fallback: number, least: number, most: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!(value >= least && value <= most)) {
    throw new OptionError(`${name}: must be a number from ${least} to ${most}, got "${text}"`);
  }
  return value;
}
