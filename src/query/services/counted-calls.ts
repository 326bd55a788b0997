/** Calls between services as the connector `service_graph` counted them when their spans came in: for ranges whose spans are too many to be joined. */
import { parsePromql } from '#lang/promql';
import type { MapNode } from '../answers/index.ts';
import {
  DEFAULT_OPTIONS,
  FLOAT,
  type Labels,
  type PromqlAnswer,
  QueryNames,
  queryInstant,
  StoreSource,
} from '../promql/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import type { TimeRange } from '../source/index.ts';
import { CACHES } from './dependencies.ts';
import type { FoundCalls } from './map-parts.ts';

export interface CountedCalls {
  readonly calls: readonly FoundCalls[];
}

const TOTAL = 'traces_service_graph_request_total';
const DURATION = 'traces_service_graph_request_server_seconds';
const ENDS = 'client, server, connection_type';
/** What the connector calls one who is not there: no node of a map. */
const OUTSIDE = 'user';

/** None where nothing was counted. Quantiles are as fine as the connector's buckets. */
export async function readCountedCalls(
  reader: StoreReader,
  range: TimeRange,
  options: ReadOptions = {},
): Promise<CountedCalls> {
  const window = `[${Math.max(1, Math.round((range.toMs - range.fromMs) / 1000))}s]`;
  const buckets = `sum by (${ENDS}, le) (increase(${DURATION}_bucket${window}))`;
  const ask = (text: string): Promise<ReadonlyMap<string, Counted>> => evaluate(reader, text, range.toMs, options);
  const [total, failed, p50, p95] = await Promise.all([
    ask(`sum by (${ENDS}) (increase(${TOTAL}${window}))`),
    ask(`sum by (${ENDS}) (increase(${TOTAL}{failed="true"}${window}))`),
    ask(`histogram_quantile(0.5, ${buckets})`),
    ask(`histogram_quantile(0.95, ${buckets})`),
  ]);
  const calls = [...total].flatMap(([key, { labels, value }]): readonly FoundCalls[] => {
    const [client, server] = [labels.get('client'), labels.get('server')];
    const callCount = Math.round(value);
    if (callCount === 0 || client === '' || server === '' || client === OUTSIDE) return [];
    const durationNs = (found: ReadonlyMap<string, Counted>): number | null => {
      const seconds = found.get(key)?.value;
      return seconds === undefined || !Number.isFinite(seconds) ? null : seconds * 1e9;
    };
    return [
      {
        ...{ source: client, kind: kindOf(labels.get('connection_type'), server), system: '', name: server },
        direction: 'sent' as const,
        callCount,
        errorCount: Math.min(callCount, Math.round(failed.get(key)?.value ?? 0)),
        p50Ns: durationNs(p50),
        p95Ns: durationNs(p95),
      },
    ];
  });
  return { calls };
}

function kindOf(connectionType: string, server: string): MapNode['kind'] {
  if (CACHES.includes(server.toLowerCase())) return 'cache';
  if (connectionType === 'database') return 'database';
  return connectionType === 'virtual_node' ? 'host' : 'service';
}

interface Counted {
  readonly labels: Labels;
  readonly value: number;
}

/** By the labels of each series. */
async function evaluate(
  reader: StoreReader,
  text: string,
  timeMs: number,
  options: ReadOptions,
): Promise<ReadonlyMap<string, Counted>> {
  const expr = parsePromql(text);
  const source = new StoreSource(reader, options, QueryNames.ofQuery(expr));
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const answer: PromqlAnswer = await queryInstant({ expr, source, options: DEFAULT_OPTIONS, ...signal }, timeMs);
  if (answer.type !== 'vector') return new Map();
  return new Map(
    answer.series
      .filter(({ kinds }) => kinds[0] === FLOAT)
      .map(({ labels, floats }) => [labels.key, { labels, value: floats[0]! }]),
  );
}
