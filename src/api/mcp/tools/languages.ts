import { LogqlError, parseLogql } from '#lang/logql';
import { PromqlError, parsePromql } from '#lang/promql';
import { askSql, explainSql, QueryError, type StatementCost } from '#query';
import { queryLines, queryMetricInstant, queryMetricRange, StoredLines } from '#query/logql.ts';
import {
  DEFAULT_OPTIONS,
  EvaluationTrace,
  FLOAT,
  HISTOGRAM,
  hasNoData,
  type PromqlAnswer,
  PromqlExecutionError,
  QueryNames,
  queryInstant,
  queryRange,
  type StepSeries,
  StoreSource,
  timeAt,
  whyNoData,
} from '#query/promql.ts';
import { numberText, type Told, timeText } from '../told.ts';
import { type ArgumentSchema, type Asked, RANGE, type Tool } from '../tool.ts';

export const EXPLAIN: ArgumentSchema = {
  type: 'boolean',
  description: 'tell what the query takes of the store as well',
};
export const INSTANT: ArgumentSchema = { type: 'boolean', description: 'only the value at the end of the range' };
/** Of a series over time so many points are told. */
const POINTS = 12;
export const NARROW = 'group by fewer labels, take topk, or add matchers';

/** Errors of the languages are the model's. */
async function asQueryError<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const isMistake =
      error instanceof PromqlError || error instanceof LogqlError || error instanceof PromqlExecutionError;
    if (isMistake || error instanceof RangeError)
      throw new QueryError('bad_query', (error as Error).message, { cause: error });
    throw error;
  }
}

