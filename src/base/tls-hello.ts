import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** A record of the handshake (22) of SSL 3.0 to TLS 1.3 (RFC 8446 §5.1): what a client that speaks TLS says first. */
export function isTlsHello(bytes: Uint8Array | undefined): boolean {
  return bytes !== undefined && bytes.length >= 2 && bytes[0] === 22 && bytes[1] === 3;
}

interface ClientError extends Error {
  readonly code?: string;
  readonly rawPacket?: Uint8Array;
}

/** Tells of clients that speak TLS to a plaintext HTTP server, and answers all that is no HTTP as Node does where nobody asks for it. */
export function watchForTlsHello(server: Server, tell: (socket: Socket) => void): void {
  server.on('clientError', (error: ClientError, duplex) => {
    const socket = duplex as Socket & { readonly _httpMessage?: { readonly headersSent: boolean } };
    if (isTlsHello(error.rawPacket)) tell(socket);
    if (socket.writable && socket._httpMessage?.headersSent !== true) {
      socket.write(`HTTP/1.1 ${statusOf(error.code)}\r\nConnection: close\r\n\r\n`);
    }
    socket.destroySoon();
  });
}

function statusOf(code: string | undefined): string {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return '431 Request Header Fields Too Large';
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return '413 Payload Too Large';
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return '408 Request Timeout';
    default:
      return '400 Bad Request';
  }
}
