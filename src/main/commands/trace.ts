import type { Flags } from '../flags.ts';
import { serverOf } from '../query/ask.ts';
import { askOwnApi, formatOf, hasColours, itemsOf, terminalColumns } from '../query/output.ts';
import { type DrawnTrace, printWaterfall } from '../query/waterfall.ts';
import { UsageError } from '../usage.ts';

const DEFAULT_SPANS = 200;

/** `signalbox trace ID`: a trace as a waterfall. */
export async function traceCommand(flags: Flags, id: string | undefined): Promise<number> {
  if (id === undefined)
    throw new UsageError('the id of a trace is missing', 'signalbox trace 0af7651916cd43dd8448eb211c80319c');
  if (!/^[0-9a-fA-F]{1,32}$/.test(id))
    throw new UsageError(`${JSON.stringify(id.slice(0, 80))} is no trace id`, 'it has up to 32 hexadecimal digits');
  const format = formatOf(flags, ['text', 'json'], 'text');
  const rows = itemsOf(flags, DEFAULT_SPANS);
  const json = await askOwnApi(await serverOf(flags), `/api/console/traces/${id}`, id);
  if (format === 'json') process.stdout.write(`${json}\n`);
  else
    process.stdout.write(
      printWaterfall(JSON.parse(json) as DrawnTrace, { columns: terminalColumns(), rows, hasColours: hasColours() }),
    );
  return 0;
}
