/** Addresses as `ip()` matches them: one, a range `a-b`, or a network `a/24`. */
import { BlockList, isIP } from 'node:net';

/** Whether an address that is meant stands somewhere in a text. */
export type IpTest = (text: string) => boolean;

/** What may be an address: as long as the characters are those of one. A full stop behind it ends a sentence. */
const RUNS = { ipv4: /[0-9.]{7,}/g, ipv6: /[0-9a-fA-F]*:[0-9a-fA-F:.]+/g } as const;

/** Throws an Error for what is none of the three. */
export function ipTest(pattern: string): IpTest {
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
  const own = family(network ?? first?.trim() ?? pattern);
  const isMeant = (address: string): boolean => isIP(address) === (own === 'ipv4' ? 4 : 6) && list.check(address, own);
  return (text) => {
    for (const [run] of text.matchAll(RUNS[own])) if (isMeant(run.replace(/\.+$/, ''))) return true;
    return false;
  };
}
