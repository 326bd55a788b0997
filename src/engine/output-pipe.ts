/**
 * The way of a result out of chDB: a named pipe. The engine writes `INTO OUTFILE '<pipe>'` in any format of ClickHouse,
 * headers, totals and statistics included, and this process reads. So a result of any size streams in 64 kB pieces, and
 * a slow reader slows the query down instead of filling memory. (The addon's own streaming calls repeat the header of a
 * format with each block, and plan the query on the event loop.)
 *
 * Both ends stay open here from before the query begins until it has ended: the engine may open the pipe several times
 * (it does where it fails), and opening or writing one without a reader would block its thread for good.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';

/** The pipe of one query. Call `finish` when the query has ended, and nothing before: even unwanted data must be read. */
export class OutputPipe {
  readonly #socket: Socket;
  readonly #writeEnd: number;

  constructor(path: string) {
    const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#socket = new Socket({ fd: readEnd, readable: true, writable: false });
    this.#writeEnd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  }

  /** What the query writes, until `finish`. May be left early, by `discard`. */
  chunks(): AsyncIterable<Buffer> {
    return this.#socket.iterator({ destroyOnReturn: false });
  }

  /** Reads the rest away. */
  discard(): void {
    this.#socket.on('error', () => undefined).resume();
  }

  /** The query has ended: `chunks` ends behind what it wrote. */
  finish(): void {
    closeSync(this.#writeEnd);
  }
}
