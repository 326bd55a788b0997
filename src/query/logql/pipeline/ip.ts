/** Addresses as `ip()` matches them: one, a range `a-b`, or a network `a/24`. */
import { BlockList, isIP } from 'node:net';

export interface IpMatcher {
  /** Whether a value is an address that is meant. */
  matches(value: string): boolean;
  /** Whether such an address stands somewhere in a line. */
  isIn(line: string): boolean;
}

/** What may be an address in a line. */
const ADDRESS = /(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*)(?![\w.]*\w)/g;

/** Throws an Error for what is none of the three. */
export function ipMatcher(pattern: string): IpMatcher {
  const list = new BlockList();
  const family = (address: string): 'ipv4' | 'ipv6' => {
    const version = isIP(address);
    if (version === 0) throw new Error(`ip: ParseAddr(${JSON.stringify(address)}): unable to parse IP`);
    return version === 4 ? 'ipv4' : 'ipv6';
  };
  const [, network, bits] = /^(.+)\/(\d+)$/.exec(pattern) ?? [];
  const [, first, last] = /^([^-]+)-([^-]+)$/.exec(pattern) ?? [];
  if (network !== undefined) list.addSubnet(network, Number(bits), family(network));
  else if (first !== undefined) list.addRange(first.trim(), last!.trim(), family(first.trim()));
  else list.addAddress(pattern, family(pattern));
  const matches = (value: string): boolean => {
    const version = isIP(value);
    return version !== 0 && list.check(value, version === 4 ? 'ipv4' : 'ipv6');
  };
  return {
    matches,
    isIn: (line) => {
      for (const [address] of line.matchAll(ADDRESS)) if (matches(address)) return true;
      return false;
    },
  };
}
