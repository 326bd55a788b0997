import { expressionText } from '../commands/promql.ts';
import type { Flags } from '../flags.ts';
import { serverOf } from './ask.ts';
import { askOwnApi, formatOf, itemsOf } from './output.ts';
import { printColumns, shown } from './print.ts';

const FORMATS = ['table', 'json', 'csv'];
const DEFAULT_ROWS = 1000;

/** `signalbox query sql 'STATEMENT'`. Throws StartError and UsageError. */
export async function querySql(flags: Flags, argument: string | undefined): Promise<number> {
  const text = await expressionText(argument, `signalbox query sql 'SHOW TABLES'`);
  const format = formatOf(flags, FORMATS, 'table');
  const limit = itemsOf(flags, DEFAULT_ROWS);
  const asked = new URLSearchParams({ format: SENT[format]!, limit: String(limit), integers: 'text' });
  const answer = await askOwnApi(await serverOf(flags), `/api/sql?${asked}`, text, {
    method: 'POST',
    body: text,
    headers: { 'content-type': 'text/plain' },
  });
  if (format !== 'table') {
    process.stdout.write(answer.endsWith('\n') ? answer : `${answer}\n`);
    return 0;
  }
  process.stdout.write(printRows(answer));
  return 0;
}

const SENT: Readonly<Record<string, string>> = { table: 'JSONCompact', json: 'JSON', csv: 'CSVWithNames' };

/** The table of an answer in JSONCompact; one in another format, which the statement named, as it is. */
export function printRows(answer: string): string {
  if (!answer.startsWith('{')) return answer;
  const { meta, data } = JSON.parse(answer) as {
    readonly meta: readonly { readonly name: string; readonly type: string }[];
    readonly data?: readonly (readonly unknown[])[];
  };
  // JSON, which the statement named.
  if (data === undefined || data.some((row) => !Array.isArray(row))) return answer;
  const rows = data.map((row) => row.map((value) => shown(typeof value === 'string' ? value : JSON.stringify(value))));
  return printColumns(
    meta.map(({ name }) => shown(name)),
    rows,
    (column) => /^(?:Nullable\()?(?:U?Int|Float|Decimal)/.test(meta[column]!.type),
  );
}
