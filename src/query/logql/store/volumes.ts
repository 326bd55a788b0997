import type { StreamMatcher } from '#lang/logql';
import type { Labels } from '../../promql/labels.ts';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { logs, type TimeRange } from '../../source/index.ts';
import { integer, sql } from '../../sql/index.ts';
import { findStreams, ofStreams } from './streams.ts';

export interface StreamVolume {
  readonly labels: Labels;
  /** Where the step begins; of a whole range its begin. */
  readonly timeMs: number;
  readonly lines: number;
  /** Of the lines alone. */
  readonly bytes: number;
}

/** How much the streams have in a range, or in each step of it. */
export async function streamVolumes(
  reader: StoreReader,
  matchers: readonly StreamMatcher[],
  range: TimeRange,
  stepMs: number | undefined,
  options?: ReadOptions,
): Promise<readonly StreamVolume[]> {
  const fromMs = Math.floor(range.fromMs);
  const widthMs = Math.max(1, Math.ceil(stepMs ?? range.toMs - fromMs + 1));
  const [streams, table] = await Promise.all([
    findStreams(reader, matchers, options),
    reader.read(
      sql`SELECT toString(stream_id) AS id, intDiv(toUnixTimestamp64Milli(time) - ${integer(fromMs)}, ${integer(widthMs)}) AS step,
          count() AS n, sum(length(body)) AS bytes
        ${logs.in(range)} AND ${ofStreams(matchers)} GROUP BY id, step LIMIT 1000000`,
      options,
    ),
  ]);
  const [steps, counts, bytes] = [table.numbers('step'), table.numbers('n'), table.numbers('bytes')];
  return table.strings('id').flatMap((id, row) => {
    const labels = streams.get(id);
    const timeMs = fromMs + steps[row]! * widthMs;
    return labels === undefined ? [] : [{ labels, timeMs, lines: counts[row]!, bytes: bytes[row]! }];
  });
}
