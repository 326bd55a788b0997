/** What a statement would do, without running it. */
import { QueryError, type ReadOptions, type StoreReader } from '../reader/index.ts';
import { checkSql } from './checked.ts';
import { failedSql } from './failed.ts';

export interface SqlExplanation {
  /** As ClickHouse has read it. */
  readonly statement: string;
  /** ClickHouse's plan, with what its indexes leave to be read. */
  readonly plan: string;
  /** Of each table what would be read. */
  readonly tables: readonly { readonly table: string; readonly parts: number; readonly rows: number }[];
}

const MAX_PLAN_BYTES = 256 * 1024;

/** Throws QueryError. */
export async function explainSql(
  reader: StoreReader,
  text: string,
  options: ReadOptions = {},
): Promise<SqlExplanation> {
  const { statement, isSelect } = await checkSql(reader, text, options);
  if (!isSelect)
    throw new QueryError('bad_query', 'only a SELECT can be explained', { hint: 'leave EXPLAIN out of the statement' });
  const ask = async (explain: string, format: string): Promise<string> =>
    (await reader.ask(`${explain} ${statement}`, { format, maxBytes: MAX_PLAN_BYTES }, options)).bytes.toString('utf8');
  try {
    const plan = await ask('EXPLAIN indexes = 1', 'TabSeparatedRaw');
    const estimate = await ask('EXPLAIN ESTIMATE', 'JSONCompactEachRow');
    const tables = estimate
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as [database: string, table: string, parts: number, rows: number])
      .map(([database, table, parts, rows]) => ({
        table: `${database}.${table}`,
        parts: Number(parts),
        rows: Number(rows),
      }));
    return { statement, plan: plan.trimEnd(), tables };
  } catch (error) {
    throw failedSql(error, text, options.signal);
  }
}
