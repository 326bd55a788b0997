import { parsePromDuration } from '#lang/promql';
import { addressesIn } from '../addresses.ts';
import { type Flags, printAddress } from '../flags.ts';
import { askPrometheus, type PromAnswer } from '../query/answer.ts';
import { printChart } from '../query/chart.ts';
import { printCsv, printTable } from '../query/print.ts';
import { sectionOf } from '../section.ts';
import { didYouMean, UsageError } from '../usage.ts';
import { checkedExpression } from './promql.ts';

const FORMATS = ['table', 'json', 'csv', 'chart'];
/** As many steps as a terminal has room for. */
const CHART_STEPS = 160;

/** `signalbox query 'EXPR'`: asks a server in PromQL and prints the answer. */
export async function queryCommand(flags: Flags, text: string | undefined): Promise<number> {
  if (text === undefined || text.trim() === '')
    throw new UsageError('nothing to ask', `signalbox query 'sum by (service_name) (rate(http_requests_total[5m]))'`);
  checkedExpression(text);
  const rangeMs = durationFlag(flags, 'range');
  const format = flags.get('format') ?? (rangeMs === undefined ? 'table' : 'chart');
  if (!FORMATS.includes(format))
    throw new UsageError(`--format: must be ${FORMATS.join(', ')}, got "${format}"${didYouMean(format, FORMATS)}`);
  const stepMs = durationFlag(flags, 'step');
  if (rangeMs === undefined && (stepMs !== undefined || format === 'chart'))
    throw new UsageError(stepMs === undefined ? '--format chart needs a range' : '--step needs a range', '--range 1h');
  const url = await serverOf(flags);
  const answer = await ask(url, text, rangeMs, stepMs);
  for (const note of answer.notes) process.stderr.write(`${note}\n`);
  process.stdout.write(printed(answer, format));
  return 0;
}

async function serverOf(flags: Flags): Promise<string> {
  const given = flags.get('server');
  if (given !== undefined) return (/^https?:\/\//.test(given) ? given : `http://${given}`).replace(/\/+$/, '');
  const { server } = addressesIn(await sectionOf(flags), flags);
  return `http://${printAddress(server)}`;
}

function durationFlag(flags: Flags, name: 'range' | 'step'): number | undefined {
  const text = flags.get(name);
  if (text === undefined) return undefined;
  let ms = 0;
  try {
    ms = parsePromDuration(text);
  } catch {
    // Said below.
  }
  if (ms > 0) return ms;
  throw new UsageError(`--${name}: expected a time such as 30s or 1h, got "${text}"`);
}

function ask(url: string, query: string, rangeMs: number | undefined, stepMs: number | undefined): Promise<PromAnswer> {
  if (rangeMs === undefined) return askPrometheus(url, '/api/v1/query', { query });
  const endMs = Date.now();
  const step = Math.max(1, Math.ceil((stepMs ?? rangeMs / CHART_STEPS) / 1000));
  const start = String((endMs - rangeMs) / 1000);
  return askPrometheus(url, '/api/v1/query_range', { query, start, end: String(endMs / 1000), step: String(step) });
}

function printed({ series, json }: PromAnswer, format: string): string {
  switch (format) {
    case 'json':
      return `${json}\n`;
    case 'csv':
      return printCsv(series);
    case 'chart':
      return printChart(series, process.stdout.columns ?? 100, process.stdout.isTTY === true);
    default:
      return printTable(series);
  }
}
