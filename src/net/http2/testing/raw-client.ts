import { connect, type Socket } from 'node:net';
import { eventually } from '#base/testing.ts';
import { encodeHeaders } from '../header-encoder.ts';
import { FLAG, FRAME, frameOf, readUint32 } from '../protocol.ts';
import { REQUEST, undo } from './sides.ts';

/** A raw client: what it is told, frame by frame. */
export class RawClient {
  readonly frames: { type: number; flags: number; stream: number; payload: Buffer }[] = [];
  readonly socket: Socket;
  isClosed = false;
  #rest = Buffer.alloc(0);

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.isClosed = true;
    });
    this.socket.on('data', (data: Buffer) => this.#take(data));
    undo.push(() => this.socket.destroy());
  }

  #take(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    while (this.#rest.length >= 9) {
      const end = 9 + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) return;
      const [type, flags, stream] = [this.#rest[3]!, this.#rest[4]!, this.#rest.readUInt32BE(5)];
      this.frames.push({ type, flags, stream, payload: this.#rest.subarray(9, end) });
      this.#rest = this.#rest.subarray(end);
    }
  }

  send(...frames: Uint8Array[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  async goAwayCode(): Promise<number> {
    await eventually('the server gives up', () => this.isClosed);
    const last = this.frames.find(({ type }) => type === FRAME.goAway);
    return last === undefined ? -1 : readUint32(last.payload, 4);
  }

  /** Why the first one of these streams was reset. */
  async resetCode(...streams: readonly number[]): Promise<number> {
    const reset = await eventually('a stream is reset', () =>
      this.frames.find(({ type, stream }) => type === FRAME.resetStream && streams.includes(stream)),
    );
    return readUint32(reset.payload, 0);
  }
}

export const EMPTY: Buffer = Buffer.alloc(0);
export const SETTINGS: Buffer = frameOf(FRAME.settings, 0, 0, EMPTY);
export const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
export const headers = (stream: number, flags: number, fields: Record<string, string> = REQUEST): Buffer =>
  frameOf(FRAME.headers, flags, stream, encodeHeaders(fields));
export const OPEN: Buffer = headers(1, FLAG.endHeaders);
export const data = (stream: number, length: number, flags = 0): Buffer =>
  frameOf(FRAME.data, flags, stream, Buffer.alloc(length));
export const times = (count: number, frame: (i: number) => Uint8Array): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, i) => frame(i)));