interface Times {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

export function timesOf(asked: Asked): Times {
  const { fromMs, toMs } = asked.range();
  const stepMs = Math.max(1000, Math.ceil((toMs - fromMs) / (POINTS - 1) / 1000) * 1000);
  return { startMs: toMs - stepMs * (POINTS - 1), endMs: toMs, stepMs };
}

function tellSeries(answer: PromqlAnswer, told: Told): void {
  if (answer.type === 'string') {
    told.line(answer.text);
    return;
  }
  if (answer.type === 'samples') {
    told.line(`${answer.stored.length} series of samples: ask for a function of them, such as rate(…)`);
    return;
  }
  const { series, grid, type } = answer;
  told.line(`${series.length} series`);
  if (type === 'matrix') {
    told.line(`values from ${timeText(timeAt(grid, 0))} every ${grid.stepMs / 1000} s; - is none`);
    told.table(
      ['labels', 'values'],
      series.map((one) => [
        one.labels.toString(),
        Array.from({ length: grid.count }, (_, i) => valueAt(one, i)).join(' '),
      ]),
      NARROW,
    );
    return;
  }
  told.line(`at ${timeText(timeAt(grid, 0))}`);
  const rows = [...series]
    .sort((a, b) => (b.floats[0] ?? 0) - (a.floats[0] ?? 0))
    .map((one) => [one.labels.toString(), valueAt(one, 0)]);
  told.table(['labels', 'value'], rows, NARROW);
}

function valueAt({ kinds, floats }: StepSeries, step: number): string {
  if (kinds[step] === FLOAT) return numberText(floats[step]!);
  return kinds[step] === HISTOGRAM ? 'histogram' : '-';
}

export function tellCost(statements: readonly StatementCost[], told: Told): void {
  told.line(`\n${statements.length} statements to the store:`);
  for (const { sql, rowsRead, bytesRead, storeMs } of statements)
    told.line(
      `- ${numberText(storeMs)} ms, ${rowsRead} rows, ${bytesRead} bytes read: ${sql.replace(/\s+/g, ' ').slice(0, 400)}`,
    );
}

export const PROMQL: Tool = {
  name: 'promql',
  title: 'PromQL',
  description:
    'Metrics by PromQL, as 12 points over the range, or with instant=true the value at its end. An answer without data says why, and names what is near.',
  arguments: { query: { type: 'string', description: 'the expression' }, instant: INSTANT, explain: EXPLAIN, ...RANGE },
  required: ['query'],
  run: async (asked, told) => {
    const { reader } = asked.context;
    const statements: StatementCost[] = [];
    const isExplained = asked.flag('explain');
    const options = { ...asked.context.options, ...(isExplained && { spent: { ms: 0, statements } }) };
    await asQueryError(async () => {
      const expr = parsePromql(asked.required('query'));
      const isInstant = asked.flag('instant');
      const all = timesOf(asked);
      const times = isInstant ? { startMs: all.endMs, endMs: all.endMs, stepMs: 0 } : all;
      const source = new StoreSource(reader, options, QueryNames.ofQuery(expr));
      const trace = new EvaluationTrace();
      const query = {
        expr,
        source,
        options: DEFAULT_OPTIONS,
        trace,
        ...(options.signal !== undefined && { signal: options.signal }),
      };
      const answer = await (isInstant ? queryInstant(query, times.endMs) : queryRange(query, times));
      tellSeries(answer, told);
      if (!hasNoData(answer)) return;
      const { lookbackMs } = DEFAULT_OPTIONS;
      for (const { text } of await whyNoData(reader, expr, { trace, times, lookbackMs, options }))
        told.line(`no data: ${text}`);
    });
    if (isExplained) tellCost(statements, told);
  },
};

export const LOGQL: Tool = {
  name: 'logql',
  title: 'LogQL',
  description: `Logs by LogQL: the newest lines, or what a metric query counts, as ${POINTS} points over the range or with instant=true at its end.`,
  arguments: {
    query: {
      type: 'string',
      description: '{service_name="orders"} |= "timeout", or sum by (service_name) (rate({…}[5m]))',
    },
    limit: { type: 'integer', description: 'how many lines: 30 without it, 200 at most' },
    instant: INSTANT,
    explain: EXPLAIN,
    ...RANGE,
  },
  required: ['query'],
  run: async (asked, told) => {
    const text = asked.required('query');
    const statements: StatementCost[] = [];
    const isExplained = asked.flag('explain');
    const options = { ...asked.context.options, ...(isExplained && { spent: { ms: 0, statements } }) };
    await asQueryError(async () => {
      const expr = parseLogql(text);
      const source = new StoredLines(asked.context.reader, options);
      const signal = options.signal === undefined ? {} : { signal: options.signal };
      if (expr.kind !== 'logs') {
        const times = timesOf(asked);
        const query = { expr, text, source, ...signal };
        const answer = asked.flag('instant') ? queryMetricInstant(query, times.endMs) : queryMetricRange(query, times);
        return tellSeries(await answer, told);
      }
      const { fromMs, toMs } = asked.range();
      const [startNs, endNs] = [BigInt(Math.floor(fromMs)) * 1_000_000n, BigInt(Math.floor(toMs)) * 1_000_000n];
      const limit = asked.count('limit', 30, 200);
      const lines = await queryLines({ expr, text, source, startNs, endNs, limit, direction: 'backward', ...signal });
      const rows = lines.map(({ timeNs, labels, line }) => [
        timeText(Number(timeNs / 1_000_000n)),
        labels.get('detected_level'),
        labels.get('service_name'),
        line.slice(0, 1000),
        labels.get('trace_id'),
      ]);
      told.table(['time', 'level', 'service', 'line', 'trace_id'], rows, 'add a filter', {
        isCut: lines.length === limit,
      });
    });
    if (isExplained) tellCost(statements, told);
  },
};

/** More have no room in any answer. */
const MOST_ROWS = 500;

export const SQL: Tool = {
  name: 'sql',
  title: 'SQL',
  description:
    "One SELECT in ClickHouse's SQL over the views that data_model lists, with a condition on time. explain=true tells the plan, and runs nothing.",
  arguments: {
    query: { type: 'string', description: 'the statement' },
    explain: { type: 'boolean', description: 'tell the plan, and run nothing' },
  },
  required: ['query'],
  run: async (asked, told) => {
    const { reader, options } = asked.context;
    const text = asked.required('query');
    if (asked.flag('explain')) {
      const { plan, tables } = await explainSql(reader, text, options);
      told.table(
        ['table', 'parts', 'rows to read'],
        tables.map(({ table, parts, rows }) => [table, parts, rows]),
        '',
      );
      return told.text(plan);
    }
    const { format, bytes, rowsRead } = await askSql(
      reader,
      { text, format: 'JSONCompact', maxRows: MOST_ROWS, quotesIntegers: true },
      options,
    );
    const answer = bytes.toString('utf8');
    if (format !== 'JSONCompact') return told.text(answer);
    const { meta, data } = JSON.parse(answer) as {
      readonly meta: readonly { readonly name: string }[];
      readonly data: readonly (readonly unknown[])[];
    };
    told.line(`${data.length} rows, ${rowsRead} read`);
    const cellOf = (value: unknown): string | number =>
      typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value);
    const rows = data.map((row) => row.map(cellOf));
    told.table(
      meta.map(({ name }) => name),
      rows,
      'group, filter, or LIMIT',
      { isCut: data.length === MOST_ROWS },
    );
  },
};
