import { StartError } from '#base';
import { controlSocketIn, SocketError, socketLines } from '#base/local-socket.ts';
import type { TapEvent } from '#collector';
import { parseDuration } from '#config';
import { addressesIn } from '../addresses.ts';
import type { Flags } from '../flags.ts';
import { sectionOf } from '../section.ts';
import { TapPrinter } from '../tap/print-tap.ts';
import { didYouMean, UsageError } from '../usage.ts';

const FORMATS = ['text', 'json'];

/** `signalbox tap PIPELINE/COMPONENT`: what passes a component of the collector that runs over the same data folder. */
export async function tapCommand(flags: Flags, at: string | undefined): Promise<number> {
  if (at === undefined) throw new UsageError('nothing to look at', 'signalbox tap PIPELINE/COMPONENT');
  const format = flags.get('format') ?? 'text';
  if (!FORMATS.includes(format)) {
    throw new UsageError(`--format: must be text or json, got "${format}"${didYouMean(format, FORMATS)}`);
  }
  const { dataDir } = addressesIn(await sectionOf(flags), flags);
  const socket = controlSocketIn(dataDir);
  if (socket === undefined)
    throw new StartError(`the name of the folder is too long for a socket: ${dataDir}`, 'change into it');
  const query = new URLSearchParams({ at, raw: flags.has('raw') ? '1' : '0' });
  const items = flags.get('items');
  if (items !== undefined) query.set('items', items);
  const time = flags.get('time');
  if (time !== undefined) query.set('timeMs', String(timeMsOf(time)));
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  process.stdout.once('error', () => abort.abort());
  const printer = new TapPrinter();
  try {
    for await (const line of socketLines(socket, `/tap?${query}`, abort.signal)) {
      if (format === 'json') process.stdout.write(`${line}\n`);
      else process.stdout.write(printer.print(JSON.parse(line) as TapEvent));
    }
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    if (error.status !== 0) throw new UsageError(error.message);
    throw new StartError(
      `no collector answers in ${dataDir}`,
      'start one there (signalbox up), or name its folder with --data',
    );
  }
  if (format === 'text') process.stdout.write(printer.summary());
  return 0;
}

function timeMsOf(text: string): number {
  const parsed = parseDuration(text);
  if ('ms' in parsed && parsed.ms > 0) return parsed.ms;
  throw new UsageError(`--time: expected a time such as 30s or 5m, got "${text}"`);
}
