/** The mock's SQL: what can be asked, lines for a statement with minutes, bars for others, and one mistake. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { EXPORTER_VIEWS, SQL_EXAMPLES, SQL_VIEWS } from '../../../src/store/schema/index.ts';

const MISTAKE = 'serice';
const SERVICES = ['gateway', 'orders', 'payments'];
const MINUTES = 20;
const MINUTE_MS = 60_000;

export async function answerSql(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  const send = (status: number, value: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  if (path.endsWith('/schema'))
    return send(200, { views: SQL_VIEWS, exporterViews: EXPORTER_VIEWS, examples: SQL_EXAMPLES });
  const query = await textOf(request);
  const start = query.indexOf(MISTAKE);
  if (start >= 0) {
    const message = `Unknown expression identifier \`${MISTAKE}\`. Maybe you meant: ['service']`;
    return send(400, { error: { code: 'bad_query', message, query, start, end: start + MISTAKE.length } });
  }
  const isOverTime = query.includes('toStartOfMinute');
  const columns = [
    ...(isOverTime ? [['minute', "DateTime('UTC')"]] : []),
    ['service', 'String'],
    ['requests', 'UInt64'],
  ];
  // From the range on that the statement asks for, where it asks for one.
  const fromMs = Number(/fromUnixTimestamp64Milli\((\d+)\)/.exec(query)?.[1] ?? Date.parse('2026-11-29T10:00:00Z'));
  const minuteMs = (i: number): number => (Math.ceil(fromMs / MINUTE_MS) + i) * MINUTE_MS;
  const times = Array.from({ length: isOverTime ? MINUTES : 1 }, (_, i) =>
    isOverTime ? [new Date(minuteMs(i)).toISOString().slice(0, 19).replace('T', ' ')] : [],
  );
  const data = times.flatMap((time, i) =>
    SERVICES.map((service, j) => [...time, service, String(100 * (j + 1) + 7 * i)]),
  );
  const statistics = { elapsed: 0.012, rows_read: 12_345, bytes_read: 99_999 };
  send(200, { meta: columns.map(([name, type]) => ({ name, type })), data, rows: data.length, statistics });
}
