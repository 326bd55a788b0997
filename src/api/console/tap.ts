import { SocketError, socketLines } from '#base/local-socket.ts';
import { NDJSON_TYPE, StreamedAnswer } from '../http/answers.ts';
import { AnswerError } from '../http/errors.ts';
import type { ApiNeeds } from '../http/plugin.ts';
import type { ConsoleRequest } from './request.ts';

/**
 * GET /api/console/tap?at&items : the events of a live tap of the collector on this machine, a line of JSON each (TapEventAnswer). Values that
 * are redacted later are always masked here: `raw` is for who may read the collector's files.
 */
export function tapRoute({ collectorSocket }: ApiNeeds): (request: ConsoleRequest) => Promise<StreamedAnswer> {
  return async ({ query, reader, options }) => {
    // What passes belongs to all tenants.
    if (reader.tenant !== '') throw new AnswerError(403, 'forbidden', 'a live tap shows the items of all tenants');
    if (collectorSocket === undefined) throw noCollector();
    const asked = new URLSearchParams({ at: query.required('at') });
    const items = query.number('items');
    if (items !== undefined) asked.set('items', String(items));
    const lines = socketLines(collectorSocket, `/tap?${asked}`, options.signal!);
    const first = await firstOf(lines);
    return new StreamedAnswer(NDJSON_TYPE, piecesOf(first, lines), { isLive: true });
  };
}

async function firstOf(lines: AsyncGenerator<string>): Promise<string> {
  try {
    const first = await lines.next();
    return first.done === true ? '' : first.value;
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    if (error.status === 0) throw noCollector();
    throw new AnswerError(error.status, error.status === 404 ? 'not_found' : 'bad_query', error.message);
  }
}

function noCollector(): AnswerError {
  return new AnswerError(
    503,
    'collector_unavailable',
    'no collector answers on this machine; one that runs elsewhere is looked at there, with signalbox tap',
  );
}

async function* piecesOf(first: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  try {
    if (first !== '') yield `${first}\n`;
    for await (const line of rest) yield `${line}\n`;
  } finally {
    await rest.return(undefined);
  }
}
