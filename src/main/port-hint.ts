import { StartError } from '#base';
import { portOwner } from '#base/port-owner.ts';
import { FLAGS, type FlagName, type HostPort, printAddress } from './flags.ts';

/** The addresses that a role listens on because of a flag or its default. */
export type FlagAddresses = Partial<Record<FlagName, HostPort>>;

/**
 * An address that can't be had: says which process has it, where that can be known, and gives the flag that sets it as the way out. Other
 * errors stay as they are.
 */
export function withFlagHint(error: unknown, addresses: FlagAddresses): unknown {
  const cause = error instanceof StartError ? addressError(error) : undefined;
  if (!(error instanceof StartError) || cause === undefined) return error;
  const owner = cause.code === 'EADDRINUSE' && cause.port !== undefined ? portOwner(cause.port) : undefined;
  const message = owner === undefined ? error.message : `${error.message}: process ${owner.pid} (${owner.name}) has it`;
  const flag = (Object.keys(addresses) as FlagName[]).find((name) => {
    const address = addresses[name];
    return address !== undefined && error.message.includes(printAddress(address));
  });
  const hint =
    flag === undefined ? error.hint : `choose another address with --${flag} HOST:PORT or ${FLAGS[flag].env}`;
  return new StartError(message, hint, { cause: error });
}

const CODES: ReadonlySet<unknown> = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES']);

/** The system's own error, with the port that was asked for. */
function addressError(error: Error): (NodeJS.ErrnoException & { readonly port?: number }) | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (CODES.has((at as NodeJS.ErrnoException).code)) return at;
  }
  return undefined;
}
