/**
 * The way of a result out of chDB: a named pipe. The engine writes `INTO OUTFILE '<pipe>'` in any format of ClickHouse,
 * headers, totals and statistics included, and this process reads. So a result of any size streams in 64 kB pieces,
 * a slow reader slows the query down instead of filling memory, and closing the reading end stops the query at its next
 * write. (The addon's own streaming calls repeat the header of a format with each block, and plan the query on the
 * event loop.)
 */
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';

/** Opens the reading end for one query. The stream ends when `finish` was called and everything written was read. */
export class OutputPipe {
  readonly stream: Socket;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.stream = new Socket({ fd, readable: true, writable: false });
  }

  /** To be called once the query has ended, well or not: lets the stream end even where the query never wrote. */
  finish(): void {
    try {
      // A writer that comes and goes is what the system reports as the end of a pipe.
      closeSync(openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK));
    } catch {
      // ENXIO: the reading end is closed already.
    }
  }

  /** Closes the reading end: the query gets an error at its next write. */
  destroy(): void {
    this.stream.destroy();
  }
}
