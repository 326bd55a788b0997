import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { join, relative } from 'node:path';
import { onAbort } from './abort.ts';

/**
 * The socket on which a collector answers the other processes of its user on this machine: a file that only its owner may open. HTTP is
 * spoken on it.
 */

/** What the name of a socket may be long (sockaddr_un has 108 bytes). */
const PATH_BYTES_LIMIT = 103;

/** Where the collector of a data folder listens; undefined where the name would be too long, also as seen from the working directory. */
export function controlSocketIn(dataDir: string): string | undefined {
  const path = join(dataDir, 'collector', 'control.sock');
  const ways = [path, relative(process.cwd(), path)];
  return ways.find((way) => Buffer.byteLength(way) <= PATH_BYTES_LIMIT);
}

/** The other side of a socket is not there, or refuses: `status` is what HTTP says, 0 where nobody answers. */
export class SocketError extends Error {
  override name = 'SocketError';
  readonly status: number;
  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/**
 * Asks for a path, and gives the lines of the answer as they come, until it ends or `abort` fires. Nothing is read faster than the lines are
 * taken. Throws a SocketError.
 */
export async function* socketLines(socketPath: string, path: string, abort: AbortSignal): AsyncGenerator<string> {
  abort.throwIfAborted();
  const asking = request({ socketPath, path });
  const stop = onAbort(abort, () => asking.destroy());
  try {
    const answer = await answerOf(asking);
    if (answer.statusCode !== 200) throw new SocketError(answer.statusCode ?? 0, (await textOf(answer)).trim());
    yield* linesOf(answer);
  } catch (error) {
    if (abort.aborted) return;
    throw error;
  } finally {
    stop();
    asking.destroy();
  }
}

function answerOf(asking: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asking.on('response', resolve);
    asking.on('error', (error: NodeJS.ErrnoException) => {
      const isNobody = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      reject(isNobody ? new SocketError(0, 'no collector answers', { cause: error }) : error);
    });
    asking.end();
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

async function* linesOf(answer: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  answer.setEncoding('utf8');
  for await (const part of answer) {
    const lines = (rest + (part as string)).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}
