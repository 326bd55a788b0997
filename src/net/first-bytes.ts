import type { Server, Socket } from 'node:net';
import { after } from '#base';

/** A connection that says nothing at all is closed after so long. */
const SILENT_MS = 60_000;

const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n');

/** Whether a connection begins as HTTP/2 in plain text does, as far as its bytes are there (RFC 9113 §3.4). */
export function isHttp2Preface(first: Uint8Array): boolean {
  const length = Math.min(first.length, HTTP2_PREFACE.length);
  // Less is the beginning of other methods, too.
  return length >= 3 && HTTP2_PREFACE.subarray(0, length).equals(first.subarray(0, length));
}

/**
 * Shows a server the first bytes of each connection before the server has them: HTTP/2 reads its sockets below JavaScript and tells of what it
 * couldn't read only that it couldn't. `isWanted` returns whether the server gets the connection, or who else takes it, with all of its bytes.
 * Returns a function that closes those that have said nothing yet.
 */
export function lookAtFirstBytes(
  server: Server,
  isWanted: (first: Uint8Array, socket: Socket) => boolean | ((socket: Socket) => void),
): () => void {
  const accepts = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  const silent = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    silent.add(socket);
    const giveUp = after(SILENT_MS, () => socket.destroy());
    const end = (): void => {
      giveUp.cancel();
      silent.delete(socket);
    };
    const ignore = (): void => undefined;
    socket.on('error', ignore);
    socket.once('close', end);
    const look = (): void => {
      const first = socket.read() as Buffer | null;
      if (first === null) return;
      socket.off('readable', look);
      socket.off('error', ignore);
      socket.off('close', end);
      end();
      const taker = isWanted(first, socket);
      if (taker === false) {
        socket.destroy();
        return;
      }
      socket.unshift(first);
      if (taker !== true) taker(socket);
      else for (const accept of accepts) accept.call(server, socket);
    };
    socket.on('readable', look);
  });
  return () => {
    for (const socket of silent) socket.destroy();
  };
}
