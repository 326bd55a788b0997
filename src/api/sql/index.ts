/** `/api/sql`: one statement in, rows out, in ClickHouse's formats. `/api/sql/schema` says what can be asked. */
import { askSql, explainSql, MAX_SQL_ROWS, QueryError, type SqlFormat } from '#query';
import { EXPORTER_VIEWS, SQL_EXAMPLES, SQL_VIEWS } from '#store/schema.ts';
import { type Answer, JSON_TYPE, NDJSON_TYPE, TextAnswer } from '../http/answers.ts';
import { plainError } from '../http/errors.ts';
import { Parameters } from '../http/parameters.ts';
import type { ApiPlugin, ApiRequest } from '../http/plugin.ts';

const MEBIBYTE = 1024 * 1024;
const DEFAULT_ROWS = 10_000;

export const sqlApi: ApiPlugin = {
  name: 'sql',
  prefixes: ['/api/sql'],
  limits: {
    answerBytes: 32 * MEBIBYTE,
    bodyBytes: 256 * 1024,
    deadlineMs: 60_000,
    concurrency: 4,
    largeConcurrency: 4,
  },
  failed: plainError,
  routes: () => [
    { method: 'GET', path: '', answer },
    { method: 'POST', path: '', answer },
    { method: 'GET', path: '/schema', isBelowFirst: true, answer: schema },
  ],
};

async function answer(request: ApiRequest): Promise<Answer> {
  const { text, parameters } = askedOf(request);
  if (parameters.text('explain') === '1') return explainSql(request.reader, text, request.options);
  const found = await askSql(
    request.reader,
    {
      text,
      format: parameters.text('format') ?? 'JSON',
      maxRows: parameters.limit('limit', DEFAULT_ROWS, MAX_SQL_ROWS),
      quotesIntegers: parameters.text('integers') === 'text',
    },
    request.options,
  );
  return new TextAnswer(TYPES[found.format], found.bytes, {
    headers: { 'x-rows-read': String(found.rowsRead), 'x-bytes-read': String(found.bytesRead) },
  });
}

const TYPES: Readonly<Record<SqlFormat, string>> = {
  JSON: JSON_TYPE,
  JSONCompact: JSON_TYPE,
  JSONEachRow: NDJSON_TYPE,
  CSV: 'text/csv; charset=utf-8',
  CSVWithNames: 'text/csv; charset=utf-8; header=present',
  TabSeparated: 'text/tab-separated-values; charset=utf-8',
  TabSeparatedWithNames: 'text/tab-separated-values; charset=utf-8',
};

/** The statement stands in the parameter `query`, of the address, of a form, or of a JSON object; or it is the body. */
function askedOf({ query, headers, body }: ApiRequest): { readonly text: string; readonly parameters: Parameters } {
  const type = headers['content-type'] ?? '';
  const sent = body.toString('utf8');
  if (type.startsWith('application/x-www-form-urlencoded') && /^\s*(?:query|format|limit|explain|integers)=/.test(sent))
    return named({ ...query, ...Object.fromEntries(new URLSearchParams(sent)) });
  if (type.startsWith('application/json')) return named({ ...query, ...jsonObject(sent) });
  if (sent.trim() !== '') return { text: sent, parameters: new Parameters(query) };
  return named(query);
}

function named(query: ApiRequest['query']): { readonly text: string; readonly parameters: Parameters } {
  const parameters = new Parameters(query);
  return { text: parameters.text('query') ?? '', parameters };
}

function jsonObject(text: string): Readonly<Record<string, string>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new QueryError('bad_query', `the body is no JSON: ${(error as Error).message.slice(0, 200)}`, {
      hint: 'send {"query": "SELECT …"}, or the statement itself with the type text/plain',
    });
  }
  if (typeof value !== 'object' || value === null) throw new QueryError('bad_query', 'the body is no JSON object');
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, String(one)]));
}

/** What can be asked: views with their columns, those in the shape of otelcol's exporter, and examples. */
function schema(): object {
  return {
    views: SQL_VIEWS.map(({ name, text, columns }) => ({
      name,
      text,
      columns: columns.map((column) => ({ name: column.name, type: column.type, text: column.text })),
    })),
    exporterViews: EXPORTER_VIEWS,
    examples: SQL_EXAMPLES,
  };
}
