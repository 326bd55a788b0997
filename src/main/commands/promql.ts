import { ALL_OF_PROMQL, formatPromql, type PromExpr, PromqlError, parsePromql } from '#lang/promql';
import { didYouMean, UsageError } from '../usage.ts';

const TASKS = ['check', 'format'];

/** `signalbox promql check|format 'EXPR'`: an expression by itself, without a server. Exit code 1 for one with a mistake. */
export async function promqlCommand(task: string | undefined, text: string | undefined): Promise<number> {
  if (task === undefined || !TASKS.includes(task))
    throw new UsageError(
      `signalbox promql: expected check or format, got ${JSON.stringify(task ?? '')}${didYouMean(task ?? '', TASKS)}`,
      `signalbox promql check 'rate(up[5m])'`,
    );
  if (text === undefined) throw new UsageError('an expression is missing', `signalbox promql ${task} 'rate(up[5m])'`);
  let expr: PromExpr;
  try {
    expr = parsePromql(text, ALL_OF_PROMQL);
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    process.stderr.write(`${underlined(text, error)}\n`);
    return 1;
  }
  process.stdout.write(task === 'format' ? `${formatPromql(expr)}\n` : 'ok\n');
  return 0;
}

/** Throws a UsageError that shows where the mistake is. Experimental parts are the server's to refuse. */
export function checkedExpression(text: string): void {
  try {
    parsePromql(text, ALL_OF_PROMQL);
  } catch (error) {
    if (error instanceof PromqlError) throw new UsageError(underlined(text, error));
    throw error;
  }
}

/** The message, the line that has the mistake, and a mark below it. */
function underlined(text: string, { message, range }: PromqlError): string {
  const lineStart = text.lastIndexOf('\n', range.start - 1) + 1;
  const line = text.slice(lineStart).split('\n')[0]!;
  const from = Math.min(range.start - lineStart, line.length);
  const length = Math.max(1, Math.min(range.end - range.start, line.length - from));
  return `${message}\n  ${line}\n  ${' '.repeat(from)}${'^'.repeat(length)}`;
}
