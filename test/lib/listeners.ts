import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Where a process listens. */
export interface ListeningSocket {
  readonly host: string;
  readonly port: number;
}

const LISTEN_STATE = '0A';
const ANY_4 = '00000000';
const LOOPBACK_6 = '00000000000000000000000001000000';

/** The TCP addresses that a process listens on, as the kernel knows them. Linux only. */
export function listeningSockets(pid: number): ListeningSocket[] {
  const inodes = new Set(socketInodes(pid));
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === LISTEN_STATE && inodes.has(fields[9]!))
      .map((fields) => parseAddress(fields[1]!)),
  );
}

function socketInodes(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
}

/** `0100007F:10CC`, the address in the machine's byte order. */
function parseAddress(text: string): ListeningSocket {
  const [address, port] = text.split(':') as [string, string];
  const host =
    address.length === 8
      ? Buffer.from(address, 'hex').reverse().join('.')
      : address === LOOPBACK_6
        ? '::1'
        : address === ANY_4.repeat(4)
          ? '::'
          : address;
  return { host, port: Number.parseInt(port, 16) };
}
