import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** HTTP/2 by hand (RFC 9113), for clients that do what no library lets them do. */

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const DATA = 0;
const HEADERS = 1;
const SETTINGS = 4;
const WINDOW_UPDATE = 8;
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;

export interface RawHeaders {
  readonly path: string;
  readonly authority?: string;
  readonly endStream?: boolean;
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(9 + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, 9);
  return bytes;
}

/** RFC 7541 §6.2.2: a literal without indexing, with a new name. Texts below 127 bytes. */
function literal(name: string, value: string): Buffer {
  const parts = [name, value].map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')]));
  return Buffer.concat([Buffer.from([0]), ...parts]);
}

export function headersFrame(stream: number, { path, authority = 'localhost', endStream = false }: RawHeaders): Buffer {
  const block = Buffer.concat([
    literal(':method', 'POST'),
    literal(':scheme', 'http'),
    literal(':path', path),
    literal(':authority', authority),
    literal('content-type', 'application/grpc'),
    literal('te', 'trailers'),
  ]);
  return frame(HEADERS, END_HEADERS | (endStream ? END_STREAM : 0), stream, block);
}

export function dataFrame(stream: number, payload: Uint8Array, endStream = false): Buffer {
  return frame(DATA, endStream ? END_STREAM : 0, stream, payload);
}

/** A connection after its preface, with windows so large that the server never waits for them. Nothing is read unless asked for. */
export async function openHttp2(
  host: string,
  port: number,
  { reads = true }: { readonly reads?: boolean } = {},
): Promise<Socket> {
  const socket = connect({ host, port });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const window = Buffer.alloc(4);
  window.writeUInt32BE(0x7fff_0000 - 65_535);
  socket.write(
    Buffer.concat([
      PREFACE,
      frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0x7f, 0xff, 0, 0])),
      frame(SETTINGS, ACK, 0, Buffer.alloc(0)),
      frame(WINDOW_UPDATE, 0, 0, window),
    ]),
  );
  if (reads) socket.resume();
  else socket.pause();
  return socket;
}
