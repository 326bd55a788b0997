import type { Flags } from '../flags.ts';
import { serverOf } from '../query/ask.ts';
import { formatOf, hasColours, itemsOf, streamOwnApi } from '../query/output.ts';
import { printRecord, type TailedRecord } from '../query/tail.ts';

const FIRST_RECORDS = 10;
/** The first records are those of this long. */
const BACK_MS = 3_600_000;

/** `signalbox tail 'FILTER'`: log records as they arrive, late ones too, until Ctrl-C. */
export async function tailCommand(flags: Flags, filter = ''): Promise<number> {
  const format = formatOf(flags, ['text', 'json'], 'text');
  const url = await serverOf(flags);
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  process.stdout.once('error', () => abort.abort());
  const nowMs = Date.now();
  const query = new URLSearchParams({
    from: String(nowMs - BACK_MS),
    to: String(nowMs),
    q: filter,
    limit: String(itemsOf(flags, FIRST_RECORDS)),
  });
  try {
    for await (const line of streamOwnApi(url, `/api/console/logs/tail?${query}`, filter, abort.signal)) {
      if (line === '') continue;
      process.stdout.write(
        format === 'json' ? `${line}\n` : printRecord(JSON.parse(line) as TailedRecord, hasColours()),
      );
    }
    return 0;
  } catch (error) {
    if (abort.signal.aborted) return 0;
    throw error;
  }
}
