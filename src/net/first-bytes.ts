import type { Server, Socket } from 'node:net';
import { after } from '#base';

/** A connection that says nothing at all is closed after so long. */
const SILENT_MS = 60_000;

/**
 * Shows a server the first bytes of each connection before the server has them: HTTP/2 reads its sockets below JavaScript and tells of what it
 * couldn't read only that it couldn't. `isWanted` returns whether the server gets the connection. Returns a function that closes those that
 * have said nothing yet.
 */
export function lookAtFirstBytes(server: Server, isWanted: (first: Uint8Array, socket: Socket) => boolean): () => void {
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
      if (!isWanted(first, socket)) {
        socket.destroy();
        return;
      }
      socket.unshift(first);
      for (const accept of accepts) accept.call(server, socket);
    };
    socket.on('readable', look);
  });
  return () => {
    for (const socket of silent) socket.destroy();
  };
}
