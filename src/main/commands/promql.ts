import { text as readAll } from 'node:stream/consumers';
import { ALL_OF_PROMQL, formatPromql, type PromExpr, PromqlError, parsePromql } from '#lang/promql';
import type { Flags } from '../flags.ts';
import { markedAt } from '../query/mark.ts';
import { didYouMean, UsageError } from '../usage.ts';

const TASKS = ['check', 'format', 'explain'];

/** `signalbox promql check|format|explain 'EXPR'`: an expression by itself, or what a query of it takes. Exit code 1 for one with a mistake. */
export async function promqlCommand(
  task: string | undefined,
  argument: string | undefined,
  flags: Flags,
): Promise<number> {
  if (task === undefined || !TASKS.includes(task))
    throw new UsageError(
      `signalbox promql: expected check, format or explain, got ${JSON.stringify(task ?? '')}${didYouMean(task ?? '', TASKS)}`,
      `signalbox promql check 'rate(up[5m])'`,
    );
  const text = await expressionText(argument, `signalbox promql ${task} 'rate(up[5m])'`);
  let expr: PromExpr;
  try {
    expr = parsePromql(text, ALL_OF_PROMQL);
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    process.stderr.write(`${underlined(text, error)}\n`);
    return 1;
  }
  if (task === 'explain') return explain(text, flags);
  process.stdout.write(task === 'format' ? `${formatPromql(expr)}\n` : `${okText(text)}\n`);
  return 0;
}

async function explain(text: string, flags: Flags): Promise<number> {
  const { askServer } = await import('../query/ask.ts');
  const { explainedIn, printExplanation } = await import('../query/explain.ts');
  const { json } = await askServer(flags, text, { explain: '1' });
  const explained = explainedIn(json);
  process.stdout.write(flags.get('format') === 'json' ? `${JSON.stringify(explained)}\n` : printExplanation(explained));
  return 0;
}

/** The argument, or standard input for `-`. Throws a UsageError where there is nothing. */
export async function expressionText(argument: string | undefined, example: string): Promise<string> {
  const text = argument === '-' ? await readAll(process.stdin) : (argument ?? '');
  if (text.trim() === '') throw new UsageError('an expression is missing', example);
  return text.trimEnd();
}

/** A Prometheus without flags, and this server over HTTP, refuse what is experimental. */
function okText(text: string): string {
  try {
    parsePromql(text);
    return 'ok';
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    return `ok, but a server refuses it unless that is switched on:\n${underlined(text, error)}`;
  }
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
  return `${message}\n${markedAt(text, range.start, range.end)}`;
}
