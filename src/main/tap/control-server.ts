import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { messageOf } from '#base';
import { makeFolder } from '#base/folder.ts';
import { type Collector, TapError, type TapEvent, type TapLimits } from '#collector';

/** What the client has not taken yet: beyond it items are left out. */
const UNTAKEN_BYTES_LIMIT = 1024 * 1024;
const LIMITS: readonly (keyof TapLimits)[] = ['items', 'itemsPerSecond', 'bytes', 'timeMs'];

export interface ControlServer {
  close(): Promise<void>;
}

/**
 * Answers on a socket that only the user of this process may open: `GET /tap?at=PIPELINE/COMPONENT` with a line of JSON for each event
 * (TapEvent). A socket that another collector answers on stays its own: then there is none, as where the folder can't be written.
 */
export async function startControlServer(path: string, collector: Collector): Promise<ControlServer | undefined> {
  const server = createServer((request, response) => answer(request, response, collector));
  try {
    makeFolder(dirname(path));
    if (await isAnswered(path)) return undefined;
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    chmodSync(path, 0o600);
  } catch {
    server.close();
    return undefined;
  }
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function answer(request: IncomingMessage, response: ServerResponse, collector: Collector): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://collector');
  if (request.method !== 'GET' || pathname !== '/tap') {
    response.writeHead(404).end('nothing is here');
    return;
  }
  const limits: Partial<Record<keyof TapLimits, number>> = {};
  for (const key of LIMITS) if (searchParams.has(key)) limits[key] = Number(searchParams.get(key));
  let close: (() => void) | undefined;
  try {
    close = collector.tap(
      { at: searchParams.get('at') ?? '', isRaw: searchParams.get('raw') === '1', limits },
      (event) => write(response, event),
    );
  } catch (error) {
    response.writeHead(error instanceof TapError ? error.status : 500).end(messageOf(error));
    return;
  }
  response.on('close', close);
}

/** The first line begins the answer, the last one ends it. */
function write(response: ServerResponse, event: TapEvent): number {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  if (event.type === 'item' && response.writableLength > UNTAKEN_BYTES_LIMIT) return 0;
  const line = `${JSON.stringify(event)}\n`;
  response.write(line);
  if (event.type === 'end') response.end();
  return line.length;
}
