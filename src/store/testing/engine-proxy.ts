import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to an insert: it is passed on, or not; and its answer is the engine's, or another one. */
export interface InsertFate {
  readonly isPassedOn: boolean;
  /** Runs when the engine has answered. */
  readonly afterwards?: () => Promise<void>;
  readonly answer?: { readonly status: number; readonly body: string; readonly code?: number };
}

/** Stands between a writer and the engine, and decides about inserts: `fate` is asked with the table and the how manieth insert it is. */
export async function startEngineProxy(
  url: string,
  fate: (table: string, insert: number) => InsertFate | undefined,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  let inserts = 0;
  const server = createServer((request, response) => {
    void handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const query = new URL(request.url!, url).searchParams.get('query') ?? '';
    const table = /^INSERT INTO (\w+) .*FORMAT Native/s.exec(query)?.[1];
    const chosen = table === undefined ? undefined : fate(table, ++inserts);
    let answer = { status: 200, body: Buffer.alloc(0) as Uint8Array, headers: {} as Record<string, string> };
    if (chosen?.isPassedOn !== false) {
      const headers = Object.fromEntries(
        Object.entries(request.headers as Record<string, string>).filter(([name]) =>
          /^(x-clickhouse|content-type|authorization)/.test(name),
        ),
      );
      const passed = await fetch(new URL(request.url!, url), { method: 'POST', headers, body: Buffer.concat(parts) });
      answer = {
        status: passed.status,
        body: new Uint8Array(await passed.arrayBuffer()),
        headers: Object.fromEntries([...passed.headers].filter(([name]) => /^(x-clickhouse|content-type)/.test(name))),
      };
    }
    await chosen?.afterwards?.();
    if (chosen?.answer !== undefined) {
      const { status, body, code } = chosen.answer;
      answer = {
        status,
        body: Buffer.from(body),
        headers: code === undefined ? {} : { 'x-clickhouse-exception-code': String(code) },
      };
    }
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
