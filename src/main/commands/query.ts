import type { Flags } from '../flags.ts';
import { askServer, durationFlag } from '../query/ask.ts';
import { withMark } from '../query/mark.ts';
import { formatOf, printSeries } from '../query/output.ts';
import { didYouMean, UsageError } from '../usage.ts';
import { checkedExpression, expressionText } from './promql.ts';

const FORMATS = ['table', 'json', 'csv', 'chart'];
const EXAMPLE = `signalbox query 'sum by (service_name) (rate(http_requests_total[5m]))'`;

/** `signalbox query [LANGUAGE] 'EXPR'`: asks a server and prints the answer; without a language in PromQL. */
export async function queryCommand(flags: Flags, words: readonly string[]): Promise<number> {
  const [first = '', second] = words;
  if (Object.hasOwn(OTHERS, first)) return OTHERS[first as keyof typeof OTHERS](flags, second);
  if (second !== undefined && first !== 'promql')
    throw new UsageError(
      `query: no language is called ${JSON.stringify(first)}${didYouMean(first, LANGUAGES)}`,
      `promql (without a word), ${Object.keys(OTHERS).join(', ')}`,
    );
  return queryPromql(flags, first === 'promql' ? second : words[0]);
}

/** Each loads its own code alone. */
const OTHERS = {
  logql: async (flags: Flags, text?: string) => (await import('../query/logql.ts')).queryLogql(flags, text),
  traceql: async (flags: Flags, text?: string) => (await import('../query/traceql.ts')).queryTraceql(flags, text),
  sql: async (flags: Flags, text?: string) => (await import('../query/sql.ts')).querySql(flags, text),
};
const LANGUAGES = ['promql', ...Object.keys(OTHERS)];

async function queryPromql(flags: Flags, argument: string | undefined): Promise<number> {
  const text = await expressionText(argument, EXAMPLE);
  checkedExpression(text);
  const rangeMs = durationFlag(flags, 'range');
  const format = formatOf(flags, FORMATS, rangeMs === undefined ? 'table' : 'chart');
  if (rangeMs === undefined && format === 'chart') throw new UsageError('--format chart needs a range', '--range 1h');
  const answer = await askServer(flags, text);
  for (const note of answer.notes) process.stderr.write(`${withMark(note, text)}\n`);
  if (answer.series.length === 0) process.stderr.write('nothing found\n');
  process.stdout.write(printSeries(answer, format));
  return 0;
}
