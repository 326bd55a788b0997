import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** One buffer is enough for all sockets: what it holds is dealt with before the next read. It stays in the processor's cache; a larger one would not. */
const BUFFER_BYTES = 64 * 1024;
let shared: Buffer | undefined;

/** What Node has for `net.connect` with the option `onread`. */
const READ_INTO = 'useUserBuffer';
interface Handle {
  [READ_INTO]?(buffer: Uint8Array): void;
}

/**
 * Calls `take` with all bytes that the socket reads; they are other ones after the call. `isFresh`: the socket was accepted just now, and nobody
 * has read from it.
 *
 * Node reads into 64 KiB of new memory each time, which V8 must account for and collect. Of sockets that it connects, it can read into a buffer of
 * their owner (`onread`); of those that it accepts, it has no option for that, so that the same is set here by its own names. Where they are
 * not found the socket is read as any other.
 */
export function readSocket(socket: Duplex, isFresh: boolean, take: (bytes: Uint8Array) => void): void {
  if (!isFresh || !readsIntoShared(socket, take)) socket.on('data', take);
}

function readsIntoShared(socket: Duplex, take: (bytes: Uint8Array) => void): boolean {
  const handle = (socket as unknown as { readonly _handle?: Handle | null })._handle;
  const symbols = Object.getOwnPropertySymbols(socket);
  const bufferOf = symbols.find(({ description }) => description === 'kBuffer');
  const callbackOf = symbols.find(({ description }) => description === 'kBufferCb');
  if (bufferOf === undefined || callbackOf === undefined || !(socket instanceof Socket)) return false;
  if (typeof handle?.[READ_INTO] !== 'function') return false;
  shared ??= Buffer.allocUnsafeSlow(BUFFER_BYTES);
  handle[READ_INTO](shared);
  const own = socket as unknown as Record<symbol, unknown>;
  own[bufferOf] = shared;
  own[callbackOf] = (count: number, buffer: Buffer): boolean => {
    take(buffer.subarray(0, count));
    return true;
  };
  return true;
}
