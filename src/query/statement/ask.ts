/** SQL of people: one statement that reads, over the views of src/store/schema/sql-views.ts and the tables, for one tenant. */
import { QueryError, type ReadOptions, type StoreReader } from '../reader/index.ts';
import { checkSql } from './checked.ts';
import { failedSql } from './failed.ts';

/** ClickHouse's names of the formats that answers may have. */
export const SQL_FORMATS = [
  'JSON',
  'JSONCompact',
  'JSONEachRow',
  'CSV',
  'CSVWithNames',
  'TabSeparated',
  'TabSeparatedWithNames',
] as const;
export type SqlFormat = (typeof SQL_FORMATS)[number];
const SHORT: Readonly<Record<string, SqlFormat>> = {
  TSV: 'TabSeparated',
  TSVWithNames: 'TabSeparatedWithNames',
  JSONLines: 'JSONEachRow',
  NDJSON: 'JSONEachRow',
};

export interface SqlQuestion {
  readonly text: string;
  /** What the statement says behind FORMAT goes before it. */
  readonly format: string;
  /** The answer ends after so many rows, as if the statement said LIMIT. */
  readonly maxRows: number;
  /** Integers of 64 bits as texts in JSON, so that all digits survive. Default false. */
  readonly quotesIntegers?: boolean;
}

export interface SqlAnswer {
  readonly format: SqlFormat;
  /** The answer in that format. */
  readonly bytes: Buffer;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly storeMs: number;
}

export const MAX_SQL_ROWS = 100_000;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Throws QueryError. What is asked ends when `options.signal` aborts, in the store too. */
export async function askSql(
  reader: StoreReader,
  question: SqlQuestion,
  options: ReadOptions = {},
): Promise<SqlAnswer> {
  const checked = await checkSql(reader, question.text, options);
  const format = formatOf(checked.format ?? question.format);
  try {
    const { bytes, rowsRead, bytesRead, storeMs } = await reader.ask(
      checked.statement,
      { format, maxBytes: MAX_ANSWER_BYTES, ...(checked.isSelect && { maxRows: question.maxRows }) },
      { ...options, settings: { output_format_json_quote_64bit_integers: question.quotesIntegers === true ? 1 : 0 } },
    );
    return { format, bytes, rowsRead, bytesRead, storeMs };
  } catch (error) {
    throw failedSql(error, question.text, options.signal);
  }
}

/** Throws QueryError. */
function formatOf(name: string): SqlFormat {
  const format = SHORT[name] ?? SQL_FORMATS.find((known) => known === name);
  if (format !== undefined) return format;
  throw new QueryError('bad_query', `the format ${name.slice(0, 40)} is not offered`, {
    hint: `use ${[...SQL_FORMATS.slice(0, 5), 'TSV', 'TSVWithNames'].join(', ')}`,
  });
}
