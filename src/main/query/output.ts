/** What the commands that ask a server have in common: formats, and errors of our own APIs. */
import type { Flags } from '../flags.ts';
import { didYouMean, UsageError } from '../usage.ts';
import { askText, openAnswer, type PromAnswer } from './answer.ts';
import { printChart } from './chart.ts';
import { markedAt } from './mark.ts';
import { printCsv, printTable } from './print.ts';

/** `--format`. Throws a UsageError. */
export function formatOf(flags: Flags, formats: readonly string[], otherwise: string): string {
  const format = flags.get('format') ?? otherwise;
  if (formats.includes(format)) return format;
  throw new UsageError(`--format: must be ${formats.join(', ')}, got "${format}"${didYouMean(format, formats)}`);
}

/** `--items`. Throws a UsageError. */
export function itemsOf(flags: Flags, otherwise: number): number {
  const text = flags.get('items');
  if (text === undefined) return otherwise;
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new UsageError(`--items: expected a count such as 50, got "${text}"`);
}

export function printSeries({ series, json }: Pick<PromAnswer, 'series' | 'json'>, format: string): string {
  switch (format) {
    case 'json':
      return `${json}\n`;
    case 'csv':
      return printCsv(series);
    case 'chart':
      return printChart(series, terminalColumns(), hasColours());
    default:
      return printTable(series);
  }
}

/** Of the terminal; 100 where there is none. */
export function terminalColumns(): number {
  return process.stdout.columns ?? 100;
}

/** On a terminal whose user has not asked for none (no-color.org). */
export function hasColours(): boolean {
  return process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

interface ApiRefusal {
  readonly error?: { readonly message: string; readonly hint?: string; readonly start?: number; readonly end?: number };
}

/** Asks the console's API or SQL. `written` is what the person wrote. Throws StartError, and UsageError with the mistake marked. */
export async function askOwnApi(url: string, path: string, written: string, init: RequestInit = {}): Promise<string> {
  const { status, text } = await askText(url, path, init);
  if (status === 200) return text;
  throw refusalOf(url, status, text, written);
}

/** The lines of an answer of the console's API that goes on until the server or `signal` ends it. Throws as `askOwnApi`. */
export async function* streamOwnApi(
  url: string,
  path: string,
  written: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const response = await openAnswer(url, path, signal);
  if (response.status !== 200) throw refusalOf(url, response.status, await response.text(), written);
  let begun = '';
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (begun + piece).split('\n');
    begun = lines.pop()!;
    yield* lines;
  }
}

function refusalOf(url: string, status: number, text: string, written: string): UsageError {
  let refusal: ApiRefusal | undefined;
  try {
    refusal = JSON.parse(text) as ApiRefusal;
  } catch {
    // Another program's page.
  }
  if (refusal?.error === undefined) return new UsageError(`${url} is no Signalbox: it answered ${status}`);
  const { message, hint, start, end } = refusal.error;
  const marked = start === undefined || end === undefined ? message : `${message}\n${markedAt(written, start, end)}`;
  return new UsageError(marked, hint);
}
