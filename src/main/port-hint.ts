import { StartError } from '#base';
import { FLAGS, type FlagName, type HostPort, printAddress } from './flags.ts';

/** The addresses that a role listens on because of a flag or its default. */
export type FlagAddresses = Partial<Record<FlagName, HostPort>>;

/** An address that can't be had gets the flag that sets it as the way out; other errors stay as they are. */
export function withFlagHint(error: unknown, addresses: FlagAddresses): unknown {
  if (!(error instanceof StartError) || !isAboutAddress(error)) return error;
  for (const [flag, address] of Object.entries(addresses)) {
    if (!error.message.includes(printAddress(address))) continue;
    const variable = FLAGS[flag as FlagName].env;
    return new StartError(error.message, `choose another address with --${flag} HOST:PORT or ${variable}`, {
      cause: error,
    });
  }
  return error;
}

const CODES: ReadonlySet<unknown> = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES']);

function isAboutAddress(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (CODES.has((at as NodeJS.ErrnoException).code)) return true;
  }
  return false;
}
