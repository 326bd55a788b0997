/** What kinds of lines there are: of the newest that match, by what many of them have in common. */
import type { LogPattern, LogPatterns } from '../answers/index.ts';
import { linePattern } from '../logql/line-pattern.ts';
import { chooseGrid } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import { logs, type TimeRange } from '../source/index.ts';
import { integer, sql } from '../sql/index.ts';
import { type LogFilter, logCondition, printCursor } from './logs.ts';

/** So many records are looked at, the newest; 300 characters of each. */
export const LOOKED_AT = 10_000;
const LINE_CHARS = 300;
const MOST_PATTERNS = 200;
const BUCKETS = 40;

interface Counted {
  readonly pattern: string;
  readonly severity: number;
  readonly sampleId: string;
  count: number;
  firstMs: number;
  readonly counts: number[];
}

export async function readLogPatterns(
  reader: StoreReader,
  filter: LogFilter,
  options?: ReadOptions,
): Promise<LogPatterns> {
  const condition = await logCondition(filter);
  const table = await reader.read(
    sql`SELECT toUnixTimestamp64Milli(time) AS at_ms, toUnixTimestamp64Nano(time) AS at, toUnixTimestamp64Nano(ingested_at) AS arrived, record,
        severity_number, substringUTF8(body, 1, ${integer(LINE_CHARS)}) AS line
      ${logs.in(filter)} AND ${condition} ORDER BY ${logs.bucket} DESC, time DESC LIMIT ${integer(LOOKED_AT)}`,
    { ...options, cost: 'bounded' },
  );
  const [times, severities] = [table.numbers('at_ms'), table.numbers('severity_number')];
  const [at, arrived, records] = [table.bigints('at'), table.bigints('arrived'), table.numbers('record')];
  const lines = table.strings('line').map((line, row) => ({
    line,
    timeMs: times[row]!,
    severity: severities[row]!,
    id: printCursor({ timeNs: at[row]!, ingestedAtNs: arrived[row]!, record: records[row]! }),
  }));
  return patternsOf(lines, filter);
}

/** A line, the record that it is of, and its severity's number. */
export interface PatternLine {
  readonly line: string;
  readonly timeMs: number;
  readonly severity: number;
  readonly id: string;
}

/** `lines`: the newest first, not more than are looked at. */
export function patternsOf(lines: readonly PatternLine[], filter: TimeRange): LogPatterns {
  const isWhole = lines.length < LOOKED_AT;
  // What was not looked at has no counts: the grid begins where the oldest record is.
  const fromMs = isWhole ? filter.fromMs : lines.at(-1)!.timeMs;
  const grid = chooseGrid({ fromMs, toMs: filter.toMs }, BUCKETS);
  const found = new Map<string, Counted>();
  for (const { line, timeMs, severity, id } of lines) {
    const pattern = linePattern(line.slice(0, LINE_CHARS));
    const key = `${severity} ${pattern}`;
    let counted = found.get(key);
    if (counted === undefined) {
      const counts = new Array<number>(grid.count).fill(0);
      counted = { pattern, severity, sampleId: id, count: 0, firstMs: 0, counts };
      found.set(key, counted);
    }
    const bucket = Math.min(grid.count - 1, Math.max(0, Math.floor((timeMs - grid.startMs) / grid.stepMs)));
    counted.counts[bucket]!++;
    counted.count++;
    // The newest come first.
    counted.firstMs = timeMs;
  }
  const patterns = [...found.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_PATTERNS)
    .map(({ severity, ...one }): LogPattern => ({ ...one, severityNumber: severity }));
  return { patterns, patternCount: found.size, lookedAt: lines.length, isWhole, fromMs, grid };
}
